import Glibc
import TestSupport
import Testing

/// The example always listens on port 4000, so it is one test at a time.
@Suite(.serialized) struct EchoExampleTests {
  private static let port: UInt16 = 4000

  @Test func `it echoes`() throws {
    let child = try Child("echo-example", [])
    defer { child.end() }
    var client: RawClient?
    try child.wait(for: "connection") {
      client = try? RawClient(port: Self.port)
      return client != nil || isTaken(child)
    }
    if isTaken(child) { try Test.cancel("somebody listens on port \(Self.port)") }
    let bytes = testBytes(300_000)
    let received = try client?.exchange(randomPieces(of: bytes, upTo: 20_000))
    let isSame = received == bytes
    #expect(isSame)
  }

  private func isTaken(_ child: Child) -> Bool {
    child.errors.contains("EADDRINUSE")
  }

  @Test func `it says when its port is taken`() throws {
    // Whether this one takes the port or finds it taken: it is.
    let first = try Child("echo-example", [])
    defer { first.end() }
    try first.wait(for: "listener") { isTaken(first) || (try? RawClient(port: Self.port)) != nil }
    let second = try Child("echo-example", [])
    defer { second.end() }
    try #expect(second.waitForExit() != .code(0))
    #expect(second.errors.contains("address already in use (EADDRINUSE)"))
  }
}
