internal import LoadGenerator

/// What an entrant is to the reader.
enum Role: String {
  /// The server of this project.
  case own
  /// What the others are divided by.
  case base
  /// The base again.
  case twin
  /// All the others.
  case other
}

/// How a figure stands to the true one.
public enum Bound: Sendable, Equatable {
  /// It is the figure.
  case exact
  /// The true one is at least that.
  case atLeast
  /// The true one is at most that.
  case atMost
  /// Of a ratio whose two sides both were held back by the clients: it compares the clients more than the servers.
  case unknown
}

extension [Standing] {
  /// In the order of a figure, the lowest first; those without it are last, and equal ones stay as they are.
  func lowestFirst(_ figure: (Standing) -> Double?) -> [Standing] {
    let keys = map { figure($0) ?? .infinity }
    return indices.sorted { (keys[$0], $0) < (keys[$1], $1) }.map { self[$0] }
  }
}

/// An entrant with its figures for a workload.
public struct Standing: Sendable {
  /// Whose.
  public let entrant: Entrant
  /// What it is to the reader.
  let role: Role
  /// Absent where it could not take part.
  public let summary: Summary?
  /// Whether the others are divided by it; the own server can be that, too.
  public let isBase: Bool
  /// What the ratio of its responses is.
  public let ratioBound: Bound

  /// Whether it has a rate.
  var hasFigures: Bool { summary?.responsesPerSecond != nil }

  /// Of the base's rate: 1 for itself.
  var ratio: Double? { isBase ? (hasFigures ? 1 : nil) : summary?.ratio?.value }

  /// The server's processor time for a reply, in microseconds.
  public var processorMicroseconds: Double? { summary?.processorMicroseconds?.median }

  /// What the limit was, and in how many rounds, the most frequent first: `server 8, both 2`.
  var limits: String? {
    guard let limiters = summary?.limiters, !limiters.isEmpty else { return nil }
    // Those that were as frequent stand in the order in which they are declared.
    let order = LoadFigures.Limiter.allCases.filter { limiters[$0, default: 0] > 0 }.enumerated()
      .sorted { (-limiters[$0.element]!, $0.offset) < (-limiters[$1.element]!, $1.offset) }.map(\.element)
    guard order.count > 1 else { return order[0].rawValue }
    return order.map { "\($0.rawValue) \(limiters[$0]!)" }.joined(separator: ", ")
  }

  /// What went wrong: sentences; and why there are no figures, when there are none.
  var troubles: [String] {
    if let problem = entrant.problem { return Trouble.plain([problem]) }
    guard let summary else { return ["it was not measured"] }
    var troubles = Trouble.plain(summary.troubles)
    if !summary.errors.isEmpty { troubles.insert(Self.text(summary.errors), at: 0) }
    if hasFigures, summary.validSamples < summary.samples {
      troubles.append(
        "\(Numbers.count(summary.samples - summary.validSamples)) of \(Numbers.amount(summary.samples, "start")) "
          + "left out as invalid"
      )
    }
    if summary.survived < summary.samples {
      troubles.append("survived \(summary.survived) of \(summary.samples)")
    }
    if troubles.isEmpty, !hasFigures { troubles.append("no start brought figures") }
    return troubles
  }

  /// Errors by kind, the most frequent first: `1,204 connection reset, 3 timeout`.
  static func text(_ errors: [String: Int]) -> String {
    errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\(Numbers.count($0.value)) \($0.key)" }
      .joined(separator: ", ")
  }
}

extension Results {
  /// What the names of this project's servers begin with: it may have several styles of one.
  private static let own = "uvecho"

  /// What an entrant is to the reader.
  func role(of entrant: Entrant) -> Role {
    if entrant.isTwin { return .twin }
    if entrant.id.hasPrefix(Self.own) { return .own }
    return entrant.id == settings.base ? .base : .other
  }

  /// Whether the clients held back the base, so that ratios of responses compare the clients' cost more than the
  /// servers'.
  func isClientLimited(_ cell: Cell) -> Bool { summary(of: settings.base, cell)?.isLowerBound == true }

  /// The summary of an entrant's latency at a share; nil where less than half of its starts kept the rate: the others
  /// would show a server by its good days.
  func latencySummary(of entrant: String, _ cell: Cell, share: Double) -> Summary? {
    summary(of: entrant, cell, share: share).flatMap { $0.validSamples * 2 >= $0.samples ? $0 : nil }
  }

  /// The highest percentile of an entrant's latency that was counted rather than met by chance: at least ten requests
  /// took longer, in the median of its starts.
  func highestPercentile(of entrant: String, _ cell: Cell, share: Double?) -> Double {
    let responses = samples.filter {
      $0.entrant == entrant && $0.cell == cell && $0.share == share && $0.isValid
    }.compactMap { $0.load.map { Double($0.responses) } }
    guard let count = Statistics.median(responses), count > 0 else { return 0 }
    // A little more than none, so that 99 % of a thousand requests leaves the ten.
    return LatencyFigures.percentiles.last { count * (100 - $0) >= 1000 * (1 - 1e-9) } ?? 0
  }

  /// All entrants with a workload, the most responses first, or, where the clients were the limit, the least processor
  /// time for a reply; then those without figures, as they were given.
  public func standings(_ cell: Cell, share: Double? = nil) -> [Standing] {
    let baseIsBound = summary(of: settings.base, cell, share: share)?.isLowerBound == true
    let standings = entrants.map { entrant in
      let summary = summary(of: entrant.id, cell, share: share)
      let isBase = entrant.id == settings.base
      let bound: Bound =
        switch (summary?.isLowerBound == true, baseIsBound) {
        case _ where isBase: .exact
        case (false, false): .exact
        case (true, false): .atLeast
        case (false, true): .atMost
        case (true, true): .unknown
        }
      return Standing(
        entrant: entrant,
        role: role(of: entrant),
        summary: summary,
        isBase: isBase,
        ratioBound: bound
      )
    }
    let isByProcessor = share == nil && isClientLimited(cell)
    // Where there is no base the rates themselves are all there is to go by.
    let hasRatios = standings.contains { $0.ratio != nil }
    return standings.enumerated().sorted { first, second in
      func key(_ standing: Standing) -> (Int, Double) {
        guard let rate = standing.summary?.responsesPerSecond else {
          return (standing.entrant.problem == nil ? 2 : 3, 0)
        }
        if isByProcessor { return standing.processorMicroseconds.map { (0, $0) } ?? (1, -rate.median) }
        guard hasRatios else { return (0, -rate.median) }
        return standing.ratio.map { (0, -$0) } ?? (1, -rate.median)
      }
      let (left, right) = (key(first.element), key(second.element))
      return (left.0, left.1, first.offset) < (right.0, right.1, second.offset)
    }.map(\.element)
  }

  /// The responses of an entrant in a closed loop, each of the base's in the same round.
  func roundRatios(of entrant: String, _ cell: Cell) -> [Double] {
    func closed(_ entrant: String) -> [Sample] {
      samples.filter { $0.entrant == entrant && $0.cell == cell && $0.share == nil && $0.isValid }
    }
    var bases: [Int: Double] = [:]
    for sample in closed(settings.base) { bases[sample.round] = sample.load?.responsesPerSecond }
    return closed(entrant).compactMap { sample in
      guard let rate = sample.load?.responsesPerSecond, let base = bases[sample.round], base > 0 else {
        return nil
      }
      return rate / base
    }
  }

  /// The workload that a report shows first, and whose picture stands for all.
  var headlineCell: Cell? { settings.latencyCell ?? settings.cells.first }

  /// The workload whose memory is shown: of those with persistent clients the one with the most.
  var memoryCell: Cell? {
    settings.cells.filter { $0.strategy == .persistent }.max { $0.connections < $1.connections }
      ?? settings.cells.first
  }

  /// The rates at which the latency of a workload was measured, the lowest first.
  func latencyRates(of cell: Cell) -> [LatencyRate] {
    latencyRates.filter { $0.cell == cell }.sorted { $0.share < $1.share }
  }

  /// The rate at which the latency of a workload is drawn: that of the share in the middle.
  func middleRate(of cell: Cell) -> LatencyRate? {
    latencyRates.first { $0.cell == cell && $0.share == settings.middleShare }
  }

  /// The name of an entrant, for people.
  func name(of entrant: String) -> String { entrants.first { $0.id == entrant }?.name ?? entrant }

  /// The name of the base, for people.
  var baseName: String { name(of: settings.base) }
}
