/// Measures a server's capacity, and then its latency at shares of it.
public struct SweepRunner {
  /// A run at a share of the capacity.
  public struct Step: Sendable {
    /// The share of the capacity; 0.1 is a tenth.
    public let share: Double
    /// The rate that was asked, in requests a second.
    public let rate: Double
    /// What it brought.
    public let outcome: Outcome
  }

  /// What the sweep has brought.
  public struct Result: Sendable {
    /// The closed loop that tells the capacity.
    public let capacity: Outcome
    /// The runs, in rising order; the knee's is the last one.
    public internal(set) var steps: [Step] = []
    /// The share at which the latency takes off or the rate can't be sent; nil if no share that was asked for is there.
    public internal(set) var knee: Double?
    /// Whether it was ended early.
    public internal(set) var isInterrupted = false
  }

  private let sweep: Sweep
  private let workload: Workload

  /// A sweep over rates of a workload; its own rate doesn't matter.
  public init(_ sweep: Sweep, _ workload: Workload) {
    self.sweep = sweep
    self.workload = workload
  }

  /// Makes the runs, up to the knee.
  ///
  /// - Parameter measure: makes a run; the label says what for.
  /// - Throws: what `measure` throws.
  public func run(measure: (_ workload: Workload, _ label: String) throws -> Outcome) throws -> Result {
    var closed = workload
    closed.rate = nil
    let capacity = try measure(closed, "capacity")
    var result = Result(capacity: capacity)
    result.isInterrupted = capacity.isInterrupted
    // Replies may all have come after a short run's measured time.
    guard capacity.verdict.isValid, !capacity.isInterrupted, capacity.responsesPerSecond > 0 else {
      return result
    }
    for share in sweep.shares {
      var open = workload
      open.rate = capacity.responsesPerSecond * share
      let outcome = try measure(open, "at \(Int((share * 100).rounded())) %")
      guard !outcome.isInterrupted else {
        result.isInterrupted = true
        break
      }
      let step = Step(share: share, rate: capacity.responsesPerSecond * share, outcome: outcome)
      result.steps.append(step)
      if Sweep.isBeyondKnee(outcome, first: result.steps[0].outcome) {
        result.knee = share
        break
      }
    }
    return result
  }
}
