internal import LoadGenerator

extension LoadFigures {
  /// The figures of a run.
  init(_ outcome: Outcome) {
    let client = outcome.client
    let isOpen = outcome.workload.isOpenLoop
    var errors: [String: Int] = [:]
    for (failure, count) in outcome.errors { errors[failure.name, default: 0] += count }
    self.init(
      verdict: "\(outcome.verdict)",
      valid: outcome.verdict.isValid,
      limiter: isOpen ? nil : Self.limiter(outcome),
      seconds: outcome.seconds,
      requests: outcome.requests,
      responses: outcome.responses,
      responsesPerSecond: outcome.responsesPerSecond,
      connectionsMade: outcome.connectionsMade,
      errors: errors,
      latency: LatencyFigures(outcome.corrected),
      rawLatency: isOpen ? LatencyFigures(outcome.raw) : nil,
      clientSeconds: client.processorSeconds,
      clientShare: client.processorShare + client.waitingShare
    )
  }

  /// The share of a processor from which a server counts as busy. One that can do no more uses 0.98 or more; one that
  /// waits for clients now and then, which are busy themselves, as little as 0.9 and as much as 0.96.
  static let saturatedShare = 0.97

  private static func limiter(_ outcome: Outcome) -> Limiter {
    let server = outcome.server.map { outcome.seconds > 0 ? $0.processorSeconds / outcome.seconds : 0 } ?? 0
    let client = outcome.client.processorShare + outcome.client.waitingShare
    return switch (server >= saturatedShare, client > Verdict.limitedShare) {
    case (true, true): .both
    case (true, false): .server
    case (false, true): .client
    case (false, false): .neither
    }
  }
}

extension LatencyFigures {
  /// The figures of a histogram of nanoseconds.
  init(_ times: Times) {
    let latency = Latency(times, keeping: Self.percentiles)
    let micro = 1e3
    self.init(
      mean: latency.mean / micro,
      stddev: latency.standardDeviation / micro,
      min: latency.min / micro,
      max: latency.max / micro,
      curve: latency.curve.map { $0 / micro }
    )
  }
}
