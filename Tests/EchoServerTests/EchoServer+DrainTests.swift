import Libuv
import TestSupport
import Testing

@testable import EchoServer

@Suite struct EchoServerDrainTests {
  /// A time that no test takes: what ends in this way has not waited for it.
  private static let never: Duration = .seconds(3600)

  @Test(arguments: Style.allCases)
  func `a server without connections is drained at once`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      var isDrained = false
      world.server.drain { isDrained = true }
      #expect(isDrained)
    }
  }

  @Test(arguments: Style.allCases)
  func `idle clients get a FIN, and the server is drained when they have ended`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      let clients = try (0..<20).map { _ in try world.connect() }
      try world.run { world.server.connections.count == 20 }
      var completions = 0
      world.server.drain { completions += 1 }
      // It drains already: both are told the end.
      world.server.drain { completions += 1 }
      #expect(completions == 0)
      try world.run { completions > 0 }
      #expect(completions == 2)
      try world.run { clients.allSatisfy(\.isEnded) }
      #expect(clients.allSatisfy { $0.failure == nil })
      #expect(world.server.statistics.resets == 0)
      #expect(world.server.statistics.errors == [:])
    }
  }

  @Test(arguments: Style.allCases)
  func `a server that drains takes no new connection`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      let client = try world.connect()
      client.endsWithServer = false
      try world.run { world.server.connections.count == 1 }
      world.server.drain {}
      let late = try world.connect()
      try world.run { late.failure != nil }
      #expect(late.failure == .connectionRefused)
    }
  }

  @Test(arguments: Style.allCases)
  func `what came before the drain is echoed to the last byte`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
      $0.highWaterMark = 1000
    } _: { world in
      let bytes = (0..<10).map { testBytes(300_000, seed: $0) }
      let clients = try bytes.map { _ in try world.connect(reads: false) }
      for (client, bytes) in zip(clients, bytes) {
        try world.run { client.isConnected }
        try client.stream.write(bytes)
      }
      try world.run { world.server.statistics.bytesIn > 0 }
      var isDrained = false
      world.server.drain { isDrained = true }
      for client in clients { try client.read() }
      try world.run { isDrained && clients.allSatisfy(\.isEnded) }
      for (client, bytes) in zip(clients, bytes) {
        let isSame = client.received == bytes
        #expect(isSame)
      }
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that has ended its side before the drain gets the rest`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      let bytes = testBytes(8_000_000)
      let client = try world.connect(reads: false)
      try world.run { client.isConnected }
      try client.stream.write(bytes)
      try client.stream.shutdown()
      try world.run { world.server.connections.first.map { $0.stream.isAboveHighWaterMark } ?? false }
      var isDrained = false
      world.server.drain { isDrained = true }
      try client.read()
      try world.run { isDrained && client.isEnded }
      let isSame = client.received == bytes
      #expect(isSame)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that neither reads nor ends is reset after the grace period`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = .milliseconds(100)
    } _: { world in
      let client = try world.connect(reads: false)
      try world.run { client.isConnected }
      try client.stream.write([UInt8](repeating: 7, count: 20_000_000))
      try world.run { world.server.connections.first.map { $0.stream.isAboveHighWaterMark } ?? false }
      var isDrained = false
      let began = ContinuousClock.now
      world.server.drain { isDrained = true }
      try world.run { isDrained }
      #expect(ContinuousClock.now - began >= .milliseconds(99))
      #expect(world.server.statistics.resets == 1)
      // What it still had to write fails.
      try world.run { client.stream.state == .closed }
      #expect(client.stream.failure == .connectionReset || client.stream.failure == .brokenPipe)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that gets its FIN and does not end is reset after the grace period`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = .seconds(2)
    } _: { world in
      let client = try world.connect()
      client.endsWithServer = false
      try world.run { world.server.connections.count == 1 }
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { isDrained }
      #expect(client.isEnded)
      #expect(world.server.statistics.resets == 1)
    }
  }

  @Test(arguments: Style.allCases)
  func `bytes that come after the FIN are read, and bring no reset`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      let client = try world.connect()
      client.endsWithServer = false
      try client.stream.write("before")
      try world.run { client.receivedText == "before" }
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { client.isEnded }
      for _ in 0..<20 {
        try client.stream.write(testBytes(10_000))
        try world.run(for: .milliseconds(1))
      }
      try client.stream.shutdown()
      try world.run { isDrained }
      #expect(client.failure == nil)
      #expect(client.receivedText == "before")
      #expect(world.server.statistics.bytesIn == 200_006)
      #expect(world.server.statistics.resets == 0)
      client.stream.close()
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that keeps sending is served, and then ends without a reset`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = .seconds(3)
    } _: { world in
      let client = try world.connect()
      try world.run { client.isConnected }
      var sent = 0
      let ticker = try Timer(world.loop)
      defer { ticker.close() }
      try ticker.start(after: .zero, repeating: .milliseconds(5)) { _ in
        guard client.stream.state == .open else { return }
        sent += 5
        _ = try? client.stream.write("hello")
      }
      try world.run { client.received.count > 0 }
      let receivedBefore = client.received.count
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { isDrained }
      #expect(client.isEnded)
      #expect(client.failure == nil)
      #expect(client.received.count > receivedBefore, "it was served on")
      #expect(client.received.count <= sent)
      #expect(world.server.statistics.resets == 0)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that waits since the server is full is echoed too`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
      $0.maxConnections = 1
    } _: { world in
      let first = try world.connect()
      try first.stream.write("first")
      try world.run { first.receivedText == "first" }
      let second = try world.connect()
      try world.run { second.isConnected }
      try second.stream.write("second")
      try world.run(for: .milliseconds(20))
      #expect(second.received == [])
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { isDrained }
      #expect(second.receivedText == "second")
      #expect(first.isEnded && second.isEnded)
      #expect(world.server.statistics.connections == 2)
    }
  }

  @Test(arguments: Style.allCases)
  func `no grace means that what is open is reset at once`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = .zero
    } _: { world in
      let client = try world.connect()
      try world.run { world.server.connections.count == 1 && client.isConnected }
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { isDrained }
      try world.run { client.failure != nil }
      #expect(client.failure == .connectionReset)
      #expect(world.server.statistics.resets == 1)
    }
  }

  @Test(arguments: Style.allCases)
  func `a reset ends a drain at once`(style: Style) throws {
    try withServer(style: style) {
      $0.grace = Self.never
    } _: { world in
      let client = try world.connect()
      client.endsWithServer = false
      try world.run { world.server.connections.count == 1 }
      var isDrained = false
      world.server.drain { isDrained = true }
      try world.run { client.isEnded }
      #expect(!isDrained)
      world.server.reset()
      try world.run { isDrained }
      #expect(world.server.statistics.resets == 1)
    }
  }

  @Test(arguments: Style.allCases)
  func `a reset closes everything, and may come twice`(style: Style) throws {
    try withServer(style: style) { world in
      let clients = try (0..<3).map { _ in try world.connect() }
      try world.run { world.server.connections.count == 3 && clients.allSatisfy(\.isConnected) }
      world.server.reset()
      world.server.reset()
      try world.run { clients.allSatisfy { $0.failure == .connectionReset } }
      #expect(world.server.connections.isEmpty)
      #expect(world.server.statistics.resets == 3)
    }
  }
}
