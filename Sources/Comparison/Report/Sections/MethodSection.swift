internal import LoadGenerator

extension Document.Section {
  /// What was done, so that readers can find fault with it.
  static func method(_ results: Results) -> Self {
    let settings = results.settings
    var lines = [
      "What is sampled is a start of a server: each was started anew \(Numbers.amount(settings.rounds, "time")) for each "
        + "workload. A round has all workloads in an order that is drawn for it, and each workload all servers, one after "
        + "the other, in an order that is drawn too (seed \(settings.seed)). So a server and the base are about "
        + "\(Numbers.count(results.secondsToBase)) s apart in the mean.",
      "Load is made for \(Numbers.short(settings.warmupSeconds)) s, and then measured for "
        + "\(Numbers.short(settings.durationSeconds)) s. Clients and servers are on one machine and talk over 127.0.0.1.",
      "Before the load begins each persistent client has had a reply, so that the server has accepted it: no client waits "
        + "for that while others are served.",
      "Absolute figures on a shared machine drift, up to twofold within an hour. Ratios within a round drift much less: "
        + "believe these.",
      "A ratio's interval is of \(Numbers.count(Statistics.resamples)) medians, each of rounds that are drawn from those "
        + "that there were (bootstrap). Its percentiles are expanded, as with few rounds the middle 95 % of these medians "
        + "would cover less than it says. With fewer than \(Ratio.leastRounds) rounds it is their range.",
      "In a closed loop each client waits for its reply before it asks again: that gives the highest rate. In an open loop "
        + "requests begin at a fixed rate whatever the server does: that gives the latency.",
      "A time ends with the last byte of the reply. Every byte is compared with what was sent.",
      "An error is counted, and the client connects again; it never ends a run.",
      "A start is invalid when a reply was corrupt, when nothing came back, when less than 99 % of the rate was sent, when "
        + "bytes don't add up, or when rate x latency differs from the number of clients by more than 10 %.",
      "Processor time is that of the server and of all processes that it has started, in the measured time, divided by "
        + "the replies in it. Its sum is exact; how it is split into user space and kernel is told by what ran at each tick "
        + "of the kernel's clock, and is rough.",
      "Neither is it free of what the clients do: a server that isn't busy wakes for fewer messages at a time and each costs "
        + "it more, and on one machine the side that sends does part of the other side's work in the kernel.",
      "A server counts as the limit from 97 % of its processor on, and the clients from 90 % of theirs.",
      "A latency is the median over the rounds of the figure of each; percentiles of several rounds are never mixed.",
    ]
    if settings.latencyDiffers {
      lines.insert(
        "The latency at a fixed rate has \(Numbers.amount(settings.latencyRounds, "round")), in each of which "
          + "\(Numbers.short(settings.latencySeconds)) s are measured.",
        at: 2
      )
    }
    if settings.hasTwin { lines.append("The base is started twice in each round, under two names.") }
    return Self(id: "method", title: "How it was measured", blocks: [.list(lines)])
  }

  /// The way to the same figures.
  static func again(_ results: Results) -> Self {
    Self(
      id: "again",
      title: "Measure it again",
      blocks: [
        .paragraph(
          "The same comparison, with the servers that are installed; on another machine it needs no --pin:"
        ),
        .code(results.settings.command(on: results.machine)),
      ]
    )
  }
}

extension Results {
  /// How far apart a server and the base are in a round, in the mean of all orders: a third of the servers' way.
  var secondsToBase: Double {
    let start = settings.warmupSeconds + settings.durationSeconds
    return Double(entrants.count { $0.problem == nil } + 1) / 3 * start
  }
}

extension Settings {
  /// The flags for the workloads: as few as bring these.
  private func flags(forCellsOf usual: [Cell]) -> [String] {
    let strategies = Self.distinct(cells.map(\.strategy))
    let connections = Self.distinct(cells.map(\.connections))
    let sizes = Self.distinct(cells.map(\.size))
    // All three bring what a command can have brought; seven is the choice of them.
    let choice =
      [0, 1, 2, 4, 3, 5, 6].first { choice in
        Self.cells(
          of: usual,
          strategies: choice & 1 == 0 ? nil : strategies,
          connections: choice & 2 == 0 ? nil : connections,
          sizes: choice & 4 == 0 ? nil : sizes
        ) == cells
      } ?? 7
    var flags: [String] = []
    if choice & 1 != 0 { flags.append("--strategies \(Self.listed(strategies.map(\.rawValue)))") }
    if choice & 2 != 0 { flags.append("--connections \(Self.listed(connections.map(String.init)))") }
    if choice & 4 != 0 { flags.append("--sizes \(Self.listed(sizes.map(String.init)))") }
    return flags
  }

  /// The command that compares with these settings: those that the profile doesn't have are given.
  func command(on machine: Machine) -> String {
    let usual = Settings(profile, peers: peers, base: base)
    var words = ["uvecho compare", "--profile \(profile.rawValue)"]
    if !peers.isEmpty { words.append("--peers \(Self.quoted(peers.joined(separator: ",")))") }
    words.append("--base \(Self.quoted(base))")
    if rounds != usual.rounds { words.append("--rounds \(rounds)") }
    if durationSeconds != usual.durationSeconds { words.append("--duration \(Self.exact(durationSeconds))") }
    if warmupSeconds != usual.warmupSeconds { words.append("--warmup \(Self.exact(warmupSeconds))") }
    words += flags(forCellsOf: usual.cells)
    if latencyShares != usual.latencyShares {
      words.append(
        "--shares \(latencyShares.isEmpty ? "none" : Self.listed(latencyShares.map(Self.exact)))"
      )
    }
    if latencyRounds != Self.latencyRounds(of: rounds) { words.append("--latency-rounds \(latencyRounds)") }
    if latencySeconds != usual.latencySeconds {
      words.append("--latency-duration \(Self.exact(latencySeconds))")
    }
    if hasTwin != usual.hasTwin { words.append(hasTwin ? "--twin" : "--no-twin") }
    if seed != usual.seed { words.append("--seed \(seed)") }
    if let server = machine.serverProcessor, let client = machine.clientProcessor {
      words.append("--pin \(server),\(client)")
    } else {
      words.append("--pin none")
    }
    return words.joined(separator: " ")
  }

  /// All the digits that it has: what is read again is the same.
  private static func exact(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func listed(_ values: [String]) -> String { distinct(values).joined(separator: ",") }

  /// As a shell takes it for one word.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: ","):
        true
      default: false
      }
    }
    guard !isPlain || word.isEmpty else { return word }
    // A quotation mark can't stand within quotation marks: they end before it and begin again.
    return "'" + word.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
  }
}
