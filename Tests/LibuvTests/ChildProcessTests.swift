import TestSupport
import Testing

@testable import Libuv

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ChildProcessTests {
  /// A shell that carries out a script.
  private func shell(_ script: String, _ arguments: String...) -> ChildProcess.Configuration {
    ChildProcess.Configuration("/bin/sh", ["-c", script, "sh"] + arguments)
  }

  /// Starts a process, and closes it when it has ended.
  private func end(of configuration: ChildProcess.Configuration) throws -> ChildProcess.Exit? {
    var ended: ChildProcess.Exit?
    try withLoop { loop in
      try ChildProcess(loop, configuration) { process, exit in
        ended = exit
        process.close()
      }
    }
    return ended
  }

  /// What a process writes to its standard output.
  private func output(of configuration: ChildProcess.Configuration) throws -> String {
    let pipe = try systemPipe()
    var configuration = configuration
    configuration.standardOutput = .descriptor(pipe.writing)
    var text = ""
    try withLoop { loop in
      try ChildProcess(loop, configuration) { process, _ in process.close() }
      closeDescriptor(pipe.writing)
      let reader = try Pipe(loop)
      try reader.adopt(descriptor: pipe.reading)
      try reader.read { reader, event in
        switch event {
        case .bytes(let bytes): text += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        case .end, .failure: reader.close()
        }
      }
    }
    return text
  }

  private func isRunning(_ process: Int32) -> Bool { kill(process, 0) == 0 }

  // MARK: Its end

  @Test(arguments: [0, 1, 7, 255]) func `the exit status is told`(code: Int) throws {
    #expect(try end(of: shell("exit $1", "\(code)")) == .code(code))
  }

  @Test func `a program is found by its name`() throws {
    #expect(try end(of: ChildProcess.Configuration("true")) == .code(0))
    #expect(try end(of: ChildProcess.Configuration("false")) == .code(1))
  }

  @Test func `the end by a signal is told as that`() throws {
    let exit = try end(of: shell("kill -TERM $$"))
    #expect(exit == .signal(.terminate))
    #expect(exit?.description == "SIGTERM")
    #expect(ChildProcess.Exit.code(3).description == "exit 3")
  }

  @Test func `a process that runs has a number, and no exit`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, shell("exec sleep 60")) { process, exit in
        #expect(exit == .signal(.kill))
        #expect(process.exit == exit)
        process.close()
      }
      #expect(process.processIdentifier > 1)
      #expect(isRunning(process.processIdentifier))
      #expect(process.exit == nil)
      #expect(process.isActive)
      #expect(process.typeName == "process")
      try process.send(.kill)
    }
  }

  @Test func `an end that comes while the loop isn't run is told when it is`() throws {
    let pipe = try systemPipe()
    try withLoop { loop in
      var exit: ChildProcess.Exit?
      var configuration = shell("exit 5")
      configuration.standardOutput = .descriptor(pipe.writing)
      let process = try ChildProcess(loop, configuration) { exit = $1 }
      closeDescriptor(pipe.writing)
      // The pipe ends when the process does.
      var byte: UInt8 = 0
      #expect(read(pipe.reading, &byte, 1) == 0)
      closeDescriptor(pipe.reading)
      #expect(exit == nil)
      try run(loop) { exit != nil }
      #expect(exit == .code(5))
      process.close()
    }
  }

  @Test func `many at once each tell their own end`() throws {
    try withLoop { loop in
      var exits: [ChildProcess.Exit] = []
      for code in 0..<20 {
        try ChildProcess(loop, shell("exit $1", "\(code)")) { process, exit in
          exits.append(exit)
          process.close()
        }
      }
      loop.run()
      #expect(Set(exits) == Set((0..<20).map { .code($0) }))
      #expect(exits.count == 20)
    }
  }

  // MARK: What it is given

  @Test func `arguments come over as they are`() throws {
    let arguments = ["", "two words", "\"$HOME\"", "ünï", "-n"]
    let text = try output(of: ChildProcess.Configuration("printf", ["[%s]"] + arguments))
    #expect(text == arguments.map { "[\($0)]" }.joined())
  }

  @Test func `the environment is this process's, or the one that is given`() throws {
    #expect(try output(of: shell("printf %s \"$PATH\"")) == String(cString: getenv("PATH")))
    var configuration = shell("printf '%s, %s' \"$GREETING\" \"${HOME-no home}\"")
    configuration.environment = ["GREETING": "a=b c", "PATH": "/usr/bin:/bin"]
    #expect(try output(of: configuration) == "a=b c, no home")
  }

  @Test func `the working directory can be another`() throws {
    var configuration = ChildProcess.Configuration("pwd")
    configuration.workingDirectory = "/"
    #expect(try output(of: configuration) == "/\n")
  }

  @Test func `nothing comes from standard input`() throws {
    #expect(try output(of: ChildProcess.Configuration("cat")) == "")
  }

  @Test func `standard error can go where the output goes`() throws {
    let pipe = try systemPipe()
    var configuration = shell("echo out; echo error >&2")
    configuration.standardOutput = .descriptor(pipe.writing)
    configuration.standardError = .descriptor(pipe.writing)
    #expect(try end(of: configuration) == .code(0))
    closeDescriptor(pipe.writing)
    var buffer = [UInt8](repeating: 0, count: 100)
    let count = read(pipe.reading, &buffer, buffer.count)
    #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "out\nerror\n")
    closeDescriptor(pipe.reading)
  }

  @Test func `ignored signals are not ignored by the process`() throws {
    // The first loop ignores SIGPIPE here.
    #expect(try end(of: shell("kill -PIPE $$; exit 3")) == .signal(Signal.Number(rawValue: SIGPIPE)))
  }

  // MARK: Not started

  private func expectNotStarted(
    _ configuration: ChildProcess.Configuration,
    _ expected: UVError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withLoop { loop in
      let error = #expect(throws: UVError.self, sourceLocation: sourceLocation) {
        try ChildProcess(loop, configuration) { _, _ in
          Issue.record("it wasn't started", sourceLocation: sourceLocation)
        }
      }
      #expect(error == expected, sourceLocation: sourceLocation)
      #expect(error?.operation.description == "spawn", sourceLocation: sourceLocation)
    }
  }

  @Test func `a program that isn't there is an error, and leaves nothing behind`() throws {
    try expectNotStarted(ChildProcess.Configuration("/no/such/program"), .noSuchFileOrDirectory)
    try expectNotStarted(ChildProcess.Configuration("no-such-program-here"), .noSuchFileOrDirectory)
  }

  @Test func `a file that isn't a program is an error`() throws {
    try expectNotStarted(ChildProcess.Configuration("/etc/passwd"), .permissionDenied)
  }

  @Test func `a working directory that isn't there is an error`() throws {
    var configuration = ChildProcess.Configuration("/bin/true")
    configuration.workingDirectory = "/no/such/directory"
    try expectNotStarted(configuration, .noSuchFileOrDirectory)
  }

  @Test func `a string that C can't have is an error`() throws {
    try expectNotStarted(ChildProcess.Configuration("/bin/echo", ["a\0b"]), .invalidArgument)
    var configuration = ChildProcess.Configuration("/bin/true")
    configuration.environment = ["A": "b\0"]
    try expectNotStarted(configuration, .invalidArgument)
  }

  @Test func `out of descriptors none is started, and nothing leaks`() async {
    await #expect(processExitsWith: .success) {
      let loop = try Loop()
      setDescriptorLimit(64)
      var held: [Int32] = []
      while let descriptor = openDescriptor() { held.append(descriptor) }
      #expect(throws: UVError.tooManyOpenFiles) {
        try ChildProcess(loop, ChildProcess.Configuration("/bin/true")) { _, _ in }
      }
      for descriptor in held { closeDescriptor(descriptor) }
      var ended: ChildProcess.Exit?
      try ChildProcess(loop, ChildProcess.Configuration("/bin/true")) { process, exit in
        ended = exit
        process.close()
      }
      loop.run()
      #expect(ended == .code(0))
      try loop.close()
    }
  }

  @Test func `no descriptor is left after many, started or not`() async {
    // In a process of its own, where nothing else opens any.
    await #expect(processExitsWith: .success) {
      let loop = try Loop()
      func spawn(_ executable: String) {
        _ = try? ChildProcess(loop, ChildProcess.Configuration(executable)) { process, _ in process.close() }
        loop.run()
      }
      spawn("/bin/true")
      let before = try #require(openDescriptor())
      closeDescriptor(before)
      for _ in 0..<100 {
        spawn("/bin/true")
        spawn("/no/such/program")
      }
      let after = try #require(openDescriptor())
      closeDescriptor(after)
      #expect(before == after)
      try loop.close()
    }
  }

  // MARK: Signals

  @Test func `a signal after the end is an error`() throws {
    try withLoop { loop in
      var configuration = ChildProcess.Configuration("/bin/true")
      configuration.isDetached = true
      try ChildProcess(loop, configuration) { process, _ in
        #expect(throws: UVError.noSuchProcess) { try process.send(.terminate) }
        #expect(throws: UVError.noSuchProcess) { try process.sendToGroup(.terminate) }
        process.close()
        #expect(throws: UVError.badHandle) { try process.send(.terminate) }
        #expect(throws: UVError.badHandle) { try process.sendToGroup(.terminate) }
      }
    }
  }

  @Test func `a group is not this process's own`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, shell("exec sleep 60")) { process, _ in process.close() }
      #expect(throws: UVError.notSupported) { try process.sendToGroup(.terminate) }
      try process.send(.terminate)
    }
  }

  @Test func `a detached process's children can be reached after its end`() throws {
    let pipe = try systemPipe()
    try withLoop { loop in
      var configuration = shell("sleep 60 & echo $!; exit 0")
      configuration.isDetached = true
      configuration.standardOutput = .descriptor(pipe.writing)
      var child: Int32 = 0
      let process = try ChildProcess(loop, configuration) { process, exit in
        #expect(exit == .code(0))
        var buffer = [UInt8](repeating: 0, count: 20)
        let count = read(pipe.reading, &buffer, buffer.count)
        child = Int32(String(decoding: buffer[..<max(0, count)], as: UTF8.self).dropLast()) ?? 0
      }
      closeDescriptor(pipe.writing)
      try run(loop) { child != 0 }
      #expect(isRunning(child))
      try process.sendToGroup(.kill)
      // The pipe ends with the last process that has it.
      var byte: UInt8 = 0
      #expect(read(pipe.reading, &byte, 1) == 0)
      process.close()
    }
    closeDescriptor(pipe.reading)
  }

  // MARK: Closing

  @Test func `closing while it runs doesn't end it, and tells nothing`() throws {
    var number: Int32 = 0
    try withLoop { loop in
      let process = try ChildProcess(loop, shell("exec sleep 60")) { _, _ in
        Issue.record("the handle is closed")
      }
      number = process.processIdentifier
      process.close()
      process.close()
      #expect(throws: UVError.badHandle) { try process.send(.kill) }
    }
    #expect(isRunning(number))
    kill(number, SIGKILL)
    var status: Int32 = 0
    #expect(waitpid(number, &status, 0) == number, "nobody else has waited for it")
  }

  @Test func `the handler goes when the handle is closed`() throws {
    final class Captured {}
    weak var captured: Captured?
    try withLoop { loop in
      let object = Captured()
      captured = object
      try ChildProcess(loop, ChildProcess.Configuration("/bin/true")) { process, _ in
        _ = object
        process.close()
      }
    }
    #expect(captured == nil)
  }

  @Test func `one that is forgotten is reported with its line`() throws {
    let loop = try Loop()
    try ChildProcess(loop, ChildProcess.Configuration("/bin/true")) { _, _ in }
    let line = #line - 1
    loop.run()
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.description.contains("ChildProcessTests.swift:\(line)") == true)
    loop.walk { $0.close() }
    loop.run()
    try loop.close()
  }
}
