internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Another program, started by this one: tells how it ends, and sends it signals.
///
/// ```swift
/// let listing = ChildProcess.Configuration("ls", ["-l", "/tmp"])
/// try ChildProcess(loop, listing) { process, exit in
///   print("ls ended with \(exit)")
///   process.close()
/// }
/// ```
///
/// The handle keeps its loop running until the process has ended, and, like each handle, is to be closed in the
/// end. Closing it does not end the process. It has the effect that nobody is told of its end, and the system keeps
/// the ended process as a zombie until this one ends: send a signal and wait for the end instead.
///
/// The end is learned from SIGCHLD: a program that starts processes must not set another action for it. The libuv type
/// is `uv_process_t`.
public final class ChildProcess: Handle {
  /// How a process ended.
  public enum Exit: Hashable, Sendable, CustomStringConvertible {
    /// By itself, with an exit status.
    case code(Int)
    /// By a signal.
    case signal(Signal.Number)

    /// `exit 0`, `SIGTERM`.
    public var description: String {
      switch self {
      case .code(let code): "exit \(code)"
      case .signal(let number): "\(number)"
      }
    }
  }

  /// Where a standard stream of the process leads.
  public enum StandardStream: Sendable {
    /// Nowhere: `/dev/null`.
    case null
    /// Where that of this process does.
    case inherited
    /// To a copy of an open descriptor. The caller's own stays open, and may be closed as soon as the process has been
    /// started.
    case descriptor(Int32)
  }

  /// What to start, and how.
  public struct Configuration: Sendable {
    /// The program: a path, or a name that is searched for in `PATH`, that of ``environment`` if it has one.
    public var executable: String
    /// Its arguments, without its own name as the first one.
    public var arguments: [String]
    /// Its environment; nil for that of this process.
    public var environment: [String: String]?
    /// Its working directory; nil for that of this process.
    public var workingDirectory: String?
    /// What it reads.
    public var standardInput = StandardStream.null
    /// Where its output goes.
    public var standardOutput = StandardStream.inherited
    /// Where its errors go.
    public var standardError = StandardStream.inherited
    /// Whether it begins a session, and with it a group, of its own: Ctrl-C on this process's terminal doesn't
    /// reach it, and ``ChildProcess/sendToGroup(_:)`` reaches the processes that it starts.
    public var isDetached = false

    /// A program with arguments, which reads nothing and writes where this process does.
    public init(_ executable: String, _ arguments: [String] = []) {
      self.executable = executable
      self.arguments = arguments
    }
  }

  /// The process's number. The libuv function is `uv_process_get_pid`.
  public private(set) var processIdentifier: Int32 = 0
  /// How the process ended; nil while it runs.
  public private(set) var exit: Exit?
  private var handler: ((ChildProcess, Exit) -> Void)?
  private let isDetached: Bool

  private var process: UnsafeMutablePointer<uv_process_t> {
    unsafe pointer.assumingMemoryBound(to: uv_process_t.self)
  }

  /// Starts a process. The libuv function is `uv_spawn`.
  ///
  /// The process begins with each signal's default action. Descriptors of this process that are not marked
  /// close-on-exec, as all of this library's are, it has too.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - configuration: what to start.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  ///   - onExit: called on the loop's thread when the process has ended, unless the handle is closed before.
  /// - Throws: ``UVError/noSuchFileOrDirectory`` when there is no such program or working directory,
  ///   ``UVError/permissionDenied`` when it may not be executed, the system's error when no process can be made, such
  ///   as ``UVError/tooManyOpenFiles``, ``UVError/invalidArgument`` for a string with a zero byte in it. Nothing was
  ///   started then.
  @discardableResult
  public init(
    _ loop: Loop,
    _ configuration: Configuration,
    file: StaticString = #fileID,
    line: UInt = #line,
    onExit: @escaping (ChildProcess, Exit) -> Void
  ) throws(UVError) {
    isDetached = configuration.isDetached
    handler = onExit
    guard configuration.strings.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw UVError.invalidArgument.during("spawn")
    }
    var status: Int32 = 0
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_process_t>.size,
      operation: "spawn",
      origin: Origin(file, line)
    ) { pointer in
      let process = unsafe pointer.assumingMemoryBound(to: uv_process_t.self)
      status = unsafe Self.spawn(loop, process, configuration)
      // Whatever came of it, libuv has the handle, and it has to be closed.
      return 0
    }
    if status != 0 {
      close()
      throw UVError(code: status, operation: "spawn")
    }
    processIdentifier = unsafe uv_process_get_pid(process)
  }

  private static func spawn(
    _ loop: Loop,
    _ process: UnsafeMutablePointer<uv_process_t>,
    _ configuration: Configuration
  ) -> Int32 {
    // What is given to C is needed during the call only.
    let arguments = unsafe CStrings([configuration.executable] + configuration.arguments)
    let environment = unsafe configuration.environment.map {
      unsafe CStrings($0.map { "\($0.key)=\($0.value)" })
    }
    let directory = unsafe configuration.workingDirectory.map { unsafe CStrings([$0]) }
    defer {
      unsafe arguments.deallocate()
      unsafe environment?.deallocate()
      unsafe directory?.deallocate()
    }
    var streams = unsafe [
      configuration.standardInput.container(0),
      configuration.standardOutput.container(1),
      configuration.standardError.container(2),
    ]
    return unsafe streams.withUnsafeMutableBufferPointer { streams in
      var options = unsafe uv_process_options_t()
      unsafe options.file = UnsafePointer(arguments.first)
      unsafe options.args = arguments.list
      unsafe options.env = environment?.list
      unsafe options.cwd = directory.flatMap { unsafe UnsafePointer($0.first) }
      unsafe options.stdio = streams.baseAddress
      unsafe options.stdio_count = Int32(streams.count)
      if configuration.isDetached { unsafe options.flags = UV_PROCESS_DETACHED.rawValue }
      unsafe options.exit_cb = { process, status, signal in
        let process = unsafe Unmanaged<ChildProcess>.fromOpaque(process!.pointee.data).takeUnretainedValue()
        process.didExit(signal != 0 ? .signal(Signal.Number(rawValue: signal)) : .code(Int(status)))
      }
      return unsafe uv_spawn(loop.pointer, process, &options)
    }
  }

  private func didExit(_ exit: Exit) {
    // libuv calls it also for one that another one's handler has just closed, when both have ended at once.
    guard state == .open else { return }
    self.exit = exit
    handler?(self, exit)
  }

  /// Sends the process a signal. The libuv function is `uv_process_kill`.
  ///
  /// - Throws: ``UVError/noSuchProcess`` when it has ended, ``UVError/badHandle`` when the handle is closed.
  public func send(_ number: Signal.Number) throws(UVError) {
    try requireOpen("kill")
    // Its number may be another's by now.
    guard exit == nil else { throw UVError.noSuchProcess.during("kill") }
    try UVError.check(unsafe uv_process_kill(process, number.rawValue), "kill")
  }

  /// Sends a signal to the process, if it was started detached, and to all of its group: the processes that it has
  /// started, and that have not made a group of their own. They can be reached also when it has ended itself. The
  /// libuv function is `uv_kill`.
  ///
  /// - Throws: ``UVError/noSuchProcess`` when all have ended, ``UVError/badHandle`` when the handle is closed,
  ///   ``UVError/notSupported`` when the process was not started detached: its group is this process's own.
  public func sendToGroup(_ number: Signal.Number) throws(UVError) {
    try requireOpen("kill")
    guard isDetached else { throw UVError.notSupported.during("kill") }
    try UVError.check(uv_kill(-processIdentifier, number.rawValue), "kill")
  }

  override func releaseHandlers() { handler = nil }
}

extension ChildProcess.Configuration {
  /// All that becomes a C string.
  fileprivate var strings: [String] {
    var strings = arguments + [executable]
    for (name, value) in environment ?? [:] { strings += [name, value] }
    if let workingDirectory { strings.append(workingDirectory) }
    return strings
  }
}

extension ChildProcess.StandardStream {
  fileprivate func container(_ standard: Int32) -> uv_stdio_container_t {
    var container = unsafe uv_stdio_container_t()
    switch self {
    case .null: unsafe container.flags = UV_IGNORE
    case .inherited:
      unsafe container.flags = UV_INHERIT_FD
      unsafe container.data.fd = standard
    case .descriptor(let descriptor):
      unsafe container.flags = UV_INHERIT_FD
      unsafe container.data.fd = descriptor
    }
    return unsafe container
  }
}

/// A list of C strings, which ends with a null pointer, as `argv` does.
@unsafe private struct CStrings {
  let list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: [String]) {
    unsafe count = strings.count
    unsafe list = .allocate(capacity: count + 1)
    for (place, string) in strings.enumerated() {
      unsafe (list + place).initialize(to: strdup(string))
    }
    unsafe (list + count).initialize(to: nil)
  }

  var first: UnsafeMutablePointer<CChar>? { unsafe list[0] }

  func deallocate() {
    for place in unsafe 0..<count { unsafe free(list[place]) }
    unsafe list.deallocate()
  }
}
