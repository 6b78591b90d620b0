import Glibc
import Libuv
import TestSupport
import Testing

/// What `uvecho bench` says when it can't do as it is told, and what it makes of servers that fail.
@Suite struct BenchFailureTests {
  /// Runs it, and expects one sentence on standard error, nothing on standard output, and exit 1.
  private func expectRefusal(
    _ arguments: String...,
    sentence: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let bench = try runUvecho(["bench"] + arguments)
    #expect(bench.exit == .code(1), sourceLocation: sourceLocation)
    #expect(bench.output == "", sourceLocation: sourceLocation)
    #expect(bench.errors.lines.count == 1, "\(bench.errors)", sourceLocation: sourceLocation)
    #expect(bench.errors.hasPrefix("uvecho: \(sentence)"), "\(bench.errors)", sourceLocation: sourceLocation)
  }

  // MARK: Refusals

  @Test(arguments: ["a..b", "256.1.1.1"])
  func `a name that nobody has`(name: String) throws {
    let bench = try runUvecho("bench", "\(name):4000")
    #expect(bench.exit == .code(1))
    #expect(bench.output == "")
    #expect(bench.errors.lines.count == 1)
    #expect(bench.errors.hasPrefix("uvecho: "))
    #expect(bench.errors.contains("(EAI_"))
  }

  @Test func `a process that isn't there`() throws {
    try expectRefusal(
      "--server-pid",
      "99999999",
      "127.0.0.1:1",
      sentence: "no process has the number 99999999 of --server-pid\n"
    )
  }

  @Test(arguments: ["--json", "--csv", "--hdr", "--hdr-log"])
  func `a file that can't be written is told before anything is measured`(flag: String) throws {
    // The run would be of 30 seconds, and a deadline of 60 would not tell; that nobody listens would.
    try expectRefusal(
      flag,
      "/nowhere/file",
      "127.0.0.1:1",
      sentence: "can't write /nowhere/file: No such file or directory\n"
    )
  }

  @Test func `a file that has no room is told too`() throws {
    try withServe { server in
      let bench = try runUvecho("bench", "-c", "1", "-n", "1", "--json", "/dev/full", server.addresses[0])
      #expect(bench.exit == .code(1))
      // The figures are not lost.
      #expect(bench.output.contains("\nResponses: 1\n"))
      #expect(bench.errors == "uvecho: can't write /dev/full: No space left on device\n")
    }
  }

  @Test func `more connections than files may be open`() throws {
    let child = try Child(
      path: "/bin/sh",
      [
        "-c", "ulimit -n 100; exec \"$0\" bench --connections 1000 127.0.0.1:1",
        try Child.built("uvecho"),
      ]
    )
    defer { child.end() }
    try #expect(child.waitForExit() == .code(1))
    #expect(child.output == "")
    #expect(child.errors.lines.count == 1)
    #expect(child.errors.contains("this process may have 100: raise `ulimit -n`"))
  }

  // MARK: Servers that fail

  @Test(arguments: ["persistent", "reconnect"])
  func `where nobody listens the run is invalid`(strategy: String) throws {
    let run = try BenchRun(
      "--strategy",
      strategy,
      "-c",
      "3",
      "-d",
      "50ms",
      "--warmup",
      "0",
      "127.0.0.1:\(unusedPort())"
    )
    #expect(run.exit == .code(1))
    #expect(run.json.bool("valid") == false)
    #expect(run.json.int("responses") == 0)
    #expect(run.json.int("connectionsMade") == 0)
    #expect(run.errorCount("connect.refused") > 0)
    run.expectLedger()
    #expect(run.text.contains("\nINVALID:\n"))
    #expect(run.text.contains("refused while connecting"))
  }

  @Test func `a Unix socket that isn't there`() throws {
    let folder = try TemporaryFolder()
    let run = try BenchRun("-c", "2", "-d", "50ms", "unix:\(folder.file("nobody"))")
    #expect(run.exit == .code(1))
    #expect(run.errorCount("connect.ENOENT") > 0)
    #expect(run.text.contains("no such file or directory (ENOENT) while connecting"))
  }

  @Test(arguments: ["--find-rate", "--sweep"])
  func `a search where nobody listens ends with its capacity`(flag: String) throws {
    let run = try BenchRun(
      flag,
      flag == "--sweep" ? "10%..20%" : "p99<1s",
      "-c",
      "1",
      "-d",
      "50ms",
      "--warmup",
      "0",
      "127.0.0.1:\(unusedPort())"
    )
    #expect(run.exit == .code(1))
    #expect(run.json.bool("capacity.valid") == false)
    #expect(run.json.array("trials").isEmpty && run.json.array("steps").isEmpty)
    #expect(run.text.contains("\nthe capacity could not be measured: INVALID: "))
  }

  @Test func `a server that never answers is a timeout`() throws {
    let listener = try SilentListener()
    let run = try BenchRun(
      "-c",
      "2",
      "-d",
      "50ms",
      "--warmup",
      "0",
      "--timeout",
      "50ms",
      "127.0.0.1:\(listener.port)"
    )
    #expect(run.exit == .code(1))
    #expect(run.json.int("responses") == 0)
    #expect(run.errorCount("read.timeout") > 0)
    #expect(run.text.contains("no reply came in the measured time"))
    run.expectLedger()
  }

  @Test(arguments: ["persistent", "reconnect"])
  func `a server that is killed in mid-run is counted, and the run goes on to its end`(strategy: String)
    throws
  {
    // A machine may be so slow that the kill comes too late: then there is more time.
    for seconds in [1, 5, 25] {
      let run = try runAgainstKilledServer("--strategy", strategy, "-c", "8", "-d", "\(seconds)")
      run.expectLedger()
      let errors = run.json.object("errors")
      guard !errors.isEmpty else { continue }
      #expect(run.json.bool("interrupted") == false)
      #expect(try #require(run.json.number("seconds")) >= Double(seconds))
      #expect(run.exit == .code(run.json.bool("valid") == true ? 0 : 1))
      #expect(run.errorCount("connect.refused") > 0)
      #expect(try #require(run.json.int("responses")) > 0)
      return
    }
    Issue.record("the server was never killed in time")
  }

  private func runAgainstKilledServer(_ arguments: String...) throws -> BenchRun {
    var run: BenchRun?
    try withServe("--stats", "0.02") { server in
      let child = try Child(
        "uvecho",
        ["bench", "--json", "-", "--warmup", "0"] + arguments + [server.addresses[0]]
      )
      defer { child.end() }
      try server.waitForFigures("requests") { $0.requests > 20 }
      server.child.signal(SIGKILL)
      try child.waitForExit()
      run = try BenchRun(child)
    }
    return try #require(run)
  }

  // MARK: Signals

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal in mid-run ends it, with the figures of what was measured`(signal: Int32) throws {
    try withServe("--stats", "0.02") { server in
      let child = try Child(
        "uvecho",
        ["bench", "--json", "-", "-c", "8", "-d", "1000", "--warmup", "0", server.addresses[0]]
      )
      defer { child.end() }
      try server.waitForFigures("requests") { $0.requests > 20 }
      child.signal(signal)
      // The deadline is far below the thousand seconds that were asked for.
      try child.waitForExit()
      let run = try BenchRun(child)
      #expect(run.exit == .code(0), "\(run.text)")
      #expect(run.json.bool("interrupted") == true)
      #expect(run.json.bool("valid") == true)
      #expect(try #require(run.json.number("seconds")) < 1000)
      let requests = try #require(run.json.int("requests"))
      #expect(requests > 20)
      #expect(run.json.int("responses") == requests)
      #expect(run.json.object("errors").isEmpty)
      #expect(run.text.contains("\nENDED EARLY: what follows was measured until then\n"))
      run.expectLedger()
      try #expect(server.end().bytesIn == run.json.int("ledger.sent"))
    }
  }

  @Test func `the second signal ends it at once`() throws {
    let listener = try SilentListener()
    let child = try Child(
      "uvecho",
      ["bench", "-c", "1", "-d", "1000", "--timeout", "1000", "127.0.0.1:\(listener.port)"]
    )
    defer { child.end() }
    // The request is never answered, and is followed to its end: the first signal doesn't suffice.
    let socket = try listener.accept()
    try socket.receive(64)
    #expect(try child.handles(SIGINT))
    child.signal(SIGINT)
    try child.wait(for: "the first signal") { try !child.handles(SIGINT) }
    #expect(!child.hasExited())
    child.signal(SIGINT)
    try #expect(child.waitForExit() == .signal(SIGINT))
  }

  @Test func `a signal while nobody answers the connect ends it`() throws {
    let listener = try SilentListener()
    let child = try Child(
      "uvecho",
      ["bench", "--json", "-", "-c", "10", "-d", "1000", "--timeout", "1000", "127.0.0.1:\(listener.port)"]
    )
    defer { child.end() }
    // The backlog holds one or two; the others wait for an answer.
    try child.wait(for: "connection") { listener.hasConnection }
    try child.wait(for: "signal handler") { try child.handles(SIGINT) }
    child.signal(SIGINT)
    try child.waitForExit()
    let run = try BenchRun(child)
    #expect(run.exit == .code(1))
    #expect(run.json.bool("interrupted") == true)
    #expect(run.json.int("responses") == 0)
    #expect(run.text.contains("ENDED EARLY"))
    run.expectLedger()
  }

  @Test(arguments: ["--find-rate", "--sweep"])
  func `a signal ends a search`(flag: String) throws {
    try withServe("--stats", "0.02") { server in
      let child = try Child(
        "uvecho",
        ["bench", "--json", "-", flag, flag == "--sweep" ? "10%..20%" : "p99<1s", "-c", "2", "-d", "1000"]
          + [server.addresses[0]]
      )
      defer { child.end() }
      try server.waitForFigures("requests") { $0.requests > 20 }
      child.signal(SIGINT)
      try child.waitForExit()
      let run = try BenchRun(child)
      #expect(run.json.bool("interrupted") == true)
      #expect(run.json.bool("capacity.interrupted") == true)
      #expect(run.text.contains("\nENDED EARLY"))
    }
  }

  // MARK: Ports

  /// A port that was free a moment ago.
  private func unusedPort() throws -> UInt16 {
    try SilentListener().port
  }
}

/// A socket that listens, whose connections nobody accepts but a test. Its backlog is as small as can be.
private final class SilentListener {
  private let descriptor: Int32
  let port: UInt16

  init() throws {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    descriptor = socket(AF_INET, Int32(type), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isListening = withUnsafeMutableBytes(of: &address) {
      let address = $0.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      return bind(descriptor, address, length) == 0 && listen(descriptor, 0) == 0
        && getsockname(descriptor, address, &length) == 0
    }
    port = UInt16(bigEndian: address.sin_port)
    try #require(isListening)
  }

  deinit { close(descriptor) }

  /// Whether a connection waits to be accepted.
  var hasConnection: Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, 0) > 0
  }

  /// Accepts a connection.
  func accept() throws -> SilentConnection {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    try #require(poll(&request, 1, 60_000) > 0)
    let accepted = Glibc.accept(descriptor, nil, nil)
    try #require(accepted >= 0)
    return SilentConnection(accepted)
  }
}

/// A connection whose bytes are taken, and not answered.
private final class SilentConnection {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Takes so many bytes.
  func receive(_ count: Int) throws {
    var bytes = [UInt8](repeating: 0, count: count)
    var received = 0
    while received < count {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      try #require(poll(&request, 1, 60_000) > 0)
      let new = recv(descriptor, &bytes, count - received, 0)
      try #require(new > 0)
      received += new
    }
  }
}
