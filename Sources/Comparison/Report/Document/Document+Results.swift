extension Document {
  /// All that is to be said about results.
  init(_ results: Results) {
    title = "Echo servers, compared"
    facts = Self.facts(of: results)
    cautions = Self.cautions(about: results)
    sections = [
      .findings(results), .throughput(results), .twin(results), .processor(results), .latency(results),
      .footprint(results), .rounds(results), .of2015(results), .terms(results), .leftOut(results),
      .method(results), .again(results),
    ].compactMap { $0 }
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
      Fact(name: "made by", text: results.tool),
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

  private static func cautions(about results: Results) -> [String] {
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
    for cell in settings.cells where results.summary(of: settings.base, cell)?.isLowerBound == true {
      cautions.append(
        "With \(cell.title) the clients were too slow for the base: its rate is a lower bound, and the ratios say "
          + "less than they seem to. Where both sides were held back they are marked ~. The processor time for a "
          + "reply has no such limit."
      )
    }
    return cautions + results.machine.notes
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
