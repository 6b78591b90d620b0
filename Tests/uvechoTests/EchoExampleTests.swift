import Libuv
import TestSupport
import Testing

/// The example always listens on port 4000, so it is one test at a time.
@Suite(.serialized) struct EchoExampleTests {
  private static let port: UInt16 = 4000

  @Test func `it echoes`() throws {
    let child = try Child("echo-example", [])
    defer { child.end() }
    let bytes = testBytes(300_000)
    var received: [UInt8]?
    // Whoever listened there before may go away in the middle: then it is this one's turn.
    try child.wait(for: "echo") {
      received = try? RawClient(port: Self.port).exchange(randomPieces(of: bytes, upTo: 20_000))
      return received != nil || isTaken(child)
    }
    if isTaken(child) { try Test.cancel("somebody listens on port \(Self.port)") }
    let isSame = received == bytes
    #expect(isSame)
  }

  private func isTaken(_ child: Child) -> Bool {
    child.errors.contains("EADDRINUSE")
  }

  @Test func `it says when its port is taken`() throws {
    try withLoop { loop in
      guard let listener = try? listen(loop) else { try Test.cancel("somebody listens on port \(Self.port)") }
      defer { listener.close() }
      let child = try Child("echo-example", [])
      defer { child.end() }
      try #expect(child.waitForExit() != .code(0))
      #expect(isTaken(child))
      #expect(child.errors.contains("address already in use"))
    }
  }

  /// Takes the port that the example wants.
  private func listen(_ loop: Loop) throws(UVError) -> Listener {
    let tcp = try TCP(loop)
    do {
      try tcp.bind(to: SocketAddress(host: "127.0.0.1", port: Self.port)!)
      return try tcp.listen { connection throws(UVError) in connection.close() }
    } catch {
      tcp.close()
      throw error
    }
  }
}

/// The same with tasks, which takes its address.
@Suite struct EchoWithTasksExampleTests {
  @Test func `it echoes, to many at once`() throws {
    let child = try Child("echo-tasks", ["127.0.0.1:0"])
    defer { child.end() }
    try child.wait(for: "line on standard output") { child.output.contains("\n") || child.hasExited() }
    let line = try #require(child.output.lines.first, "it has ended: \(child.errors)")
    let port = try #require(UInt16(line.split(separator: ":").last!))
    let clients = try (0..<20).map { _ in try RawClient(port: port) }
    for (index, client) in clients.enumerated() { try client.send("hello \(index)") }
    for (index, client) in clients.enumerated() {
      try #expect(client.receive("hello \(index)".utf8.count) == Array("hello \(index)".utf8))
    }
    let bytes = testBytes(300_000)
    let isSame = try clients[0].exchange(randomPieces(of: bytes, upTo: 20_000)) == bytes
    #expect(isSame)
  }
}
