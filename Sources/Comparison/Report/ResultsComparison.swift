internal import LoadGenerator

/// What has changed between two comparisons, such as those of two revisions.
public struct ResultsComparison: Sendable {
  /// The differences, for a terminal: a text that reads well as it is.
  public let text: String

  /// Compares results that were measured with the same workloads; what only one of them has is listed.
  public init(before: Results, after: Results) {
    let warnings = Self.warnings(before, after)
    var parts = [
      "# After, of before",
      "- before: \(Self.what(before))\n- after: \(Self.what(after))",
    ]
    parts += warnings.map { "Note: \(PlainText.line($0))" }
    parts.append(
      "A ratio is the median of the rounds after, of the median of those before, with its "
        + "\(Settings.interval(min(before.settings.rounds, after.settings.rounds))). Two runs "
        + "have met two states of the machine: what the base has changed by, others have changed by without any change "
        + "of their own. So the first column is the one to trust: what has become of a server's ratio to the base of its "
        + "own round."
    )
    for cell in before.settings.cells where after.settings.cells.contains(cell) {
      parts.append("## \(PlainText.line(cell.title.capitalizedFirst))")
      parts.append(PlainText.table(Self.table(before, after, cell)))
    }
    let missing = Self.missing(before, after)
    if !missing.isEmpty {
      parts.append("## In one of them")
      parts.append(missing.map { "- \(PlainText.line($0))" }.joined(separator: "\n"))
    }
    text = parts.joined(separator: "\n\n") + "\n"
  }

  private static func what(_ results: Results) -> String {
    PlainText.line(
      "\(results.tool), \(Document.readable(results.startedAt)), \(results.settings.profile.rawValue) profile, "
        + Numbers.amount(results.settings.rounds, "round")
    )
  }

  // MARK: Figures

  private static func table(_ before: Results, _ after: Results, _ cell: Cell) -> Document.Table {
    let rates = commonRates(before, after, cell)
    let share = rates?.before.share
    let hasBase = before.settings.base == after.settings.base
    var columns = [Document.Column(title: "server", isNumeric: false)]
    if hasBase { columns.append(Document.Column(title: "responses/s, of \(after.baseName)")) }
    columns += [
      Document.Column(title: "responses/s"),
      Document.Column(title: "CPU/response"),
    ]
    if let share { columns.append(Document.Column(title: "p99 at \(Numbers.percent(share))")) }
    let rows = after.entrants.filter { entrant in before.entrants.contains { $0.id == entrant.id } }.map {
      entrant in
      let first = Samples(before, entrant.id, cell, share)
      let second = Samples(after, entrant.id, cell, share)
      let bound = bound(before, after, entrant.id, cell)
      var cells = [Document.Entry(entrant.name)]
      if hasBase {
        // How a bound of either side stands to this is not worth a sign of its own.
        let isExact = bound == .exact && Self.bound(before, after, after.settings.base, cell) == .exact
        cells.append(
          entrant.id == after.settings.base
            ? Document.Entry("1", key: 1)
            : second.ratio(to: first, isExact ? .exact : .unknown, \.ofBase)
        )
      }
      cells += [
        second.ratio(to: first, bound, \.responsesPerSecond),
        second.ratio(to: first, .exact, \.processor),
      ]
      if let rates {
        // Of different loads a ratio would compare these.
        cells.append(areOtherLoads(rates) ? .none : second.ratio(to: first, .exact, \.p99))
      }
      return Document.Row(role: after.role(of: entrant), cells: cells)
    }
    return Document.Table(id: cell.name, title: cell.title, columns: columns, rows: rows)
  }

  /// What a rate that was held back by the clients makes of a ratio.
  private static func bound(_ before: Results, _ after: Results, _ entrant: String, _ cell: Cell) -> Bound {
    let first = before.summary(of: entrant, cell)?.isLowerBound == true
    let second = after.summary(of: entrant, cell)?.isLowerBound == true
    return first ? (second ? .unknown : .atMost) : second ? .atLeast : .exact
  }

  /// The rates of a workload that belong to the share in the middle of those that both have.
  private static func commonRates(
    _ before: Results,
    _ after: Results,
    _ cell: Cell
  ) -> (before: LatencyRate, after: LatencyRate)? {
    let later = after.latencyRates(of: cell)
    let pairs = before.latencyRates(of: cell).compactMap { rate in
      later.first { $0.share == rate.share }.map { (before: rate, after: $0) }
    }
    return pairs.isEmpty ? nil : pairs[pairs.count / 2]
  }

  /// Whether the rates of two runs are different loads.
  private static func areOtherLoads(_ rates: (before: LatencyRate, after: LatencyRate)) -> Bool {
    abs(rates.after.perSecond / rates.before.perSecond - 1) > 0.02
  }

  /// The figures of an entrant with a workload, round by round.
  private struct Samples {
    let responsesPerSecond: [Double]
    /// Each of the base's in the same round.
    let ofBase: [Double]
    let processor: [Double]
    let p99: [Double]
    let seed: UInt64

    init(_ results: Results, _ entrant: String, _ cell: Cell, _ share: Double?) {
      let valid = results.samples.filter { $0.entrant == entrant && $0.cell == cell && $0.isValid }
      let closed = valid.filter { $0.share == nil }
      responsesPerSecond = closed.compactMap { $0.load?.responsesPerSecond }
      ofBase = results.roundRatios(of: entrant, cell)
      processor = closed.compactMap { $0.perResponse($0.processorSeconds) }
      p99 =
        share.map { share in valid.filter { $0.share == share }.compactMap { $0.load?.latency[99] } } ?? []
      seed = results.settings.seed
    }

    func ratio(to before: Samples, _ bound: Bound, _ figure: (Samples) -> [Double]) -> Document.Entry {
      Document.Entry(Statistics.ratio(figure(self), to: figure(before), seed: seed), bound: bound)
    }
  }

  // MARK: What isn't the same

  private static func missing(_ before: Results, _ after: Results) -> [String] {
    func only(_ results: Results, _ other: Results, _ when: String) -> [String] {
      results.entrants.filter { entrant in !other.entrants.contains { $0.id == entrant.id } }
        .map { "\($0.name): only \(when)" }
        + results.settings.cells.filter { !other.settings.cells.contains($0) }.map {
          "\($0.title): only \(when)"
        }
    }
    var lines = only(before, after, "before") + only(after, before, "after")
    for entrant in after.entrants {
      guard let earlier = before.entrants.first(where: { $0.id == entrant.id }) else { continue }
      let problems = [earlier, entrant].map { $0.problem.map { Trouble.plain([$0]).joined() } }
      switch (problems[0], problems[1]) {
      case (nil, let problem?): lines.append("\(entrant.name) has figures only before: \(problem)")
      case (let problem?, nil): lines.append("\(entrant.name) has figures only after: \(problem)")
      case (let problem?, _): lines.append("\(entrant.name) has no figures: \(problem)")
      case (nil, nil): break
      }
    }
    return lines
  }

  private static func warnings(_ before: Results, _ after: Results) -> [String] {
    var warnings: [String] = []
    func differ(_ name: String, _ first: String, _ second: String) {
      if first != second { warnings.append("\(name) differs: \(first) before, \(second) after.") }
    }
    let (old, new) = (before.machine, after.machine)
    differ("The processor", old.processor, new.processor)
    differ("The number of processors", "\(old.processors)", "\(new.processors)")
    differ("The memory", Numbers.bytes(Double(old.memoryBytes)), Numbers.bytes(Double(new.memoryBytes)))
    differ("The system", old.system, new.system)
    differ("The kernel", old.kernel, new.kernel)
    differ("The pinning", pinning(old), pinning(new))
    let (first, second) = (before.settings, after.settings)
    differ("The profile", first.profile.rawValue, second.profile.rawValue)
    differ("The number of rounds", "\(first.rounds)", "\(second.rounds)")
    differ(
      "The measured time",
      "\(Numbers.short(first.durationSeconds)) s",
      "\(Numbers.short(second.durationSeconds)) s"
    )
    differ(
      "The warm-up",
      "\(Numbers.short(first.warmupSeconds)) s",
      "\(Numbers.short(second.warmupSeconds)) s"
    )
    if !first.latencyShares.isEmpty, !second.latencyShares.isEmpty {
      differ("The extent of the latency", first.latencyExtent, second.latencyExtent)
    }
    differ("The base", first.base, second.base)
    for entrant in after.entrants {
      guard let earlier = before.entrants.first(where: { $0.id == entrant.id }) else { continue }
      differ("The version of \(entrant.name)", earlier.version ?? "unknown", entrant.version ?? "unknown")
    }
    for cell in first.cells where second.cells.contains(cell) {
      guard let rates = commonRates(before, after, cell), areOtherLoads(rates) else { continue }
      warnings.append(
        "The rate of the latency with \(cell.title) differs: \(Numbers.count(rates.before.perSecond))/s before, "
          + "\(Numbers.count(rates.after.perSecond))/s after. It belongs to the slowest server's capacity; p99 would be of "
          + "different loads, and are left out."
      )
    }
    for cell in first.cells where second.cells.contains(cell) && first.base == second.base {
      guard
        let ratio = Statistics.ratio(
          rates(after, first.base, cell),
          to: rates(before, first.base, cell),
          seed: second.seed
        ), !ratio.isEqual
      else { continue }
      warnings.append(
        "The base, \(after.baseName), has changed by itself: \(ratio.figure) (\(ratio.interval)) of "
          + "its responses before, with \(cell.title)."
      )
    }
    if min(first.rounds, second.rounds) < Ratio.leastRounds {
      warnings.append("With fewer than \(Ratio.leastRounds) rounds an interval covers less than 95 %.")
    }
    return warnings
  }

  private static func rates(_ results: Results, _ entrant: String, _ cell: Cell) -> [Double] {
    results.samples.filter { $0.entrant == entrant && $0.cell == cell && $0.share == nil && $0.isValid }
      .compactMap { $0.load?.responsesPerSecond }
  }

  private static func pinning(_ machine: Machine) -> String {
    guard let server = machine.serverProcessor, let client = machine.clientProcessor else { return "none" }
    return "servers on \(server), clients on \(client)"
  }
}
