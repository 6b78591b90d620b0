internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Calls a handler, on the loop's thread, when the process gets a signal. The libuv type is `uv_signal_t`.
public final class Signal: Handle {
  /// Which signal.
  public struct Number: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The system's number of the signal.
    public let rawValue: Int32

    /// A signal by the system's number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// SIGHUP: the terminal is gone; for services by custom: read the configuration again.
    public static let hangup = Number(rawValue: SIGHUP)
    /// SIGINT: Ctrl-C.
    public static let interrupt = Number(rawValue: SIGINT)
    /// SIGQUIT: Ctrl-\.
    public static let quit = Number(rawValue: SIGQUIT)
    /// SIGKILL: end at once. It can be sent, and not watched.
    public static let kill = Number(rawValue: SIGKILL)
    /// SIGTERM: end in good order.
    public static let terminate = Number(rawValue: SIGTERM)
    /// SIGUSR1: for the program's own use.
    public static let user1 = Number(rawValue: SIGUSR1)
    /// SIGUSR2: for the program's own use.
    public static let user2 = Number(rawValue: SIGUSR2)
    /// SIGWINCH: the terminal's size has changed.
    public static let windowChange = Number(rawValue: SIGWINCH)

    /// The signal's name where it has one here, else its number: `SIGTERM`, `signal 42`.
    public var description: String {
      switch self {
      case .hangup: "SIGHUP"
      case .interrupt: "SIGINT"
      case .quit: "SIGQUIT"
      case .kill: "SIGKILL"
      case .terminate: "SIGTERM"
      case .user1: "SIGUSR1"
      case .user2: "SIGUSR2"
      case .windowChange: "SIGWINCH"
      default: "signal \(rawValue)"
      }
    }
  }

  private var handler: ((Signal) -> Void)?
  private var stopsAfterFirst = false

  private var signal: UnsafeMutablePointer<uv_signal_t> {
    unsafe pointer.assumingMemoryBound(to: uv_signal_t.self)
  }

  /// Makes a signal handle that watches nothing yet. The libuv function is `uv_signal_init`.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  /// - Throws: what the system gives for a loop's first one, such as ``UVError/tooManyOpenFiles``.
  public init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_signal_t>.size,
      operation: "signal",
      origin: Origin(file, line)
    ) { unsafe uv_signal_init(loop.pointer, $0.assumingMemoryBound(to: uv_signal_t.self)) }
  }

  /// Watches for a signal, instead of one that it watched before. The libuv function is `uv_signal_start`.
  ///
  /// While any loop watches for a signal, the system's default action (for most: the end) is off.
  ///
  /// - Parameters:
  ///   - number: the signal.
  ///   - once: whether to stop after the first.
  ///   - handler: called for each signal; signals that come close together may count as one.
  /// - Throws: ``UVError/badHandle`` when the handle is closed, ``UVError/invalidArgument`` for a signal that
  ///   can't be watched, such as SIGKILL.
  public func start(
    _ number: Number,
    once: Bool = false,
    handler: @escaping (Signal) -> Void
  ) throws(UVError) {
    try requireOpen("signal")
    // Not uv_signal_start_oneshot: a handle that was started so stays so, and one that watches can't become so.
    let status = unsafe uv_signal_start(
      signal,
      { signal, _ in
        let signal = unsafe Unmanaged<Signal>.fromOpaque(signal!.pointee.data).takeUnretainedValue()
        if signal.stopsAfterFirst { signal.stop() }
        signal.handler?(signal)
      },
      number.rawValue
    )
    try UVError.check(status, "signal")
    stopsAfterFirst = once
    self.handler = handler
  }

  /// Stops watching. The libuv function is `uv_signal_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_signal_stop(signal)
  }

  override func releaseHandlers() { handler = nil }
}
