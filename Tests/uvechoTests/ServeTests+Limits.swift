import EchoServer
import Glibc
import TestSupport
import Testing

/// What it does when there are many.
@Suite struct ServeLimitTests {
  @Test(arguments: Style.allCases)
  func `above the limit of connections clients wait, and are served in turn`(style: Style) throws {
    try withServe(style: style, "--max-connections", "2") { server in
      let clients = try (0..<8).map { _ in
        let client = try server.connect()
        try client.send("hello")
        return client
      }
      for (index, client) in clients.enumerated() {
        try #expect(client.receive(5) == Array("hello".utf8))
        // Those after the next one can't have been served: it is still connected.
        if index + 2 < clients.count { #expect(!clients[index + 2].hasInput(within: 20)) }
        client.close()
      }
      let summary = try server.end()
      #expect(summary.connections == 8)
      #expect(summary.errors == "none")
    }
  }

  @Test(arguments: Style.allCases)
  func `out of descriptors it warns once, rests, and serves who waits when there is room`(style: Style) throws
  {
    try withServe(style: style, descriptors: 64) { server in
      let clients = try (0..<150).map { _ in
        let client = try server.connect()
        try client.send("hello")
        return client
      }
      try server.child.wait(for: "warning") { server.child.errors.contains("out of file descriptors") }
      // Full: what processor time does it take to do nothing?
      let ticksBefore = try server.child.processorTicks()
      _ = poll(nil, 0, 500)
      let ticks = try server.child.processorTicks() - ticksBefore
      let second = sysconf(Int32(_SC_CLK_TCK))
      #expect(ticks * 20 <= second, "\(ticks) ticks of \(second) a second, in half a second")
      #expect(server.child.errors.lines.filter { $0.contains("warning") }.count == 1)
      // In the order in which they came: each makes room for the next of those who wait, and for no more.
      let served = try #require(server.child.errors.firstMatch(of: /open=(\d+)/))
      let servedCount = try #require(Int(served.1))
      for (index, client) in clients.enumerated() {
        try #expect(client.receive(5) == Array("hello".utf8))
        client.close()
        guard index + servedCount < clients.count else { continue }
        #expect(clients[index + servedCount].hasInput(within: 60_000))
        guard index + servedCount + 1 < clients.count else { continue }
        #expect(!clients[index + servedCount + 1].hasInput(within: 2))
      }
      try #expect(server.connect().echo("still here") == "still here")
      let summary = try server.end()
      #expect(summary.connections == 151)
      #expect(summary.bytesOut == 760)
      #expect(summary.errors == "none")
    }
  }

  /// A sanitizer holds freed memory back for a while.
  @Test(.enabled(if: getenv("SANITIZER") == nil), arguments: Style.allCases)
  func `memory after 8,000 connections is what it was after 2,000`(style: Style) throws {
    try withServe(style: style) { server in
      // Each run from other addresses: closed connections hold on to their ports for a minute.
      let network = "127.\(Int.random(in: 1...254)).\(Int.random(in: 1...254))"
      func connect(_ count: Int) throws {
        for index in 0..<count {
          let client = try RawClient(port: server.port, from: "\(network).\(index % 200 + 1)")
          try #expect(client.echo("hello") == "hello")
          client.close()
        }
      }
      try connect(2_000)
      let early = try server.child.residentMemory()
      try connect(6_000)
      let late = try server.child.residentMemory()
      #expect(late <= early + 128, "KiB")
      try #expect(server.end().connections == 8_000)
    }
  }
}
