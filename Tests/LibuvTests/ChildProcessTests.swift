import Libuv
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ChildProcessTests {
  private final class Token {}

  // MARK: Ends

  @Test(arguments: [0, 1, 42, 255])
  func `an exit code is told once, and the handle is then open, but no longer active`(code: Int) throws {
    try withLoop { loop in
      var exits: [ChildProcess.Exit] = []
      var made: ChildProcess?
      let process = try ChildProcess(loop, shell("exit \(code)")) { process, exit in
        #expect(process === made)
        #expect(process.exit == exit)
        exits.append(exit)
      }
      made = process
      #expect(process.typeName == "process")
      #expect(process.isActive)
      #expect(process.exit == nil)
      #expect(process.processIdentifier > 1)
      #expect(exits.isEmpty)
      #expect(!loop.run())
      #expect(exits == [.code(code)])
      #expect(process.exit == .code(code))
      #expect(process.state == .open)
      #expect(!process.isActive)
      #expect(isUnknown(process.processIdentifier), "the system has nothing left of it")
      process.close()
      made = nil
    }
  }

  @Test(arguments: [Signal.Number.hangup, .interrupt, .terminate, .kill, .user1, .user2])
  func `a process that is sent a signal ends by it`(signal: Signal.Number) throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, sleeping) { process, _ in process.close() }
      try process.send(signal)
      loop.run()
      #expect(process.exit == .signal(signal))
      #expect(process.exit?.description == "\(signal)")
    }
  }

  @Test func `a process begins with the system's defaults, though the library ignores SIGPIPE`() throws {
    #expect(try outcome(of: shell("kill -PIPE $$")).exit == .signal(Signal.Number(rawValue: SIGPIPE)))
  }

  @Test func `an end is told when the loop runs, however long ago it came`() throws {
    try withLoop { loop in
      var exits: [ChildProcess.Exit] = []
      let process = try ChildProcess(loop, shell("exit 5")) { process, exit in
        exits.append(exit)
        process.close()
      }
      try waitForEnd(of: process.processIdentifier)
      #expect(process.exit == nil)
      #expect(process.isActive)
      // Nobody has asked how it ended, so it is still there, and takes signals.
      try process.send(.terminate)
      #expect(exits.isEmpty)
      loop.run()
      #expect(exits == [.code(5)])
    }
  }

  @Test func `the ends of many processes are told apart`() throws {
    try withLoop { loop in
      var exits: [Int: ChildProcess.Exit] = [:]
      for number in 0..<50 {
        _ = try ChildProcess(loop, shell("exit \(number)")) { process, exit in
          #expect(exits.updateValue(exit, forKey: number) == nil)
          process.close()
        }
      }
      loop.run()
      #expect(exits == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, .code($0)) }))
    }
  }

  @Test func `each loop is told of its own processes`() {
    let threads = (0..<4).map { thread in
      BackgroundThread {
        do {
          try withLoop { loop in
            for number in 0..<10 {
              let code = thread * 10 + number
              _ = try ChildProcess(loop, shell("exit \(code)")) { process, exit in
                #expect(exit == .code(code))
                process.close()
              }
            }
          }
        } catch {
          Issue.record(error)
        }
      }
    }
    for thread in threads { thread.join() }
  }

  @Test func `a handler may start the next process`() throws {
    try withLoop { loop in
      var codes: [Int] = []
      func start(_ number: Int) {
        do {
          _ = try ChildProcess(loop, shell("exit \(number)")) { process, exit in
            process.close()
            codes.append(number)
            #expect(exit == .code(number))
            if number < 5 { start(number + 1) }
          }
        } catch {
          Issue.record(error)
        }
      }
      start(1)
      loop.run()
      #expect(codes == [1, 2, 3, 4, 5])
    }
  }

  @Test func `a process that is not referenced lets the loop end`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, sleeping) { process, _ in process.close() }
      process.unref()
      #expect(!loop.run())
      #expect(process.exit == nil)
      process.ref()
      try process.send(.kill)
      loop.run()
      #expect(process.exit == .signal(.kill))
    }
  }

  // MARK: What it gets

  @Test func `arguments arrive as they are, and argument 0 is the executable`() throws {
    let arguments = ["", " ", "two words", "*", "$HOME", "\"'\\", "a\nb", "ä€🙂", "-n", "="]
    let script = #"printf '%s|' "$@""#
    let result = try outcome(of: shell(script, ["zero"] + arguments))
    #expect(result.exit == .code(0))
    #expect(result.output == arguments.map { $0 + "|" }.joined())
    #expect(try outcome(of: shell("printf %s $0")).output == "sh")
  }

  @Test func `an environment that is given is the whole environment`() throws {
    let environment = ["ONE": "1", "EMPTY": "", "WITH SPACE": "a b", "SIGN": "a=b", "UNICODE": "ä🙂"]
    let result = try outcome(of: ChildProcess.Configuration(executable: "env", environment: environment))
    #expect(result.exit == .code(0))
    let lines = result.output.split(separator: "\n").map(String.init)
    #expect(lines.sorted() == environment.map { "\($0)=\($1)" }.sorted())
    var empty = ChildProcess.Configuration(executable: "env", environment: [:])
    #expect(try outcome(of: empty).output == "")
    empty.environment = nil
    #expect(try outcome(of: empty).output != "")
  }

  @Test func `without an environment it is this process's`() throws {
    let path = try #require(getenv("PATH").map { String(cString: $0) })
    #expect(try outcome(of: shell(#"printf %s "$PATH""#)).output == path)
  }

  @Test func `the executable is looked for in the PATH that the process gets`() throws {
    try withTemporaryFolder { folder in
      try #require(symlink("/bin/sh", "\(folder)/only-there") == 0)
      var configuration = ChildProcess.Configuration(executable: "only-there", arguments: ["-c", "exit 3"])
      try withLoop { loop in
        #expect(throws: UVError.noSuchFileOrDirectory) {
          try ChildProcess(loop, configuration, onExit: unexpected)
        }
      }
      configuration.environment = ["PATH": folder]
      #expect(try outcome(of: configuration).exit == .code(3))
    }
  }

  @Test func `a working directory that is given is the process's, also for a relative executable`() throws {
    try withTemporaryFolder { folder in
      try #require(symlink("/bin/sh", "\(folder)/there") == 0)
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let path = try #require(realpath(folder, &buffer).map { String(cString: $0) })
      let configuration = ChildProcess.Configuration(
        executable: "./there",
        arguments: ["-c", "pwd -P"],
        workingDirectory: folder
      )
      #expect(try outcome(of: configuration).output == path + "\n")
    }
  }

  @Test func `without a working directory it is this process's`() throws {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let path = try #require(getcwd(&buffer, buffer.count).map { String(cString: $0) })
    #expect(try outcome(of: shell("pwd -P")).output == path + "\n")
  }

  // MARK: Standard streams

  @Test func `unless something else is said there is nothing to read`() throws {
    let result = try outcome(of: ChildProcess.Configuration(executable: "cat"))
    #expect(result.exit == .code(0))
    #expect(result.output == "")
  }

  @Test func `what is written to nowhere is no error`() throws {
    var configuration = shell("echo lost && echo lost >&2 && exit 7")
    configuration.standardOutput = .null
    configuration.standardError = .null
    try withLoop { loop in
      let process = try ChildProcess(loop, configuration) { process, exit in
        #expect(exit == .code(7))
        process.close()
      }
      #expect(process.standardInput == nil)
      #expect(process.standardOutput == nil)
      #expect(process.standardError == nil)
    }
  }

  @Test func `a process writes to a descriptor, which stays the caller's`() throws {
    try withLoop { loop in
      let (reading, writing) = try systemPipe()
      var configuration = shell("echo to output; echo to error >&2")
      configuration.standardOutput = .descriptor(writing)
      configuration.standardError = .descriptor(writing)
      let pipe = try Pipe(loop)
      try pipe.adopt(descriptor: reading)
      let collector = try Collector(pipe)
      _ = try ChildProcess(loop, configuration) { process, _ in process.close() }
      #expect(isOpenDescriptor(writing))
      closeDescriptor(writing)
      loop.run()
      #expect(collector.text == "to output\nto error\n")
      #expect(collector.isEnded)
    }
  }

  @Test func `a process reads from a descriptor`() throws {
    try withLoop { loop in
      let (reading, writing) = try systemPipe()
      let source = try Pipe(loop)
      try source.adopt(descriptor: writing)
      try source.write("from here")
      source.close()
      let configuration = ChildProcess.Configuration(
        executable: "cat",
        standardInput: .descriptor(reading),
        standardOutput: .pipe
      )
      let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
      closeDescriptor(reading)
      let collector = try Collector(#require(process.standardOutput))
      loop.run()
      #expect(collector.text == "from here")
      #expect(process.exit == .code(0))
    }
  }

  @Test func `what a descriptor refers to is set to blocking`() throws {
    try withLoop { loop in
      let (reading, writing) = try systemPipe()
      #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
      var configuration = shell("exit 0")
      configuration.standardOutput = .descriptor(writing)
      _ = try ChildProcess(loop, configuration) { process, _ in process.close() }
      #expect(fcntl(writing, F_GETFL) & O_NONBLOCK == 0)
      for descriptor in [reading, writing] { closeDescriptor(descriptor) }
    }
  }

  @Test func `a process inherits this one's output and error`() async {
    let result = await #expect(
      processExitsWith: .success,
      observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      try withLoop { loop in
        _ = try ChildProcess(loop, shell("echo to output; echo to error >&2")) { process, exit in
          #expect(exit == .code(0))
          process.close()
        }
      }
    }
    #expect(said(result?.standardOutputContent) == ["to output"])
    #expect(said(result?.standardErrorContent) == ["to error"])
  }

  @Test func `output and error can be exchanged`() async {
    let result = await #expect(
      processExitsWith: .success,
      observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      try withLoop { loop in
        var configuration = shell("echo to output; echo to error >&2")
        configuration.standardOutput = .descriptor(2)
        configuration.standardError = .descriptor(1)
        _ = try ChildProcess(loop, configuration) { process, _ in process.close() }
      }
    }
    #expect(said(result?.standardOutputContent) == ["to error"])
    #expect(said(result?.standardErrorContent) == ["to output"])
  }

  @Test func `pipes lead to the process and back`() throws {
    try withLoop { loop in
      let configuration = ChildProcess.Configuration(
        executable: "cat",
        standardInput: .pipe,
        standardOutput: .pipe
      )
      let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
      let input = try #require(process.standardInput)
      let collector = try Collector(#require(process.standardOutput))
      #expect(process.standardError == nil)
      let bytes = testBytes(1_000_000)
      try input.write(bytes)
      input.finish()
      loop.run()
      #expect(process.exit == .code(0))
      #expect(collector.bytes == bytes)
      #expect(collector.isEnded)
      #expect(input.state == .closed)
    }
  }

  @Test func `output and error have a pipe each`() throws {
    try withLoop { loop in
      var configuration = shell("echo to output; echo to error >&2")
      configuration.standardOutput = .pipe
      configuration.standardError = .pipe
      let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
      let output = try Collector(#require(process.standardOutput))
      let error = try Collector(#require(process.standardError))
      loop.run()
      #expect(output.text == "to output\n")
      #expect(error.text == "to error\n")
    }
  }

  @Test func `closing the pipe of its input ends a process that reads`() throws {
    try withLoop { loop in
      let configuration = ChildProcess.Configuration(executable: "cat", standardInput: .pipe)
      let process = try ChildProcess(loop, configuration) { process, exit in
        #expect(exit == .code(0))
        process.close()
      }
      process.standardInput?.close()
    }
  }

  @Test func `a process gets no end of another one's pipes`() throws {
    try withLoop { loop in
      let configuration = ChildProcess.Configuration(executable: "cat", standardInput: .pipe)
      let reader = try ChildProcess(loop, configuration) { process, _ in process.close() }
      // Had this one the other end of the input, that would never end.
      let other = try ChildProcess(loop, sleeping) { process, _ in process.close() }
      reader.standardInput?.close()
      try run(loop) { reader.exit == .code(0) }
      #expect(other.exit == nil)
      try other.send(.kill)
    }
  }

  // MARK: Failures

  @Test func `what can't be started is an error, and leaves neither a process nor a descriptor`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try makeFile(folder.file("plain"))
      let failures = failingConfigurations(in: folder)
      try withLoop { loop in
        let before = socketsAndPipes()
        for (configuration, expected) in failures {
          let streams: [ChildProcess.StandardStream] = [.inherit, .null, .pipe]
          for stream in streams {
            var configuration = configuration
            if configuration.standardInput == .null { configuration.standardInput = stream }
            configuration.standardError = stream
            let error = #expect(throws: UVError.self) {
              try ChildProcess(loop, configuration, onExit: unexpected)
            }
            #expect(error == expected, "\(configuration)")
            #expect(error?.operation.description == "spawn")
            loop.walk { #expect($0.state != .open || $0.typeName == "timer") }
            loop.run(.noWait)
            #expect(socketsAndPipes() == before)
          }
        }
        #expect(isUnknown(-1), "no child is left")
      }
      folder.remove()
    }
  }

  @Test func `after failures the loop still tells the ends of others`() throws {
    try withLoop { loop in
      let nothing = ChildProcess.Configuration(executable: "/nowhere/at/all")
      let first = try ChildProcess(loop, sleeping) { process, _ in process.close() }
      #expect(throws: UVError.noSuchFileOrDirectory) { try ChildProcess(loop, nothing, onExit: unexpected) }
      loop.run(.noWait)
      try first.send(.kill)
      try run(loop) { first.exit != nil }
      #expect(throws: UVError.noSuchFileOrDirectory) { try ChildProcess(loop, nothing, onExit: unexpected) }
      // With the one that failed, being the only one, the loop's watch for ends has gone.
      let second = try ChildProcess(loop, shell("exit 4")) { process, _ in process.close() }
      loop.run()
      #expect(second.exit == .code(4))
    }
  }

  @Test func `what the handler of a failed start captured is freed`() throws {
    try withLoop { loop in
      weak var token: Token?
      do {
        let made = Token()
        token = made
        let nothing = ChildProcess.Configuration(executable: "/nowhere/at/all", standardOutput: .pipe)
        #expect(throws: UVError.noSuchFileOrDirectory) {
          try ChildProcess(loop, nothing) { _, _ in _ = made }
        }
      }
      loop.run()
      #expect(token == nil)
    }
  }

  @Test func `a loop may be closed right after a failed start`() throws {
    let loop = try Loop()
    let nothing = ChildProcess.Configuration(executable: "/nowhere/at/all", standardOutput: .pipe)
    #expect(throws: UVError.noSuchFileOrDirectory) { try ChildProcess(loop, nothing, onExit: unexpected) }
    try loop.close()
  }

  @Test func `without descriptors it is an error, at each step, and leaves nothing open`() async {
    await #expect(processExitsWith: .success) {
      try withLoop { loop in
        let configuration = ChildProcess.Configuration(
          executable: "true",
          standardInput: .pipe,
          standardOutput: .pipe,
          standardError: .pipe
        )
        let before = socketsAndPipes()
        var failures = 0
        var process: ChildProcess?
        while process == nil, failures < 1000 {
          setDescriptorLimit(failures)
          do {
            process = try ChildProcess(loop, configuration) { process, _ in process.close() }
          } catch let error as UVError {
            failures += 1
            #expect(error == .tooManyOpenFiles)
            #expect(error.operation.description == "spawn")
          }
          loop.run(.noWait)
          if process == nil { #expect(socketsAndPipes() == before) }
        }
        #expect(failures >= 8, "two for each pipe, and two for libuv's own")
        let started = try #require(process)
        for pipe in [started.standardInput, started.standardOutput, started.standardError] { pipe?.close() }
        loop.run()
        #expect(socketsAndPipes() == before)
        // The leak check at the end needs some.
        setDescriptorLimit(100)
      }
    }
  }

  #if canImport(Glibc)
    @Test func `when there may be no more processes it is an error, and leaves nothing open`() async {
      await #expect(processExitsWith: .success) {
        dropPrivileges()
        let resource = __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
        var limit = rlimit()
        #expect(getrlimit(resource, &limit) == 0)
        limit.rlim_cur = 0
        #expect(setrlimit(resource, &limit) == 0)
        try withLoop { loop in
          let before = socketsAndPipes()
          var configuration = sleeping
          configuration.standardOutput = .pipe
          #expect(throws: UVError.wouldBlock) { try ChildProcess(loop, configuration, onExit: unexpected) }
          loop.run(.noWait)
          #expect(socketsAndPipes() == before)
        }
        // The leak check at the end needs one.
        limit.rlim_cur = limit.rlim_max
        #expect(setrlimit(resource, &limit) == 0)
      }
    }
  #endif

  @Test func `200 processes leave no descriptor and no zombie`() async {
    await #expect(processExitsWith: .success) {
      try withLoop { loop in
        let before = socketsAndPipes()
        for number in 0..<200 {
          let configuration = ChildProcess.Configuration(
            executable: number % 4 == 3 ? "/nowhere/at/all" : "cat",
            standardInput: .pipe,
            standardOutput: .pipe,
            standardError: number % 2 == 0 ? .pipe : .null
          )
          let process = try? ChildProcess(loop, configuration) { process, exit in
            #expect(exit == .code(0))
            process.close()
          }
          #expect((process == nil) == (number % 4 == 3))
          for pipe in [process?.standardInput, process?.standardOutput, process?.standardError] {
            pipe?.close()
          }
          loop.run()
        }
        #expect(socketsAndPipes() == before)
        #expect(isUnknown(-1), "no child is left")
      }
    }
  }

  // MARK: Signals

  @Test func `a signal that there isn't is refused, and the process lives on`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, detached(sleeping)) { process, _ in process.close() }
      for number in [-1, 1000] as [Int32] {
        let signal = Signal.Number(rawValue: number)
        let error = #expect(throws: UVError.invalidArgument) { try process.send(signal) }
        #expect(error?.operation.description == "kill")
        #expect(throws: UVError.invalidArgument) { try process.sendToGroup(signal) }
      }
      try process.send(Signal.Number(rawValue: 0))
      #expect(process.exit == nil)
      try process.send(.kill)
    }
  }

  @Test func `a signal to a process that has ended is an error`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, detached(shell("exit 0"))) { process, _ in
        #expect(throws: UVError.noSuchProcess) { try process.send(.terminate) }
      }
      loop.run()
      let errors = [
        #expect(throws: UVError.noSuchProcess) { try process.send(.terminate) },
        #expect(throws: UVError.noSuchProcess) { try process.sendToGroup(.terminate) },
      ]
      #expect(errors.map { $0?.operation.description } == ["kill", "kill"])
      process.close()
    }
  }

  @Test func `a detached process has a session and a group of its own, another one this process's`() throws {
    try withLoop { loop in
      let alone = try ChildProcess(loop, detached(sleeping)) { process, _ in process.close() }
      #expect(getsid(alone.processIdentifier) == alone.processIdentifier)
      #expect(getpgid(alone.processIdentifier) == alone.processIdentifier)
      let other = try ChildProcess(loop, sleeping) { process, _ in process.close() }
      #expect(getsid(other.processIdentifier) == getsid(0))
      #expect(getpgid(other.processIdentifier) == getpgrp())
      let error = #expect(throws: UVError.invalidArgument) { try other.sendToGroup(.kill) }
      #expect(error?.operation.description == "kill")
      try alone.sendToGroup(.kill)
      try other.send(.kill)
    }
  }

  @Test func `a signal to the group reaches what a process has started`() throws {
    try withLoop { loop in
      let script = "sleep 60 & echo $!; sh -c 'sleep 60 & echo $!; wait' & echo $!; wait"
      var configuration = detached(shell(script))
      configuration.standardOutput = .pipe
      let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
      let collector = try Collector(#require(process.standardOutput))
      try run(loop) { numbers(collector.text).count == 3 }
      let all = numbers(collector.text) + [process.processIdentifier]
      #expect(all.allSatisfy { !hasEnded($0) })
      try process.sendToGroup(.terminate)
      try run(loop) { all.allSatisfy(hasEnded) }
      loop.run()
      #expect(process.exit == .signal(.terminate))
      #expect(collector.isEnded)
    }
  }

  @Test func `a signal to the group reaches those that have outlived the process itself`() throws {
    try withLoop { loop in
      var configuration = detached(shell("sleep 60 & echo $!"))
      configuration.standardOutput = .pipe
      let process = try ChildProcess(loop, configuration) { _, _ in }
      let collector = try Collector(#require(process.standardOutput))
      try run(loop) { process.exit == .code(0) && numbers(collector.text).count == 1 }
      let sleeper = try #require(numbers(collector.text).first)
      #expect(!hasEnded(sleeper))
      #expect(throws: UVError.noSuchProcess) { try process.send(.kill) }
      try process.sendToGroup(.kill)
      try run(loop) { hasEnded(sleeper) }
      loop.run()
      #expect(collector.isEnded)
      process.close()
    }
  }

  // MARK: Closing

  @Test func `closing a process that runs doesn't end it, and leaves the wait to this one`() throws {
    try withLoop { loop in
      let process = try ChildProcess(loop, sleeping, onExit: unexpected)
      let number = process.processIdentifier
      process.close()
      for state in [Handle.State.closing, .closed] {
        #expect(process.state == state)
        #expect(process.processIdentifier == number)
        #expect(!hasEnded(number))
        let errors = [
          #expect(throws: UVError.badHandle) { try process.send(.terminate) },
          #expect(throws: UVError.badHandle) { try process.sendToGroup(.terminate) },
        ]
        #expect(errors.map { $0?.operation.description } == ["kill", "kill"])
        loop.run()
      }
      #expect(kill(number, SIGTERM) == 0)
      try waitForEnd(of: number)
      // That of another process is told, this one's isn't.
      _ = try ChildProcess(loop, shell("exit 0")) { process, _ in process.close() }
      loop.run()
      #expect(process.exit == nil)
      var status: Int32 = 0
      #expect(waitpid(number, &status, WNOHANG) == number, "the zombie is there")
      #expect(status & 0x7f == SIGTERM)
    }
  }

  @Test func `a process may be closed in its handler, more than once`() throws {
    try withLoop { loop in
      var completions = 0
      let process = try ChildProcess(loop, shell("exit 2")) { process, _ in
        process.close { completions += 1 }
        process.close()
        #expect(throws: UVError.badHandle) { try process.send(.terminate) }
      }
      loop.run()
      #expect(completions == 1)
      #expect(process.exit == .code(2), "it is still known")
      process.close { completions += 1 }
      #expect(completions == 2, "at once when it is closed already")
    }
  }

  @Test func `a handler may close another process that has ended, too`() throws {
    try withLoop { loop in
      var processes: [ChildProcess] = []
      var calls = 0
      for _ in 0..<3 {
        processes.append(
          try ChildProcess(loop, shell("exit 0")) { _, _ in
            calls += 1
            for process in processes { process.close() }
          }
        )
      }
      for process in processes { try waitForEnd(of: process.processIdentifier) }
      loop.run()
      #expect(calls == 1)
      #expect(processes.allSatisfy { isUnknown($0.processIdentifier) }, "no zombie is left")
      processes = []
    }
  }

  @Test func `a forgotten process is reported with the line that made it, and so are its pipes`() throws {
    let loop = try Loop()
    let configuration = ChildProcess.Configuration(executable: "true", standardInput: .pipe)
    let line = #line + 1
    let process = try ChildProcess(loop, configuration) { _, _ in }
    for _ in 0..<2 {
      let error = #expect(throws: OpenHandles.self) { try loop.close() }
      let expected = ["pipe", "process"].map { "\($0) made at \(#fileID):\(line)" }
      #expect(error?.handles.map(\.description).sorted() == expected)
      loop.run()
    }
    #expect(process.exit == .code(0))
    loop.walk { $0.close() }
    try loop.close()
  }

  @Test func `a process that nobody holds lives until it is closed, and is freed then`() throws {
    try withLoop { loop in
      weak var freed: ChildProcess?
      var calls = 0
      do {
        let process = try ChildProcess(loop, shell("exit 0")) { _, _ in calls += 1 }
        freed = process
      }
      loop.run()
      #expect(calls == 1)
      #expect(freed != nil)
      freed?.close()
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test func `what the handler captured is freed once it has been called`() throws {
    try withLoop { loop in
      weak var token: Token?
      let process: ChildProcess
      do {
        let made = Token()
        token = made
        process = try ChildProcess(loop, shell("exit 0")) { _, _ in _ = made }
      }
      #expect(token != nil)
      loop.run()
      #expect(token == nil)
      process.close()
    }
  }

  @Test func `what the handler captured is freed at the close, though it was never called`() throws {
    try withLoop { loop in
      weak var token: Token?
      let process: ChildProcess
      do {
        let made = Token()
        token = made
        process = try ChildProcess(loop, sleeping) { _, _ in _ = made }
      }
      try process.send(.kill)
      process.close()
      loop.run()
      #expect(token == nil)
      try waitForEnd(of: process.processIdentifier)
      #expect(waitpid(process.processIdentifier, nil, WNOHANG) == process.processIdentifier)
    }
  }

  // MARK: Threads and loops

  #if DEBUG
    @Test func `sending a signal on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let loop = try Loop()
        nonisolated(unsafe) let process = try ChildProcess(loop, shell("exit 0")) { _, _ in }
        BackgroundThread { try? process.send(.terminate) }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }

    @Test func `starting a process on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { _ = try? ChildProcess(loop, shell("exit 0")) { _, _ in } }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif

  @Test func `starting a process on a closed loop traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.close()
      _ = try ChildProcess(loop, shell("exit 0")) { _, _ in }
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }
}

/// A process that ends only when it is told to; in a test that failed, after a while.
private let sleeping = ChildProcess.Configuration(executable: "sleep", arguments: ["60"])

private func shell(_ script: String, _ arguments: [String] = []) -> ChildProcess.Configuration {
  ChildProcess.Configuration(executable: "sh", arguments: ["-c", script] + arguments)
}

private func detached(_ configuration: ChildProcess.Configuration) -> ChildProcess.Configuration {
  var configuration = configuration
  configuration.isDetached = true
  return configuration
}

private func unexpected(_ process: ChildProcess, _ exit: ChildProcess.Exit) {
  Issue.record("an end was told: \(exit)")
}

/// Runs a program to its end; tells that, and what it wrote.
private func outcome(
  of configuration: ChildProcess.Configuration
) throws -> (exit: ChildProcess.Exit?, output: String) {
  var result: (exit: ChildProcess.Exit?, output: String) = (nil, "")
  try withLoop { loop in
    var configuration = configuration
    configuration.standardOutput = .pipe
    let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
    let collector = try Collector(#require(process.standardOutput))
    loop.run()
    #expect(collector.isEnded)
    result = (process.exit, collector.text)
  }
  return result
}

/// What can't be started, and the errors; `folder` has a file named plain.
private func failingConfigurations(
  in folder: TemporaryFolder
) -> [(ChildProcess.Configuration, UVError)] {
  typealias Configuration = ChildProcess.Configuration
  let path = folder.path
  let plain = folder.file("plain")
  let nowhere = folder.file("nowhere")
  return [
    (Configuration(executable: "a-program-that-nobody-has"), .noSuchFileOrDirectory),
    (Configuration(executable: nowhere), .noSuchFileOrDirectory),
    (Configuration(executable: ""), .noSuchFileOrDirectory),
    (Configuration(executable: plain), .permissionDenied),
    (Configuration(executable: path), .permissionDenied),
    (Configuration(executable: plain + "/true"), .notDirectory),
    (Configuration(executable: "true", workingDirectory: nowhere), .noSuchFileOrDirectory),
    (Configuration(executable: "true", workingDirectory: ""), .noSuchFileOrDirectory),
    (Configuration(executable: "true", workingDirectory: plain), .notDirectory),
    (
      Configuration(executable: "true", arguments: [String(repeating: "x", count: 10_000_000)]),
      .argumentListTooLong
    ),
    (Configuration(executable: "tr\0ue"), .invalidArgument),
    (Configuration(executable: "true", arguments: ["x", "a\0b"]), .invalidArgument),
    (Configuration(executable: "true", workingDirectory: "/\0"), .invalidArgument),
    (Configuration(executable: "true", environment: ["A": "\0"]), .invalidArgument),
    (Configuration(executable: "true", environment: ["\0": "A"]), .invalidArgument),
    (Configuration(executable: "true", environment: ["": "A"]), .invalidArgument),
    (Configuration(executable: "true", environment: ["A=B": "C"]), .invalidArgument),
    (Configuration(executable: "true", standardOutput: .descriptor(-1)), .badHandle),
    (Configuration(executable: "true", standardOutput: .descriptor(.min)), .badHandle),
    (Configuration(executable: "true", standardOutput: .descriptor(1_000_000_000)), .badHandle),
    (Configuration(executable: "true", standardInput: .descriptor(-1), standardOutput: .pipe), .badHandle),
  ]
}

/// This process's descriptors of the kinds that starting a process needs. Threads that aren't the test's open others.
private func socketsAndPipes() -> [Int32] {
  (0..<1024).filter { descriptor in
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    return [S_IFSOCK, S_IFIFO].contains(status.st_mode & S_IFMT)
  }
}

/// The numbers in a text, one a line; a line that hasn't come to its end doesn't count.
private func numbers(_ text: String) -> [Int32] {
  guard let end = text.lastIndex(of: "\n") else { return [] }
  return text[..<end].split(separator: "\n").compactMap { Int32($0) }
}

/// What the processes of these tests have said, among what others may have.
private func said(_ bytes: [UInt8]?) -> [Substring] {
  String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("to ") }
}

/// Whether this process has no child with this number, not even a zombie; with -1, whether it has none at all.
private func isUnknown(_ number: Int32) -> Bool {
  waitpid(number, nil, WNOHANG) == -1 && errno == ECHILD
}

/// Whether a process has ended. Its parent may not have asked how.
private func hasEnded(_ number: Int32) -> Bool {
  #if os(Linux)
    guard let file = fopen("/proc/\(number)/stat", "r") else { return true }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1024)
    guard fgets(&line, Int32(line.count), file) != nil else { return true }
    // The state comes after the name, which is in parentheses.
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard let name = text.lastIndex(of: ")") else { return true }
    return text[name...].dropFirst(2).first.map { "ZX".contains($0) } ?? true
  #else
    return kill(number, 0) != 0
  #endif
}

/// Waits until a child has ended, and leaves it to the loop to ask how.
private func waitForEnd(of number: Int32) throws {
  let deadline = ContinuousClock.now + .seconds(30)
  while true {
    var information = siginfo_t()
    let status = waitid(P_PID, id_t(number), &information, WEXITED | WNOHANG | WNOWAIT)
    try #require(status == 0, "there is such a child")
    if information.si_signo == SIGCHLD { return }
    try #require(ContinuousClock.now < deadline, "it ends")
    pauseThread(for: .milliseconds(1))
  }
}
