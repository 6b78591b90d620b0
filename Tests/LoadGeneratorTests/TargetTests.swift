import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct TargetTests {
  // MARK: Texts

  @Test(
    arguments: ["127.0.0.1:4000", "[::1]:4000", "unix:/run/echo.sock", "0.0.0.0:1", "255.255.255.255:65535"]
  )
  func `an address stands for itself`(text: String) throws {
    let target = try #require(Target(text))
    #expect(target.description == text)
    #expect(try target.resolve() == SocketAddress(text))
  }

  @Test(arguments: ["localhost:4000", "a:1", "some-host.example.org:65535"])
  func `a name with a port is a target`(text: String) throws {
    #expect(try #require(Target(text)).description == text)
  }

  @Test(
    arguments: [
      "", ":", ":4000", "localhost", "localhost:", "localhost:0", "localhost:65536", "localhost:-1",
      "localhost:+1", "localhost:1x", "localhost:½", "a:b:1", "[localhost]:1", "a b:1", "a/b:1", "http://a:1",
      "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "[::1]:0", "[::1]", "::1:4000", "[::1:4000", "unix:",
    ]
  )
  func `a text that is no target is refused`(text: String) {
    #expect(Target(text) == nil)
  }

  @Test func `a path that is too long for the system is refused`() {
    #expect(Target("unix:/\(String(repeating: "x", count: 200))") == nil)
  }

  // MARK: Names

  @Test func `a name stands for an address with the port`() throws {
    try withListener(on: "127.0.0.1:0") { port in
      let address = try resolve("localhost:\(port)")
      #expect(address == SocketAddress(host: "127.0.0.1", port: port))
    }
  }

  @Test func `of several addresses the first one that takes connections is chosen`() throws {
    try withListener(on: "127.0.0.2:0", listens: false) { closed in
      try withListener(on: "127.0.0.1:0") { first in
        try withListener(on: "127.0.0.1:0") { second in
          var addresses: [SocketAddress] = []
          for (host, port) in [("127.0.0.2", closed), ("127.0.0.1", first), ("127.0.0.1", second)] {
            addresses.append(try #require(SocketAddress(host: host, port: port)))
          }
          try withLoop { loop in
            let chosen = try Target.firstThatConnects(addresses, loop)
            #expect(chosen == addresses[1])
            let chosenInReverse = try Target.firstThatConnects(addresses.reversed(), loop)
            #expect(chosenInReverse == addresses[2])
            let chosenOfClosed = try Target.firstThatConnects([addresses[0], addresses[0]], loop)
            #expect(chosenOfClosed == nil)
          }
        }
      }
    }
  }

  @Test func `an address that the machine can't reach is passed over`() throws {
    try withListener(on: "127.0.0.1:0") { port in
      let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
      try withLoop { loop in
        // A broadcast address is refused at once.
        let chosen = try Target.firstThatConnects(["255.255.255.255:9", address], loop)
        #expect(chosen == address)
      }
    }
  }

  @Test func `a name whose addresses take no connection has its first address`() throws {
    // Bound and not listening: nobody else can take the port.
    try withListener(on: "127.0.0.1:0", listens: false) { port in
      var addresses: [SocketAddress] = []
      try withLoop { loop in
        try loop.resolve("localhost", port: port) { addresses = (try? $0.get()) ?? [] }
      }
      let address = try resolve("localhost:\(port)")
      #expect(address == addresses.first)
    }
  }

  @Test func `a name that doesn't exist throws`() throws {
    let target = try #require(Target("no-such-host.invalid:4000"))
    let error = #expect(throws: UVError.self) { try target.resolve() }
    #expect(error?.operation.description == "resolve")
  }

  @Test func `nothing stays open after a resolution, whatever came of it`() async {
    // In a process of its own, where nobody else opens files: the next number is the lowest that is free.
    await #expect(processExitsWith: .success) {
      func lowestFree() throws -> Int32 {
        let descriptor = try #require(openDescriptor())
        closeDescriptor(descriptor)
        return descriptor
      }
      // The first loop of a process opens some for good.
      _ = try? Target("localhost:1")?.resolve()
      let before = try lowestFree()
      for text in ["localhost:1", "no-such-host.invalid:1", "no\u{0}name:1", "127.0.0.1:1"] {
        _ = try? Target(text)?.resolve()
        let after = try lowestFree()
        #expect(after == before, "\(text.debugDescription)")
      }
    }
  }
}

private func resolve(_ text: String) throws -> SocketAddress {
  try #require(Target(text)).resolve()
}

/// Makes a socket on a loop of its own, whose connections the system takes, and calls `body` with its port.
private func withListener(on address: SocketAddress, listens: Bool = true, _ body: (UInt16) throws -> Void)
  throws
{
  try withLoop { loop in
    let listener = try TCP(loop)
    defer { listener.close() }
    try listener.bind(to: address)
    if listens { try listener.listen { connection throws(UVError) in connection.close() } }
    try body(#require(try listener.localAddress.port))
  }
}
