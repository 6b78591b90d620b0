extension Results {
  /// The entrant that the others are divided by.
  public var base: Entrant? { entrants.first { $0.id == settings.base } }

  /// The summary of an entrant with a workload, at a share for its latency.
  public func summary(of entrant: String, _ cell: Cell, share: Double? = nil) -> Summary? {
    summaries.first { $0.entrant == entrant && $0.cell == cell && $0.share == share }
  }

  /// Makes the summaries anew from the samples.
  public mutating func summarize() {
    var groups: [Group: [Sample]] = [:]
    for sample in samples {
      groups[Group(entrant: sample.entrant, cell: sample.cell, share: sample.share), default: []].append(
        sample
      )
    }
    summaries = []
    for cell in settings.cells {
      for share in [nil] + settings.latencyShares.map({ $0 as Double? }) {
        let base = groups[Group(entrant: settings.base, cell: cell, share: share)] ?? []
        for entrant in entrants {
          guard let samples = groups[Group(entrant: entrant.id, cell: cell, share: share)] else { continue }
          summaries.append(
            Summary(
              samples,
              of: entrant.id,
              base: entrant.id == settings.base ? [] : base,
              seed: settings.seed
            )
          )
        }
      }
    }
  }

  private struct Group: Hashable {
    let entrant: String
    let cell: Cell
    let share: Double?
  }
}

extension Summary {
  /// Summarises the samples of one entrant and workload, of which there is at least one.
  ///
  /// - Parameter base: the samples of the base with the same workload; none for the base itself.
  init(_ all: [Sample], of entrant: String, base: [Sample], seed: UInt64) {
    self.entrant = entrant
    cell = all[0].cell
    share = all[0].share
    samples = all.count
    let valid = all.filter(\.isValid)
    validSamples = valid.count

    let loads = valid.compactMap(\.load)
    responsesPerSecond = Spread(loads.map(\.responsesPerSecond))
    limiters = [:]
    for limiter in loads.compactMap(\.limiter) { limiters[limiter, default: 0] += 1 }
    isLowerBound = limiters[.client, default: 0] * 2 >= max(1, valid.count)

    userMicroseconds = Spread(valid.compactMap { $0.perResponse($0.server?.userSeconds) })
    systemMicroseconds = Spread(valid.compactMap { $0.perResponse($0.server?.systemSeconds) })
    processorMicroseconds = Spread(valid.compactMap { $0.perResponse($0.processorSeconds) })
    clientMicroseconds = Spread(valid.compactMap { $0.perResponse($0.load?.clientSeconds) })
    latency = LatencyFigures(medianOf: loads.map(\.latency))

    let servers = valid.compactMap(\.server)
    idleBytes = Spread(servers.map { Double($0.idleBytes) })
    loadBytes = Spread(servers.map { Double($0.loadBytes) })
    bytesPerConnection = Spread(servers.compactMap(\.bytesPerConnection))
    startMilliseconds = Spread(all.compactMap(\.startMilliseconds))

    // What failed belongs to the picture also where a figure can't be trusted.
    errors = [:]
    for sample in all { errors.merge(sample.load?.errors ?? [:], uniquingKeysWith: +) }
    survived = all.count { $0.survival?.isWhole == true }
    troubles = []
    for trouble in all.flatMap(\.troubles) where !troubles.contains(trouble) { troubles.append(trouble) }

    ratio = Self.ratio(of: valid, to: base, seed: seed) { $0.load?.responsesPerSecond }
    processorRatio = Self.ratio(of: valid, to: base, seed: seed) { $0.perResponse($0.processorSeconds) }
    p99Ratio = Self.ratio(of: valid, to: base, seed: seed) { $0.load?.latency[99] }
  }

  /// The ratio of a figure to that of the base in the same round.
  private static func ratio(
    of samples: [Sample],
    to base: [Sample],
    seed: UInt64,
    _ figure: (Sample) -> Double?
  ) -> Ratio? {
    var bases: [Int: Double] = [:]
    for sample in base where sample.isValid {
      if let value = figure(sample), value > 0 { bases[sample.round] = value }
    }
    let ratios = samples.compactMap { sample in
      bases[sample.round].flatMap { base in figure(sample).map { $0 / base } }
    }
    return Statistics.ratio(ratios, seed: seed)
  }
}

extension Sample {
  var processorSeconds: Double? { server.map { $0.userSeconds + $0.systemSeconds } }

  /// Seconds of the whole time as microseconds for a reply.
  func perResponse(_ seconds: Double?) -> Double? {
    guard let seconds, let load, load.responses > 0 else { return nil }
    return seconds * 1e6 / (load.responsesPerSecond * load.seconds)
  }

  /// What went wrong: sentences.
  var troubles: [String] {
    var troubles: [String] = []
    if let load, !load.valid { troubles.append(load.verdict) }
    if let serverFailure { troubles.append(serverFailure) }
    guard let survival else { return troubles }
    if survival.crashed == nil {
      if let end = survival.end {
        if survival.answers, !survival.isWhole {
          troubles.append("it ended badly when it was told to: \(end)")
        }
      } else {
        troubles.append("it did not end when it was told to, and was killed")
      }
    }
    if survival.leftoverSockets > 0 {
      troubles.append("it kept connections open whose clients had gone")
    }
    return troubles
  }
}

extension LatencyFigures {
  /// The median of each figure; nil of nothing.
  init?(medianOf figures: [LatencyFigures]) {
    guard !figures.isEmpty else { return nil }
    func median(_ figure: (LatencyFigures) -> Double) -> Double { Statistics.median(figures.map(figure))! }
    self.init(
      mean: median(\.mean),
      stddev: median(\.stddev),
      min: median(\.min),
      max: median(\.max),
      curve: Self.percentiles.indices.map { place in median { $0.curve[place] } }
    )
  }
}
