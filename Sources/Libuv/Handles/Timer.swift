internal import CLibuv

/// Calls a handler once after a time, or again and again. The libuv type is `uv_timer_t`.
public final class Timer: Handle {
  private var handler: ((Timer) -> Void)?

  private var timer: UnsafeMutablePointer<uv_timer_t> {
    unsafe pointer.assumingMemoryBound(to: uv_timer_t.self)
  }

  /// Makes a timer that doesn't run yet. The libuv function is `uv_timer_init`, which never fails
  /// here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public convenience init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try self.init(loop, origin: Origin(file, line))
  }

  init(_ loop: Loop, origin: Origin, isInternal: Bool = false) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_timer_t>.size,
      operation: "timer",
      origin: origin,
      isInternal: isInternal
    ) { unsafe uv_timer_init(loop.pointer, $0.assumingMemoryBound(to: uv_timer_t.self)) }
  }

  /// Starts the timer, or starts it anew. The libuv function is `uv_timer_start`.
  ///
  /// Times are counted from the time at which the loop's turn began, in whole milliseconds, rounded up.
  ///
  /// - Parameters:
  ///   - delay: the time until the first call; zero or less means the next turn, and counts as one millisecond
  ///     in a timer's handler.
  ///   - interval: the time between further calls; nil for one call only. Less than a millisecond counts as one.
  ///   - handler: called when the time has come.
  /// - Throws: ``UVError/badHandle`` when the timer is closed.
  public func start(
    after delay: Duration,
    repeating interval: Duration? = nil,
    handler: @escaping (Timer) -> Void
  ) throws(UVError) {
    try requireOpen("timer")
    self.handler = handler
    let status = unsafe uv_timer_start(
      timer,
      { unsafe Unmanaged<Timer>.fromOpaque($0!.pointee.data)._withUnsafeGuaranteedRef { $0.fire() } },
      // Before 1.48 libuv calls a timer that is due at once in the same turn, for ever if it starts itself anew.
      max(loop.isCallingTimers ? 1 : 0, delay.wholeMilliseconds),
      interval.map { max(1, $0.wholeMilliseconds) } ?? 0
    )
    try UVError.check(status, "timer")
  }

  private func fire() {
    loop.isCallingTimers = true
    handler?(self)
    loop.isCallingTimers = false
  }

  /// Stops the timer. The libuv function is `uv_timer_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_timer_stop(timer)
  }

  /// The time until the next call, zero if it is due; nil when the timer doesn't run. The libuv function is
  /// `uv_timer_get_due_in`.
  public var dueIn: Duration? {
    guard isActive else { return nil }
    return unsafe .milliseconds(uv_timer_get_due_in(timer))
  }

  override func releaseHandlers() { handler = nil }
}

extension Duration {
  /// Whole milliseconds, rounded up, so that nothing comes too early; negative durations count as zero.
  var wholeMilliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    // Longer than libuv's clock can count.
    guard seconds < Int64.max / 1000 else { return .max }
    let attosecondsPerMillisecond: Int64 = 1_000_000_000_000_000
    let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: attosecondsPerMillisecond)
    return UInt64(seconds) * 1000 + UInt64(whole) + (rest > 0 ? 1 : 0)
  }
}
