internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Starts a program as a process of its own, and tells how it ended.
///
/// ```swift
/// let listing = ChildProcess.Configuration(executable: "ls", arguments: ["-l", "/tmp"])
/// try ChildProcess(loop, listing) { process, exit in
///   print("ls ended with \(exit)")
///   process.close()
/// }
/// ```
///
/// The handle is active, and keeps its loop running, until the process has ended. It is open until it is closed,
/// also after that. The process begins with the system's default for each signal, and no signal blocked. Beside its
/// standard streams it gets those descriptors of this process that are not close-on-exec; the library makes none such.
///
/// Closing the handle doesn't end the process, and nobody is told of its end any more: ``send(_:)`` it a signal and
/// close the handle when it has ended. A process whose handle was closed before runs on; when it ends, the system
/// keeps it as a zombie until this process calls `waitpid` for it, or ends itself. While the handle is open nothing
/// else may wait for the process: its end would never be told.
///
/// A handle belongs to its loop's thread. The libuv type is `uv_process_t`.
public final class ChildProcess: Handle {
  /// How a process ended.
  public enum Exit: Hashable, Sendable, CustomStringConvertible {
    /// By itself, with this code, from 0 to 255; 0 by custom means that all went well.
    case code(Int)
    /// By this signal.
    case signal(Signal.Number)

    /// `exit 0`, `SIGTERM`.
    public var description: String {
      switch self {
      case .code(let code): "exit \(code)"
      case .signal(let number): "\(number)"
      }
    }
  }

  /// The system's number of the process. Once ``exit`` tells its end the system may give the number to another.
  /// The libuv function is `uv_process_get_pid`.
  public private(set) var processIdentifier: Int32 = 0

  /// How the process ended; nil until the loop has told so.
  public private(set) var exit: Exit?

  /// This process's end of the standard input, when that is a pipe; the process sees its input's end when this is
  /// shut down or closed. It is a handle of its own: it has to be closed, whatever becomes of the process.
  public let standardInput: Pipe?

  /// This process's end of the standard output, when that is a pipe. Its end comes when all processes that have the
  /// other end have closed it, and may come before or after the process's own. It is a handle of its own: it has to
  /// be closed, whatever becomes of the process.
  public let standardOutput: Pipe?

  /// This process's end of the standard error, when that is a pipe, as ``standardOutput`` is.
  public let standardError: Pipe?

  private let isDetached: Bool
  private var handler: ((ChildProcess, Exit) -> Void)?

  private var process: UnsafeMutablePointer<uv_process_t> {
    unsafe pointer.assumingMemoryBound(to: uv_process_t.self)
  }

  /// Starts a program. When this returns the process runs it. The libuv function is `uv_spawn`.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - configuration: which program, and what it gets.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  ///   - onExit: called once, when the process has ended; not when the handle is closed before.
  /// - Throws: ``UVError/noSuchFileOrDirectory`` when there is no such program or working directory,
  ///   ``UVError/permissionDenied`` when the program may not be run or the directory not be entered,
  ///   ``UVError/notDirectory``, ``UVError/argumentListTooLong``, ``UVError/badHandle`` for a descriptor that isn't
  ///   open, ``UVError/invalidArgument`` for a text with a zero byte and for a variable's name that is empty or has an
  ///   equals sign, ``UVError/tooManyOpenFiles``, ``UVError/wouldBlock`` when there may be no more processes,
  ///   ``UVError/outOfMemory``. Nothing is left then but what the loop clears away in its next turn.
  @discardableResult
  public init(
    _ loop: Loop,
    _ configuration: Configuration,
    file: StaticString = #fileID,
    line: UInt = #line,
    onExit: @escaping (ChildProcess, Exit) -> Void
  ) throws(UVError) {
    loop.requireOpen()
    guard configuration.isValid else { throw UVError.invalidArgument.during("spawn") }
    let origin = Origin(file, line)
    let ends = try StreamEnds(loop, configuration, origin)
    standardInput = ends.pipes[0]
    standardOutput = ends.pipes[1]
    standardError = ends.pipes[2]
    isDetached = configuration.isDetached
    handler = onExit
    var status: Int32 = 0
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_process_t>.size,
      operation: "spawn",
      origin: origin
    ) { process in
      let process = unsafe process.assumingMemoryBound(to: uv_process_t.self)
      status = unsafe configuration.spawn(loop, process, ends.descriptors) { process, code, signal in
        let process = unsafe Unmanaged<ChildProcess>.fromOpaque(process!.pointee.data).takeUnretainedValue()
        process.didExit(signal == 0 ? .code(Int(code)) : .signal(Signal.Number(rawValue: signal)))
      }
      // Unlike its others, this call of libuv makes the handle also when it fails, and wants it closed.
      return 0
    }
    ends.closeTheirs()
    if let error = UVError.of(status, "spawn") {
      ends.closePipes()
      close()
      throw error
    }
    processIdentifier = unsafe uv_process_get_pid(process)
  }

  private func didExit(_ exit: Exit) {
    // Of processes whose ends came together, libuv also tells that of one which the handler of another has closed.
    guard state == .open else { return }
    self.exit = exit
    let handler = handler
    self.handler = nil
    handler?(self, exit)
  }

  /// Sends a signal to the process. The libuv function is `uv_process_kill`.
  ///
  /// - Throws: ``UVError/noSuchProcess`` when the process has ended, ``UVError/badHandle`` when the handle isn't open,
  ///   ``UVError/notPermitted`` when the process has become another user's, ``UVError/invalidArgument`` for a signal
  ///   that there isn't. A process that has ended, but of which the loop has yet to tell, takes signals without effect.
  public func send(_ signal: Signal.Number) throws(UVError) {
    try requireOpen("kill")
    // Its number may be another process's by now.
    guard exit == nil else { throw UVError.noSuchProcess.during("kill") }
    try UVError.check(unsafe uv_process_kill(process, signal.rawValue), "kill")
  }

  /// Sends a signal to a detached process and to all that it has started, and they in turn, unless they have left its
  /// group. The libuv function is `uv_kill`.
  ///
  /// This may be done after the process itself has ended, while others of its group live: until the last of them has
  /// ended the system gives the number to nobody else. When none can be left, don't: the number might be that of
  /// another group by then.
  ///
  /// - Throws: ``UVError/noSuchProcess`` when none of the group is left, ``UVError/badHandle`` when the handle isn't
  ///   open, ``UVError/notPermitted`` when all of the group are another user's, ``UVError/invalidArgument`` for a
  ///   signal that there isn't, and for a process that isn't detached.
  public func sendToGroup(_ signal: Signal.Number) throws(UVError) {
    try requireOpen("kill")
    guard isDetached else { throw UVError.invalidArgument.during("kill") }
    try UVError.check(uv_kill(-processIdentifier, signal.rawValue), "kill")
  }

  override func releaseHandlers() { handler = nil }
}

extension ChildProcess {
  /// Which program to start, and what it gets.
  public struct Configuration: Hashable, Sendable {
    /// The program: a path if it has a slash, else a name that is looked for in the folders of PATH, as the process's
    /// environment has it. The program gets it as its argument 0.
    ///
    /// A relative path begins at the process's working directory.
    public var executable: String

    /// The arguments after argument 0, passed as they are: no shell takes them apart.
    public var arguments: [String]

    /// The environment, whole; nil for that of this process.
    public var environment: [String: String]?

    /// The working directory; nil for that of this process.
    public var workingDirectory: String?

    /// Where the process reads its input from.
    public var standardInput: StandardStream

    /// Where the process writes its output to.
    public var standardOutput: StandardStream

    /// Where the process writes its messages to.
    public var standardError: StandardStream

    /// Whether the process leads a group and a session of its own.
    ///
    /// ``ChildProcess/sendToGroup(_:)`` then reaches all that it starts, and the terminal's Ctrl-C doesn't. Nor does
    /// the end of this process's session.
    public var isDetached: Bool

    /// Makes a configuration: with nothing to read, and with this process's output, environment and working directory
    /// unless others are given.
    public init(
      executable: String,
      arguments: [String] = [],
      environment: [String: String]? = nil,
      workingDirectory: String? = nil,
      standardInput: StandardStream = .null,
      standardOutput: StandardStream = .inherit,
      standardError: StandardStream = .inherit,
      isDetached: Bool = false
    ) {
      self.executable = executable
      self.arguments = arguments
      self.environment = environment
      self.workingDirectory = workingDirectory
      self.standardInput = standardInput
      self.standardOutput = standardOutput
      self.standardError = standardError
      self.isDetached = isDetached
    }
  }

  /// What a process gets as one of its standard streams.
  public enum StandardStream: Hashable, Sendable {
    /// Nothing to read, and what is written is thrown away: `/dev/null`. libuv's constant is `UV_IGNORE`.
    case null
    /// This process's own. It is set to blocking, for both, as they share it. libuv's constant is `UV_INHERIT_FD`.
    case inherit
    /// An open descriptor. It stays the caller's, to be closed once the process is started; what it refers to is set to
    /// blocking, for both, as they share it. libuv's constant is `UV_INHERIT_FD`.
    case descriptor(Int32)
    /// A new ``Pipe``, whose one end the process gets and whose other end is the ``ChildProcess``'s property.
    ///
    /// It is a Unix socket, as libuv has it, so that it can be shut down. The libuv function is `uv_socketpair`.
    case pipe
  }
}

extension ChildProcess.Configuration {
  /// What the process gets as its descriptors 0, 1 and 2.
  fileprivate var standardStreams: [ChildProcess.StandardStream] {
    [standardInput, standardOutput, standardError]
  }

  /// Whether C can say all of it.
  fileprivate var isValid: Bool {
    let variables = environment ?? [:]
    let texts = [executable, workingDirectory ?? ""] + arguments + variables.keys + variables.values
    return texts.allSatisfy { !$0.utf8.contains(0) }
      && variables.keys.allSatisfy { !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "=")) }
  }

  /// Calls `uv_spawn`, which needs what it is given for no longer than the call.
  ///
  /// - Parameter descriptors: what becomes the process's descriptors 0, 1 and 2; nil for nothing. With them libuv has
  ///   no way to fail that from its 1.52 on would leave a handle that must not be closed.
  fileprivate func spawn(
    _ loop: Loop,
    _ process: UnsafeMutablePointer<uv_process_t>,
    _ descriptors: [Int32?],
    onExit: @escaping uv_exit_cb
  ) -> Int32 {
    var strings = unsafe CStrings()
    defer { unsafe strings.deallocate() }
    var options = unsafe uv_process_options_t()
    unsafe options.exit_cb = onExit
    unsafe options.args = strings.list([executable] + arguments)
    unsafe options.file = UnsafePointer(options.args[0])
    if let environment { unsafe options.env = strings.list(environment.map { "\($0)=\($1)" }) }
    if let workingDirectory { unsafe options.cwd = UnsafePointer(strings.string(workingDirectory)) }
    if isDetached { unsafe options.flags = UV_PROCESS_DETACHED.rawValue }
    var streams = unsafe descriptors.map { descriptor in
      var stream = unsafe uv_stdio_container_t()
      unsafe stream.flags = descriptor == nil ? UV_IGNORE : UV_INHERIT_FD
      unsafe stream.data.fd = descriptor ?? -1
      return unsafe stream
    }
    return unsafe streams.withUnsafeMutableBufferPointer { streams in
      unsafe options.stdio = streams.baseAddress
      unsafe options.stdio_count = Int32(streams.count)
      return unsafe uv_spawn(loop.pointer, process, &options)
    }
  }
}

/// The two ends of each standard stream: what the new process gets, and this process's pipes.
private struct StreamEnds {
  /// What becomes the process's descriptors 0, 1 and 2; nil for nothing.
  private(set) var descriptors: [Int32?] = []
  /// This process's ends of those that are pipes.
  private(set) var pipes: [Pipe?] = []
  /// Those descriptors that were made for the process, and are not needed once it has them.
  private var theirs: [Int32] = []

  init(_ loop: Loop, _ configuration: ChildProcess.Configuration, _ origin: Origin) throws(UVError) {
    do throws(UVError) {
      for (number, stream) in configuration.standardStreams.enumerated() {
        try add(stream, number: Int32(number), loop, origin)
      }
    } catch {
      closeTheirs()
      closePipes()
      throw error.during("spawn")
    }
  }

  private mutating func add(
    _ stream: ChildProcess.StandardStream,
    number: Int32,
    _ loop: Loop,
    _ origin: Origin
  ) throws(UVError) {
    var descriptor: Int32?
    var pipe: Pipe?
    switch stream {
    case .null: break
    case .inherit: descriptor = number
    case .descriptor(let other):
      guard other >= 0 else { throw .badHandle }
      descriptor = other
    case .pipe:
      let ends = try Self.makeSocketPair()
      theirs.append(ends.theirs)
      descriptor = ends.theirs
      do throws(UVError) {
        pipe = try Pipe(loop, origin: origin)
        try pipe?.adopt(descriptor: ends.ours)
      } catch {
        Descriptors.close(ends.ours)
        pipe?.close()
        throw error
      }
    }
    descriptors.append(descriptor)
    pipes.append(pipe)
  }

  /// Two sockets that no process gets unless it is given them.
  private static func makeSocketPair() throws(UVError) -> (ours: Int32, theirs: Int32) {
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue)
    #else
      let type = SOCK_STREAM
    #endif
    var ends: [uv_os_sock_t] = [-1, -1]
    try UVError.check(unsafe uv_socketpair(type, 0, &ends, 0, 0), "spawn")
    return (ends[0], ends[1])
  }

  /// To be done when the process has its own copies, or will never have them.
  func closeTheirs() {
    for descriptor in theirs { Descriptors.close(descriptor) }
  }

  func closePipes() {
    for pipe in pipes { pipe?.close() }
  }
}

/// Strings as C wants them.
@unsafe private struct CStrings {
  private var blocks: [UnsafeMutableRawPointer] = unsafe []

  /// A string that ends with a zero byte.
  mutating func string(_ string: String) -> UnsafeMutablePointer<CChar> {
    let bytes = string.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    unsafe blocks.append(copy)
    for (index, byte) in bytes.enumerated() { unsafe copy[index] = byte }
    return unsafe copy
  }

  /// An array of strings that ends with a null pointer.
  mutating func list(_ strings: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    unsafe blocks.append(list)
    for (index, string) in strings.enumerated() { unsafe list[index] = self.string(string) }
    unsafe list[strings.count] = nil
    return unsafe list
  }

  func deallocate() {
    unsafe blocks.forEach { unsafe $0.deallocate() }
  }
}
