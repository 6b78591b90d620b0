import Glibc
import TestSupport
import Testing

/// What it says when it can't do as it is told.
@Suite struct ServeRefusalTests {
  /// Expects one sentence on standard error, nothing on standard output, and exit 1.
  private func expectRefusal(
    _ outcome: Ended,
    naming endpoint: String,
    _ error: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.exit == .code(1), sourceLocation: sourceLocation)
    #expect(outcome.output == "", sourceLocation: sourceLocation)
    #expect(outcome.errors.lines.count == 1, sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("uvecho: can't listen on \(endpoint): "), sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(error), sourceLocation: sourceLocation)
  }

  @Test func `a port in use`() throws {
    try withServe { server in
      expectRefusal(
        try runUvecho("serve", "--port", "\(server.port)"),
        naming: "127.0.0.1:\(server.port)",
        "address already in use (EADDRINUSE)"
      )
    }
  }

  @Test(.enabled(if: !mayBindLowPorts, "this user may listen on port 1"))
  func `a port that needs privileges`() throws {
    expectRefusal(try runUvecho("serve", "--port", "1"), naming: "127.0.0.1:1", "permission denied (EACCES)")
  }

  @Test(.enabled(if: geteuid() != 0, "this user may write everywhere"))
  func `a folder that is somebody else's`() throws {
    expectRefusal(
      try runUvecho("serve", "--unix", "/etc/uvecho-test"),
      naming: "unix:/etc/uvecho-test",
      "permission denied (EACCES)"
    )
  }

  @Test(arguments: ["a..b", "256.1.1.1", "no such host"])
  func `a host that nobody has`(host: String) throws {
    expectRefusal(try runUvecho("serve", "--host", host, "--port", "0"), naming: host, "(EAI_")
  }

  @Test func `an address of another machine`() throws {
    // 192.0.2.0/24 is for documentation.
    expectRefusal(
      try runUvecho("serve", "--host", "192.0.2.1", "--port", "4000"),
      naming: "192.0.2.1:4000",
      "address not available (EADDRNOTAVAIL)"
    )
  }

  @Test func `a path that is too long`() throws {
    let path = "/tmp/" + String(repeating: "x", count: 103)
    expectRefusal(
      try runUvecho("serve", "--unix", path),
      naming: "unix:\(path)",
      "name too long (ENAMETOOLONG)"
    )
  }

  @Test func `a folder that isn't there`() throws {
    expectRefusal(
      try runUvecho("serve", "--unix", "/nowhere/echo"),
      naming: "unix:/nowhere/echo",
      "no such file or directory (ENOENT)"
    )
  }

  @Test(
    arguments: [
      (["--port", "65536"], "--port"),
      (["--port", "-1"], "--port"),
      (["--port", "http"], "--port"),
      (["--port"], "--port"),
      (["--backlog", "0"], "--backlog must be at least 1"),
      (["--grace=-1"], "--grace must be 0, or from 0.001 to 1e9 seconds"),
      (["--grace", "nan"], "--grace must be 0, or from 0.001 to 1e9 seconds"),
      (["--grace", "inf"], "--grace must be 0, or from 0.001 to 1e9 seconds"),
      (["--grace", "soon"], "--grace"),
      (["--idle-timeout", "0"], "--idle-timeout must be from 0.001 to 1e9 seconds"),
      (["--idle-timeout=-3"], "--idle-timeout must be from 0.001 to 1e9 seconds"),
      (["--max-connections", "0"], "--max-connections must be at least 1"),
      (["--high-water", "0"], "--high-water must be at least 1"),
      (["--stats", "0"], "--stats must be from 0.001 to 1e9 seconds"),
      (["--host", ""], "--host must be a name or an address"),
      (["--host", "127.0.0.1", "--host", ""], "--host must be a name or an address"),
      (["--unix", ""], "--unix must be a path"),
      (["--log-level", "loud"], "--log-level"),
      (["--nonsense"], "--nonsense"),
      (["extra"], "extra"),
    ]
  )
  func `a bad flag is named, with the usage, and exit 64`(flags: [String], message: String) throws {
    let child = try Child("uvecho", ["serve", "--port", "0"] + flags)
    defer { child.end() }
    try #expect(child.waitForExit() == .code(64))
    #expect(child.output == "")
    #expect(child.errors.contains(message))
    #expect(child.errors.contains("Usage: uvecho serve"))
  }

  @Test(arguments: [12, 20, 31])
  func `too few file descriptors are told, and what to do`(count: Int) throws {
    let child = try Child(
      path: "/bin/sh",
      ["-c", "ulimit -n \(count); exec \"$0\" serve --port 0", try Child.built("uvecho")]
    )
    defer { child.end() }
    try #expect(child.waitForExit() == .code(1))
    #expect(child.output == "")
    #expect(
      child.errors == """
        uvecho: at most \(count) open files are too few to serve: raise `ulimit -n` to 32 or more

        """
    )
  }
}

/// Whether this user may listen on port 1: root, or a system without privileged ports.
private let mayBindLowPorts: Bool = {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(1).bigEndian
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
  return withUnsafeBytes(of: &address) {
    bind(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) == 0
  }
}()
