internal import LoadGenerator

extension Document.Section {
  /// What was done, so that readers can find fault with it.
  static func method(_ results: Results) -> Self {
    let settings = results.settings
    var lines = [
      "What is sampled is a start of a server: each was started anew \(Numbers.amount(settings.rounds, "time")) for each "
        + "workload. A round has all servers, one after the other, in an order that is drawn for it (seed \(settings.seed)).",
      "Load is made for \(Numbers.short(settings.warmupSeconds)) s, and then measured for "
        + "\(Numbers.short(settings.durationSeconds)) s. Clients and servers are on one machine and talk over 127.0.0.1.",
      "Absolute figures on a shared machine drift, up to twofold within an hour. Ratios within a round don't: believe these.",
      "A ratio's interval is the middle 95 % of \(Numbers.count(Statistics.resamples)) medians, each of rounds that are drawn "
        + "from those that there were.",
      "In a closed loop each client waits for its reply before it asks again: that gives the highest rate. In an open loop "
        + "requests begin at a fixed rate whatever the server does: that gives the latency.",
      "A time ends with the last byte of the reply. Every byte is compared with what was sent.",
      "An error is counted, and the client connects again; it never ends a run.",
      "A start is invalid when a reply was corrupt, when nothing came back, when less than 99 % of the rate was sent, when "
        + "bytes don't add up, or when rate x latency differs from the number of clients by more than 10 %.",
      "Processor time is that of the server and of all processes that it has started, in the measured time, divided by "
        + "the replies in it.",
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
        .paragraph("The same comparison, with the servers that are installed:"),
        .code(results.settings.command),
      ]
    )
  }
}

extension Settings {
  /// The command that compares with these settings: those that the profile doesn't have are given.
  var command: String {
    let usual = Settings(profile, peers: peers, base: base)
    var words = ["uvecho compare", "--profile \(profile.rawValue)"]
    if !peers.isEmpty { words.append("--peers \(Self.quoted(peers.joined(separator: ",")))") }
    words.append("--base \(Self.quoted(base))")
    if rounds != usual.rounds { words.append("--rounds \(rounds)") }
    if durationSeconds != usual.durationSeconds { words.append("--duration \(Self.exact(durationSeconds))") }
    if warmupSeconds != usual.warmupSeconds { words.append("--warmup \(Self.exact(warmupSeconds))") }
    if cells != usual.cells {
      words.append("--strategies \(Self.unique(cells.map(\.strategy.rawValue)))")
      words.append("--connections \(Self.unique(cells.map { "\($0.connections)" }))")
      words.append("--sizes \(Self.unique(cells.map { "\($0.size)" }))")
    }
    if latencyShares != usual.latencyShares {
      words.append(
        "--shares \(latencyShares.isEmpty ? "none" : Self.unique(latencyShares.map(Self.exact)))"
      )
    }
    if latencyRounds != Self.latencyRounds(of: rounds) { words.append("--latency-rounds \(latencyRounds)") }
    if latencySeconds != usual.latencySeconds {
      words.append("--latency-duration \(Self.exact(latencySeconds))")
    }
    if hasTwin != usual.hasTwin { words.append(hasTwin ? "--twin" : "--no-twin") }
    if seed != usual.seed { words.append("--seed \(seed)") }
    return words.joined(separator: " ")
  }

  /// All the digits that it has: what is read again is the same.
  private static func exact(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func unique(_ values: [String]) -> String {
    var unique: [String] = []
    for value in values where !unique.contains(value) { unique.append(value) }
    return unique.joined(separator: ",")
  }

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
