/// A clock whose sleepers are woken by a loop's timers, on the loop's thread. Its times are those of `ContinuousClock`.
///
/// It may be used on any thread. The libuv function is `uv_timer_start`.
public struct LoopClock: Clock {
  /// A point in time.
  public typealias Instant = ContinuousClock.Instant

  private let scope: LoopScope

  /// The clock of an executor's loop.
  public init(_ executor: LoopExecutor) { scope = LoopScope(executor) }

  /// Now.
  public var now: Instant { ContinuousClock.now }

  /// A millisecond: that of libuv's timers.
  public var minimumResolution: Duration { .milliseconds(1) }

  /// Waits until a point in time, which comes at most two milliseconds late if the loop is idle.
  ///
  /// - Parameters:
  ///   - deadline: until when.
  ///   - tolerance: not used: libuv's timers know none.
  /// - Throws: `CancellationError`.
  public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
    try await scope.sleep(until: deadline)
  }
}
