/// Finds, with runs of their own, the highest rate at which a server keeps a promise.
public struct RateFinder {
  /// A run, and what it was for.
  public struct Trial: Sendable {
    /// The rate that was asked, in requests a second.
    public let rate: Double
    /// Whether it kept the promise.
    public let isKept: Bool
    /// Whether it was to confirm what had been found.
    public let isConfirmation: Bool
    /// What it brought.
    public let outcome: Outcome
  }

  /// What the search has brought.
  public struct Finding: Sendable {
    /// What was to be kept.
    public let promise: Promise
    /// The closed loop that the search took its bearings from.
    public let capacity: Outcome
    /// All runs, in order.
    public internal(set) var trials: [Trial] = []
    /// The highest rate that keeps the promise, confirmed; nil when none was found.
    public internal(set) var rate: Double?
    /// Whether it was ended early.
    public internal(set) var isInterrupted = false
  }

  private let promise: Promise
  private let workload: Workload

  /// A search for the highest rate of a workload; its own rate doesn't matter.
  public init(_ promise: Promise, _ workload: Workload) {
    self.promise = promise
    self.workload = workload
  }

  /// Searches.
  ///
  /// - Parameter measure: makes a run; the label says what for.
  /// - Throws: what `measure` throws.
  public func run(measure: @escaping (_ workload: Workload, _ label: String) throws -> Outcome) throws
    -> Finding
  {
    var closed = workload
    closed.rate = nil
    let capacity = try measure(closed, "capacity")
    var finding = Finding(promise: promise, capacity: capacity)
    finding.isInterrupted = capacity.isInterrupted
    // Replies may all have come after a short run's measured time.
    guard capacity.verdict.isValid, !capacity.isInterrupted, capacity.responsesPerSecond > 0 else {
      return finding
    }
    var search = RateSearch { rate, isConfirmation in
      var open = workload
      open.rate = rate
      let outcome = try measure(open, "\(isConfirmation ? "confirming" : "trying") \(Int(rate))/s")
      finding.isInterrupted = outcome.isInterrupted
      guard !outcome.isInterrupted else { return nil }
      let isKept = promise.isKept(by: outcome)
      finding.trials.append(
        Trial(rate: rate, isKept: isKept, isConfirmation: isConfirmation, outcome: outcome)
      )
      return isKept
    }
    let rate = try search.search(capacity: capacity.responsesPerSecond)
    finding.rate = rate
    return finding
  }
}
