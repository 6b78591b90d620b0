extension Document {
  /// All that is to be said about results.
  init(_ results: Results) {
    title = "Echo servers, compared"
    subtitle = "\(results.settings.profile.rawValue) profile, \(Self.readable(results.startedAt).prefix(10))"
    facts = Self.facts(of: results)
    cautions = Self.cautions(about: results)
    // What the clients didn't hold back comes before what they did.
    let isByProcessor = results.settings.cells.contains(where: results.isClientLimited)
    let throughput = [Section.throughput(results), .twin(results)]
    let processor = [Section.processor(results)]
    let parts =
      Section.findings(results) + (isByProcessor ? processor + throughput : throughput + processor)
      + [
        .latency(results), .footprint(results), .rounds(results), .of2015(results), .terms(results),
        .leftOut(results), .method(results), .again(results),
      ]
    sections = parts.compactMap { $0 }
  }

  private static func facts(of results: Results) -> [Fact] {
    let settings = results.settings
    let machine = results.machine
    let present = results.entrants.filter { $0.problem == nil }
    var what = Numbers.amount(present.count { !$0.isTwin }, "server")
    if present.contains(where: \.isTwin) { what += ", one of them twice" }
    if present.count < results.entrants.count {
      what += "; \(results.entrants.count - present.count) could not take part"
    }
    let pinning =
      if let server = machine.serverProcessor, let client = machine.clientProcessor {
        "servers on processor \(server), clients on processor \(client)"
      } else {
        "none: servers and clients go where the kernel puts them"
      }
    let began = readable(results.startedAt)
    let ended = readable(results.updatedAt)
    return [
      Fact(name: "what", text: what),
      Fact(name: "base", text: results.baseName + (results.base?.version.map { " (\($0))" } ?? "")),
      Fact(
        name: "workloads",
        text: settings.cells.map(\.title).joined(separator: "; ")
      ),
      Fact(
        name: "profile",
        text: "\(settings.profile.rawValue): \(Numbers.amount(settings.rounds, "round")), "
          + "\(Numbers.short(settings.durationSeconds)) s after \(Numbers.short(settings.warmupSeconds)) s of warm-up"
          + (settings.latencyDiffers ? "; for latency \(settings.latencyExtent)" : "")
      ),
      Fact(name: "when", text: Self.period(began, ended)),
      Fact(
        name: "processor",
        text: "\(machine.processor), \(Numbers.amount(machine.processors, "processor")), "
          + "\(Numbers.bytes(Double(machine.memoryBytes))) of memory"
      ),
      Fact(name: "pinning", text: pinning),
      Fact(name: "system", text: "\(machine.system), \(machine.kernel)"),
      Fact(
        name: "made by",
        text: results.tool + (results.program.isEmpty ? "" : ", file \(results.program.prefix(12))")
      ),
    ]
  }

  /// A day is named once.
  private static func period(_ began: String, _ ended: String) -> String {
    guard began != ended else { return began }
    let isOneDay = began.count == ended.count && began.prefix(10) == ended.prefix(10)
    return "\(began) to \(isOneDay ? String(ended.dropFirst(11)) : ended)"
  }

  /// A time of ISO 8601 without what people don't read: `2026-03-01 09:30 UTC`.
  static func readable(_ time: String) -> String {
    let parts = time.split(separator: "T")
    guard parts.count == 2, time.hasSuffix("Z"), parts[1].count >= 5 else { return time }
    return "\(parts[0]) \(parts[1].prefix(5)) UTC"
  }

  static func cautions(about results: Results) -> [String] {
    let settings = results.settings
    var cautions: [String] = []
    if !results.isComplete {
      cautions.append("Rounds are missing: this comparison was ended early, or is still going on.")
    }
    if settings.rounds < Ratio.leastRounds {
      cautions.append(
        "With \(Numbers.amount(settings.rounds, "round")) an interval is the whole range of the rounds, and covers "
          + "less than 95 %: it takes \(Ratio.leastRounds). This is a first look, not a result."
      )
    }
    if !settings.hasTwin {
      cautions.append("The base took part once: how far equal servers seem to differ here was not measured.")
    }
    if results.base.map({ $0.problem != nil }) ?? true {
      cautions.append("The base, \(results.baseName), has no figures: there are no ratios.")
    }
    let held = settings.cells.filter(results.isClientLimited)
    if !held.isEmpty {
      let place =
        held.count == settings.cells.count && held.count > 1
        ? "all workloads" : held.map(\.title).joined(separator: "; ")
      cautions.append(
        "The clients were too slow for the base with \(place): its rate is a lower bound there, and where both sides of a "
          + "ratio were held back (~, drawn hollow) it compares what a reply costs the clients, not the servers. So the "
          + "servers stand in the order of their own processor time for a reply. That says more, though not all: a "
          + "server that isn't busy wakes for fewer messages at a time, and each costs it more."
      )
    }
    return cautions + twinCautions(results) + results.machine.notes
  }

  /// Where the same server twice isn't the same.
  static func twinCautions(_ results: Results) -> [String] {
    let cells = results.settings.cells
    let twins = results.entrants.filter(\.isTwin)
    let ratios = cells.compactMap { cell in
      twins.lazy.compactMap { results.summary(of: $0.id, cell)?.ratio }.first.map { (cell, $0) }
    }
    let off = ratios.filter { !$0.1.isEqual }
    var cautions = off.map { cell, ratio in
      "With \(cell.title) the base differs from itself: \(ratio.figure) (\(ratio.interval)). Differences of that size "
        + "mean nothing there."
    }
    if let last = cautions.popLast() {
      // Of intervals that hold the true value in 19 of 20 cases.
      let share = 1 - ratios.reduce(1) { share, _ in share * 0.95 }
      let chance =
        off.contains { $0.1.isRange } || ratios.count < 2
        ? ""
        : " By chance alone one of \(ratios.count) workloads does so in \(Numbers.decimal(share * 100, 0)) % of all "
          + "comparisons."
      cautions.append(last + chance)
    }
    return cautions
  }
}

extension Settings {
  /// What one start of a server is, for the captions.
  var start: String {
    "\(Numbers.amount(rounds, "round")), each server started anew for each, \(Numbers.short(durationSeconds)) s measured"
  }

  /// What stands beside a ratio of the closed loop.
  var interval: String { Self.interval(rounds) }

  /// What so many rounds give beside a ratio.
  static func interval(_ rounds: Int) -> String {
    rounds < Ratio.leastRounds ? "range of the rounds" : "95 % interval"
  }

  /// The same of the latency at a fixed rate.
  var latencyStart: String {
    "\(Numbers.amount(latencyRounds, "round")), each server started anew for each, \(Numbers.short(latencySeconds)) s "
      + "measured"
  }

  /// How much of the latency at a fixed rate is measured: `6 rounds, 2 s`.
  var latencyExtent: String {
    "\(Numbers.amount(latencyRounds, "round")), \(Numbers.short(latencySeconds)) s"
  }

  /// Whether that is another extent than that of the closed loop.
  var latencyDiffers: Bool {
    !latencyShares.isEmpty && (latencyRounds != rounds || latencySeconds != durationSeconds)
  }
}
