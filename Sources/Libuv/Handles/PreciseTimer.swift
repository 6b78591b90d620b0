internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Calls a handler once at a time given to the nanosecond, where a ``Timer`` counts whole milliseconds.
///
/// It is never called early; how late depends on the system and on what else the loop does, on Linux by some
/// 50 µs. Other systems have whole milliseconds here, too, rounded up. Starting and calling allocate nothing, so
/// it may be started anew for every message.
///
/// As a handle does, it keeps itself alive until it is closed, keeps its loop running while it is active, and is
/// reported when it was forgotten, as a `poll`. It belongs to its loop's thread. libuv has no type for it: on
/// Linux it is a `uv_poll_t` that watches a `timerfd`, elsewhere a `uv_timer_t`.
public final class PreciseTimer {
  /// The loop that the timer lives on.
  public let loop: Loop

  #if os(Linux)
    private let handle: Poll
    let descriptor: Int32
  #else
    private let handle: Timer
  #endif

  private var handler: ((PreciseTimer) -> Void)?
  private var isStarted = false
  /// The time that it was started with.
  private var due: UInt64 = 0

  /// Makes a timer that doesn't run yet. The system's function is `timerfd_create`; elsewhere than on Linux the
  /// libuv function is `uv_timer_init`.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  ///   - handler: called when a time has come. It may start the timer anew.
  /// - Throws: the error of `timerfd_create`, such as ``UVError/tooManyOpenFiles``.
  public init(
    _ loop: Loop,
    file: StaticString = #fileID,
    line: UInt = #line,
    handler: @escaping (PreciseTimer) -> Void
  ) throws(UVError) {
    self.loop = loop
    self.handler = handler
    let origin = Origin(file, line)
    #if os(Linux)
      loop.requireOpen()
      let descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
      if descriptor < 0 { try UVError.check(uv_translate_sys_error(errno), "timer") }
      do throws(UVError) {
        handle = try Poll(loop, descriptor: descriptor, origin: origin)
      } catch {
        Descriptors.close(descriptor)
        throw error.during("timer")
      }
      self.descriptor = descriptor
      handle.whenClosed { [self] in
        Descriptors.close(descriptor)
        self.handler = nil
      }
      // Watched all the time, so that starting is one call of the system, and referenced only when started.
      handle.unref()
      do throws(UVError) {
        try handle.start(.readable) { [self] _, _ in fire() }
      } catch {
        handle.close()
        throw error.during("timer")
      }
    #else
      handle = try Timer(loop, origin: origin)
      handle.whenClosed { [self] in self.handler = nil }
    #endif
  }

  /// Starts the timer, or starts it anew: an earlier time is replaced. The system's function is `timerfd_settime`;
  /// elsewhere than on Linux the libuv function is `uv_timer_start`.
  ///
  /// - Parameter nanoseconds: the time of ``Loop/nanoseconds`` at which to call the handler. A time that has passed
  ///   means as soon as possible: in the loop's next look at input and output, never at once.
  /// - Throws: ``UVError/badHandle`` when the timer is closed.
  public func start(at nanoseconds: UInt64) throws(UVError) {
    try handle.requireOpen("timer")
    #if os(Linux)
      // Zero would stop it.
      try setTime(max(1, nanoseconds))
      if !isStarted { handle.ref() }
    #else
      // libuv's clock is the same one in whole milliseconds.
      let time = nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1)
      let delay = Duration.milliseconds(time - min(time, loop.milliseconds))
      try handle.start(after: delay) { [self] _ in fire() }
    #endif
    due = nanoseconds
    isStarted = true
  }

  /// Stops the timer: the handler is not called until it is started again.
  public func stop() {
    loop.assertOnThread()
    guard isActive else { return }
    isStarted = false
    #if os(Linux)
      handle.unref()
      // Nothing that it could fail with. Were the old time to come all the same, it would be ignored.
      try? setTime(0)
    #else
      handle.stop()
    #endif
  }

  /// Closes the timer. May be called at any time, also from the handler, and more than once.
  ///
  /// - Parameter completion: called when the timer is closed: in a later turn of the loop, or at once if it is
  ///   closed already.
  public func close(_ completion: (() -> Void)? = nil) {
    handle.close(completion)
  }

  /// Whether the timer runs: it was started, and its time has not come.
  public var isActive: Bool {
    loop.assertOnThread()
    return isStarted && handle.state == .open
  }

  /// Calls the handler, if the time has come.
  private func fire() {
    // The event may be that of an earlier time, which a handler of the same turn has replaced or stopped.
    guard isStarted, Loop.nanoseconds >= due else { return }
    isStarted = false
    #if os(Linux)
      handle.unref()
    #endif
    handler?(self)
    #if os(Linux)
      // Starting anew has taken the event back already.
      guard !isStarted, handle.state == .open else { return }
      var count: UInt64 = 0
      _ = unsafe read(descriptor, &count, MemoryLayout.size(ofValue: count))
    #endif
  }

  #if os(Linux)
    /// Sets the time at which the descriptor becomes readable, which it is not before; zero for never.
    private func setTime(_ nanoseconds: UInt64) throws(UVError) {
      let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
      var time = itimerspec()
      time.it_value = timespec(tv_sec: Int(clamping: seconds), tv_nsec: Int(rest))
      if unsafe timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &time, nil) != 0 {
        try UVError.check(uv_translate_sys_error(errno), "timer")
      }
    }
  #endif
}
