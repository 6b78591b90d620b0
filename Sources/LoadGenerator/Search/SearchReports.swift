/// The outcome of a search for a rate as data for other programs. `docs/bench-json.md` describes each field.
public struct RateFindingReport: Encodable, Sendable {
  struct Trial: Encodable {
    let rate: Double
    let kept: Bool
    let confirmation: Bool
    let report: Report
  }

  let schema = Report.schemaVersion
  let kind = "find-rate"
  let promise: String
  let rate: Double?
  let interrupted: Bool
  let capacity: Report
  let trials: [Trial]

  /// The report of a search.
  public init(_ finding: RateFinder.Finding) {
    promise = finding.promise.description
    rate = finding.rate
    interrupted = finding.isInterrupted
    capacity = Report(finding.capacity)
    trials = finding.trials.map { trial in
      Trial(
        rate: trial.rate,
        kept: trial.isKept,
        confirmation: trial.isConfirmation,
        report: Report(trial.outcome)
      )
    }
  }
}

/// The outcome of a sweep as data for other programs. `docs/bench-json.md` describes each field.
public struct SweepReport: Encodable, Sendable {
  struct Step: Encodable {
    let share: Double
    let rate: Double
    let report: Report
  }

  let schema = Report.schemaVersion
  let kind = "sweep"
  let knee: Double?
  let interrupted: Bool
  let capacity: Report
  let steps: [Step]

  /// The report of a sweep.
  public init(_ result: SweepRunner.Result) {
    knee = result.knee
    interrupted = result.isInterrupted
    capacity = Report(result.capacity)
    steps = result.steps.map { Step(share: $0.share, rate: $0.rate, report: Report($0.outcome)) }
  }
}
