import LoadGenerator

/// The outcomes of searches for people.
enum SearchText {
  private static let columns = ["rate/s", "mean", "p50", "p99", "p99.9", "max", "errors"]

  static func text(_ finding: RateFinder.Finding) -> String {
    var rows = [["run"] + columns + ["\(finding.promise)"]]
    for trial in finding.trials {
      let name = trial.isConfirmation ? "confirm" : "try"
      rows.append([name] + cells(trial.rate, trial.outcome) + [verdict(of: trial)])
    }
    let ending =
      if let rate = finding.rate {
        "The highest rate that keeps \(finding.promise): \(Text.number(rate, 0)) requests/s"
      } else if finding.isInterrupted {
        "ENDED EARLY: no rate was found"
      } else if let fault = fault(of: finding.capacity) {
        "the capacity could not be measured: \(fault)"
      } else {
        "no rate keeps \(finding.promise)"
      }
    return [capacity(finding.capacity), Text.table(rows), "", ending].joined(separator: "\n")
  }

  static func text(_ result: SweepRunner.Result) -> String {
    var rows = [["share"] + columns + ["verdict"]]
    for step in result.steps {
      let verdict = step.outcome.verdict.isValid ? "VALID" : "INVALID"
      rows.append([Text.percent(step.share)] + cells(step.rate, step.outcome) + [verdict])
    }
    let ending =
      if result.isInterrupted {
        "ENDED EARLY: what stands above was measured until then"
      } else if let fault = fault(of: result.capacity) {
        "the capacity could not be measured: \(fault)"
      } else if let knee = result.knee {
        "The knee is at \(Text.percent(knee)) of the capacity: p99 has grown tenfold, or the rate could not be sent"
      } else {
        "No knee up to the highest share"
      }
    return [capacity(result.capacity), Text.table(rows), "", ending].joined(separator: "\n")
  }

  /// Why a capacity is none.
  private static func fault(of capacity: Outcome) -> String? {
    guard capacity.verdict.isValid else { return capacity.verdict.description }
    return capacity.responsesPerSecond > 0 ? nil : "all replies came after the measured time"
  }

  /// Whether a promise was kept, and if it wasn't the latency that broke it, what.
  private static func verdict(of trial: RateFinder.Trial) -> String {
    if trial.isKept { return "kept" }
    if let reason = trial.outcome.verdict.reasons.first { return "broken: \(reason)" }
    return trial.outcome.errors.isEmpty ? "broken" : "broken: errors"
  }

  private static func capacity(_ outcome: Outcome) -> String {
    let workload = outcome.workload
    let bound = outcome.verdict.isClientLimited ? ">= " : ""
    return """
      \(workload.target), \(workload.strategy.rawValue), \(Text.count(workload.connections)) clients: \
      \(bound)\(Text.number(outcome.responsesPerSecond, 0)) responses/s in a closed loop

      """
  }

  private static func cells(_ rate: Double, _ outcome: Outcome) -> [String] {
    let latency = Latency(outcome.corrected)
    let errors = outcome.errors.values.reduce(0, +)
    return [Text.number(rate, 0)]
      + [latency.mean, latency[50], latency[99], latency[99.9], latency.max].map(Text.time) + [
        Text.count(errors)
      ]
  }
}
