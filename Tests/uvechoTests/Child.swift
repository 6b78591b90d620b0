@preconcurrency import Glibc
import Synchronization
import Testing

/// A program, started by a test, and what it prints.
///
/// Whoever makes one calls ``end()`` in the end. Everything that waits has a deadline.
final class Child {
  enum Exit: Equatable {
    case code(Int32)
    case signal(Int32)
  }

  struct TimedOut: Error, CustomStringConvertible {
    let description: String
  }

  let pid: pid_t
  private(set) var output = ""
  private(set) var errors = ""
  private(set) var exit: Exit?
  private var outputPipe: Int32
  private var errorPipe: Int32

  /// Starts one of the programs that are built with the tests.
  convenience init(_ program: String, _ arguments: [String]) throws {
    try self.init(path: Self.built(program), arguments)
  }

  /// Starts the program at a path.
  init(path: String, _ arguments: [String]) throws {
    let started = try Self.starting.withLock { _ in try Self.start(path, arguments) }
    pid = started.pid
    outputPipe = started.output
    errorPipe = started.error
  }

  /// Held while a child is started: no other one may inherit its pipes before they are marked.
  private static let starting = Mutex(())

  private static func start(
    _ path: String,
    _ arguments: [String]
  ) throws -> (pid: pid_t, output: Int32, error: Int32) {
    let output = try makePipe()
    let error = try makePipe()
    defer {
      close(output.writing)
      close(error.writing)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
    posix_spawn_file_actions_adddup2(&actions, error.writing, 2)
    // Whatever this process ignores, the child begins with the defaults.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    let argv = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, path, &actions, &attributes, argv, environ)
    try #require(status == 0, "\(path): \(String(cString: strerror(status)))")
    return (pid, output.reading, error.reading)
  }

  /// Executables are built beside the bundle of tests, which is the program that runs now.
  static func built(_ program: String) throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { buffer in
      readlink("/proc/self/exe", buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    try #require(count > 0)
    let bundle = String(decoding: buffer[..<count], as: UTF8.self)
    let path = bundle[..<bundle.lastIndex(of: "/")!] + "/" + program
    try #require(access(String(path), X_OK) == 0, "\(path) is not there")
    return String(path)
  }

  private static func makePipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    return (ends[0], ends[1])
  }

  // MARK: Waiting

  /// Waits until something is so; meanwhile reads what the child prints.
  func wait(
    for what: String,
    deadline: Duration = .seconds(60),
    until condition: () throws -> Bool
  ) throws {
    let end = ContinuousClock.now + deadline
    while try !condition() {
      guard ContinuousClock.now < end else {
        throw TimedOut(description: "no \(what) after \(deadline); output: \(output) errors: \(errors)")
      }
      readWhatIsThere(within: 10)
    }
  }

  /// Waits until the child has ended, and printed all.
  @discardableResult
  func waitForExit() throws -> Exit {
    try wait(for: "exit") { outputPipe < 0 && errorPipe < 0 && hasExited() }
    return exit!
  }

  /// Whether it has ended; what it printed may not have been read yet.
  func hasExited() -> Bool {
    guard exit == nil else { return true }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return false }
    let signal = status & 0x7f
    exit = signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
    return true
  }

  private func readWhatIsThere(within milliseconds: Int32) {
    var requests = [
      pollfd(fd: outputPipe, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errorPipe, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&requests, nfds_t(requests.count), milliseconds) > 0 else { return }
    Self.read(&outputPipe, into: &output)
    Self.read(&errorPipe, into: &errors)
  }

  private static func read(_ pipe: inout Int32, into text: inout String) {
    guard pipe >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 65536)
    let count = Glibc.read(pipe, &buffer, buffer.count)
    if count > 0 { text += String(decoding: buffer[..<count], as: UTF8.self) }
    if count == 0 {
      close(pipe)
      pipe = -1
    }
  }

  // MARK: Ending

  /// Closes the reading end of the child's standard output.
  func closeOutput() {
    close(outputPipe)
    outputPipe = -1
  }

  func signal(_ number: Int32) {
    // A child that was waited for has given its number back.
    if exit == nil { kill(pid, number) }
  }

  /// Ends the child if it runs, whatever it does.
  func end() {
    if !hasExited() {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      waitpid(pid, &status, 0)
      exit = .signal(SIGKILL)
    }
    for pipe in [outputPipe, errorPipe] where pipe >= 0 { close(pipe) }
    outputPipe = -1
    errorPipe = -1
  }

  // MARK: What the system knows of it

  /// The processor time that it has used, in clock ticks.
  func processorTicks() throws -> Int {
    let stat = try text(of: "stat")
    // The name, in parentheses, may hold anything.
    let fields = stat[stat.lastIndex(of: ")")!...].split(separator: " ")
    return try #require(Int(fields[12])) + #require(Int(fields[13]))
  }

  /// The memory of its own that is resident, in KiB.
  func residentMemory() throws -> Int {
    let line = try #require(try text(of: "status").split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
    return try #require(Int(line.split { !$0.isNumber }[0]))
  }

  /// Whether it does something of its own at a signal.
  func handles(_ signal: Int32) throws -> Bool {
    let line = try #require(try text(of: "status").split(separator: "\n").first { $0.hasPrefix("SigCgt:") })
    let mask = try #require(UInt64(line.split { $0.isWhitespace }[1], radix: 16))
    return mask & 1 << UInt64(signal - 1) != 0
  }

  private func text(of file: String) throws -> String {
    let descriptor = open("/proc/\(pid)/\(file)", O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer[..<max(0, count)], as: UTF8.self)
  }
}
