import EchoServer
import Glibc
import TestSupport
import Testing

/// How it ends.
@Suite struct ServeDrainTests {
  /// A grace period, in seconds, that no test takes: what ends in this way has not waited for it.
  private static let never = "3600"

  @Test(arguments: [SIGTERM, SIGINT], Style.allCases)
  func `idle clients see a FIN, and it exits with 0 well within the grace period`(signal: Int32, style: Style)
    throws
  {
    try withServe(style: style, "--grace", Self.never) { server in
      let clients = try (0..<50).map { _ in try server.connect() }
      for client in clients { try #expect(client.echo("hello") == "hello") }
      server.child.signal(signal)
      for client in clients {
        try #expect(client.receiveToEnd() == [])
        client.close()
      }
      let summary = try server.waitForSummary()
      #expect(summary.connections == 50)
      #expect(summary.resets == 0)
      #expect(summary.errors == "none")
    }
  }

  @Test(arguments: Style.allCases)
  func `without clients it exits at once`(style: Style) throws {
    try withServe(style: style, "--grace", Self.never) { server in
      let summary = try server.end()
      #expect(summary.connections == 0)
    }
  }

  @Test(arguments: Style.allCases)
  func `fifty transfers of 300 kB under way lose no byte`(style: Style) throws {
    try withServe(style: style, "--grace", Self.never, "--stats", "0.02") { server in
      // Small segments make the server's kernel take less of the answer than that, so all are under way.
      let clients = try (0..<50).map { _ in
        try RawClient(port: server.port, receiveBuffer: 4096, sendBuffer: 600_000, segmentSize: 536)
      }
      var sent = (0..<50).map { testBytes(300_000, seed: $0) }
      for (index, client) in clients.enumerated() {
        var rest = sent[index][...]
        while case let count = try client.sendWhatFits(rest), count > 0 { rest = rest.dropFirst(count) }
        sent[index].removeLast(rest.count)
        // Half of them have ended their side already.
        if index.isMultiple(of: 2) { try client.endSending() }
      }
      let sum = sent.map(\.count).reduce(0, +)
      try server.waitForFigures("fifty transfers") { $0.connections == 50 }
      try #require(server.figures.last!.bytesIn < sum, "the server has yet to read some")
      server.child.signal(SIGTERM)
      for (client, sent) in zip(clients, sent) {
        let isSame = try client.receive(sent.count) == sent
        #expect(isSame)
      }
      for client in clients {
        try #expect(client.receiveToEnd() == [])
        client.close()
      }
      let summary = try server.waitForSummary()
      #expect(summary.bytesIn == sum)
      #expect(summary.bytesOut == sum)
      #expect(summary.resets == 0)
      #expect(summary.errors == "none")
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that neither reads nor ends is reset after the grace period, and counted`(style: Style)
    throws
  {
    try withServe(style: style, "--grace", "0.3", "--stats", "0.02") { server in
      let client = try server.connect(receiveBuffer: 4096)
      let bytes = [UInt8](repeating: 7, count: 100_000)
      try server.child.wait(for: "a full queue") {
        _ = try client.sendWhatFits(bytes[...])
        return server.figures.last.map { $0.queued > 65536 } ?? false
      }
      let began = ContinuousClock.now
      let summary = try server.end()
      #expect(ContinuousClock.now - began >= .milliseconds(299))
      #expect(summary.resets == 1)
      #expect(summary.open == 0)
      let failure = #expect(throws: SocketFailure.self) { try client.receiveToEnd() }
      #expect(failure?.isReset == true)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that keeps sending does not keep it from ending`(style: Style) throws {
    try withServe(style: style, "--grace", "3") { server in
      let client = try server.connect()
      var received: [UInt8] = []
      try #expect(client.echo("hello") == "hello")
      server.child.signal(SIGTERM)
      var sent = 0
      // Every few milliseconds some bytes; the wait is for what comes back, and for the FIN.
      while true {
        sent += try client.sendWhatFits([1, 2, 3])
        _ = client.hasInput(within: 5)
        guard try client.receiveWhatIsThere(into: &received) else { break }
      }
      client.close()
      #expect(received.count > 0, "it was served on")
      #expect(received.count <= sent)
      let summary = try server.waitForSummary()
      #expect(summary.connections == 1)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that sends as fast as it can does not keep it from ending`(style: Style) throws {
    try withServe(style: style, "--grace", "0.5") { server in
      let client = try server.connect()
      let bytes = testBytes(65536)
      server.child.signal(SIGTERM)
      let end = ContinuousClock.now + .seconds(60)
      do {
        var received: [UInt8] = []
        repeat {
          try #require(ContinuousClock.now < end)
          received.removeAll(keepingCapacity: true)
          _ = try client.sendWhatFits(bytes[...])
        } while try client.receiveWhatIsThere(into: &received)
      } catch let failure as SocketFailure {
        #expect(failure.isReset || failure.code == EPIPE)
      }
      client.close()
      try server.waitForSummary()
    }
  }

  @Test(arguments: Style.allCases)
  func `bytes that come after the FIN bring no reset`(style: Style) throws {
    try withServe(style: style, "--grace", Self.never) { server in
      let client = try server.connect()
      try #expect(client.echo("before") == "before")
      server.child.signal(SIGTERM)
      try #expect(client.receiveToEnd() == [])
      for _ in 0..<20 {
        try client.send(testBytes(10_000))
        // After a reset this would fail.
        try #expect(client.receiveToEnd() == [])
      }
      try client.endSending()
      let summary = try server.waitForSummary()
      #expect(summary.bytesDiscarded == 200_000)
      try #expect(client.receiveToEnd() == [])
      #expect(summary.bytesIn == 200_006)
      #expect(summary.bytesOut == 6)
      #expect(summary.resets == 0)
      #expect(summary.errors == "none")
    }
  }

  @Test(
    arguments: [(SIGTERM, SIGTERM), (SIGTERM, SIGINT), (SIGINT, SIGINT), (SIGINT, SIGTERM)],
    Style.allCases
  )
  func `a second signal ends it at once, with 128 and its number`(signals: (Int32, Int32), style: Style)
    throws
  {
    let (first, second) = signals
    try withServe(style: style, "--grace", Self.never) { server in
      let client = try server.connect()
      try #expect(client.echo("hello") == "hello")
      server.child.signal(first)
      // The FIN tells that the first signal has come.
      try #expect(client.receiveToEnd() == [])
      let summary = try server.end(with: second, expecting: .code(128 + second))
      #expect(summary.resets == 1)
      #expect(summary.open == 0)
    }
  }

  @Test(arguments: Style.allCases)
  func `no grace means that clients are reset at once`(style: Style) throws {
    try withServe(style: style, "--grace", "0") { server in
      let client = try server.connect()
      try #expect(client.echo("hello") == "hello")
      let summary = try server.end()
      #expect(summary.resets == 1)
      let failure = #expect(throws: SocketFailure.self) { try client.receiveToEnd() }
      #expect(failure?.isReset == true)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that waits since the server is full is still echoed`(style: Style) throws {
    try withServe(style: style, "--max-connections", "1", "--grace", Self.never) { server in
      let first = try server.connect()
      try #expect(first.echo("first") == "first")
      let second = try server.connect()
      try second.send("second")
      #expect(!second.hasInput(within: 50))
      server.child.signal(SIGTERM)
      try #expect(second.receiveToEnd() == Array("second".utf8))
      try #expect(first.receiveToEnd() == [])
      first.close()
      second.close()
      try #expect(server.waitForSummary().connections == 2)
    }
  }

  @Test(arguments: Style.allCases)
  func `connections that were made before the signal are echoed`(style: Style) throws {
    try withServe(style: style, "--grace", Self.never) { server in
      let clients = try (0..<50).map { _ in
        let client = try server.connect()
        try client.send("hello")
        return client
      }
      server.child.signal(SIGTERM)
      for client in clients {
        try #expect(client.receiveToEnd() == Array("hello".utf8))
        client.close()
      }
      try #expect(server.waitForSummary().connections == 50)
    }
  }
}
