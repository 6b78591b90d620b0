internal import CSpawn
internal import Libuv
internal import LoadGenerator
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// One start of a server, for the time until it says that it listens.
///
/// Not as ``Server`` has it: libuv's `uv_spawn` forks, and to copy a process as large as this one takes as long as a small server
/// needs to start, and is counted for all of them.
struct TimedStart {
  /// What starts it: the program first.
  let words: [String]
  let folder: String
  let environment: [String: String]
  /// The processor that it is kept on; nil for any.
  let processor: Int?
  /// Where what it prints goes, but for its standard output.
  let logPath: String
  let patience: Server.Patience
  /// Whether to give up; asked at first, and while it is waited for.
  let isInterrupted: () -> Bool

  /// Starts it, and ends it.
  ///
  /// - Returns: the milliseconds from the start of its process until its line `listening on` had come.
  /// - Throws: ``ServerFailure``, ``Interrupted``.
  func milliseconds() throws -> Double {
    if isInterrupted() { throw Interrupted() }
    do {
      let log = try FileDescriptor.open(
        FilePath(logPath),
        .writeOnly,
        options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead]
      )
      defer { try? log.close() }
      let nothing = try FileDescriptor.open("/dev/null", .readOnly, options: .closeOnExec)
      defer { try? nothing.close() }
      let output = try FileDescriptor.pipe()
      defer { try? output.readEnd.close() }
      let began: ContinuousClock.Instant
      let process: StartedProcess
      do {
        defer { try? output.writeEnd.close() }
        // A process that another thread starts just now may have the writing end, too: then its end is told later.
        for end in [output.readEnd, output.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
        (began, process) = try spawn([nothing, output.writeEnd, log])
      }
      defer { process.end(patience: patience.end) }
      try waitForLine(output.readEnd, process, until: began + patience.start)
      return (ContinuousClock.now - began) / .milliseconds(1)
    } catch let error as Errno {
      throw ServerFailure(reason: "it can't be started: \(error)", log: "")
    } catch let error as UVError {
      throw ServerFailure(reason: "it can't be started: \(error)", log: "")
    } catch let error as NotListening {
      throw ServerFailure(reason: error.reason, log: error.output + (ProcessUsage.text(logPath) ?? ""))
    }
  }

  private struct NotListening: Error {
    let reason: String
    let output: String
  }

  private func spawn(_ streams: [FileDescriptor]) throws -> (ContinuousClock.Instant, StartedProcess) {
    var number: pid_t = 0
    let path = path
    let start = {
      withCStrings(words) { words in
        withCStrings(environment.map { "\($0)=\($1)" }) { environment in
          let began = ContinuousClock.now
          return (
            began, swift_libuv_spawn(&number, path, folder, words, environment, streams.map(\.rawValue))
          )
        }
      }
    }
    let (began, status) = try processor.map { try ThreadAffinity.with([$0], start) } ?? start()
    guard status == 0 else { throw Errno(rawValue: status) }
    return (began, StartedProcess(number: number))
  }

  /// Where its program is: looked for in its own `PATH`, as the system does it for a process that runs already.
  private var path: String {
    guard !words[0].contains("/") else { return words[0] }
    let paths = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(words[0])" }
    return paths.first { access($0, X_OK) == 0 } ?? words[0]
  }

  /// Lends texts to C, with a nil behind the last.
  private func withCStrings<Result>(
    _ texts: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    let pointers = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  private func waitForLine(
    _ output: FileDescriptor,
    _ process: StartedProcess,
    until deadline: ContinuousClock.Instant
  ) throws {
    var text = ""
    func ended() -> NotListening {
      // Its output ends a little before it does.
      let exit = process.exit(within: patience.end)
      let reason = exit.map { "it ended before it said that it listens: \($0)" }
      return NotListening(reason: reason ?? "its output ended before it said that it listens", output: text)
    }
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      // A signal may end the wait before its time: then all is looked at once more.
      var wanted = pollfd(fd: output.rawValue, events: Int16(POLLIN), revents: 0)
      if poll(&wanted, 1, 20) > 0 {
        let count = try bytes.withUnsafeMutableBytes { try output.read(into: $0) }
        text += String(decoding: bytes[..<count], as: UTF8.self)
        if text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().contains(where: {
          $0.hasPrefix("listening on ")
        }) {
          return
        }
        if count == 0 { throw ended() }
      } else if process.exit != nil {
        throw ended()
      }
      if isInterrupted() { throw Interrupted() }
      guard ContinuousClock.now < deadline else {
        throw NotListening(
          reason: "no line `listening on …` came from its standard output within \(patience.start)",
          output: text
        )
      }
    }
  }
}

/// A process that is this one's own to wait for.
private struct StartedProcess {
  let number: pid_t

  /// Tells it to end, and kills what hasn't ended in time, with all that it has started.
  func end(patience: Duration) {
    // Once it has ended nobody knows any more whose they were.
    let descendants = ProcessUsage.descendants(of: Int(number))
    kill(number, SIGTERM)
    _ = exit(within: patience)
    // Its number, which is its group's too, is nobody else's until it has been waited for.
    kill(-number, SIGKILL)
    // Some have left the group.
    for descendant in descendants where ProcessUsage.start(of: descendant.number) == descendant.start {
      kill(pid_t(descendant.number), SIGKILL)
    }
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0, errno == EINTR {}
  }

  /// How it has ended; nil when it still runs after a time.
  func exit(within patience: Duration) -> ChildProcess.Exit? {
    let deadline = ContinuousClock.now + patience
    while exit == nil, ContinuousClock.now < deadline { usleep(200) }
    return exit
  }

  /// How it has ended; nil while it runs.
  var exit: ChildProcess.Exit? {
    var value: Int32 = 0
    return switch swift_libuv_ended(number, &value) {
    case 0: nil
    case 1: .code(Int(value))
    default: .signal(Signal.Number(rawValue: value))
    }
  }
}
