import Libuv
import Logging
import TestSupport
import Testing

@testable import EchoServer

@Suite struct EchoServerTests {
  @Test(arguments: Style.allCases)
  func `the figures count connections, requests and bytes, open or closed`(style: Style) throws {
    try withServer(style: style) { world in
      let first = try world.connect()
      let second = try world.connect()
      try first.stream.write("hello")
      try second.stream.write("good day")
      try world.run { first.receivedText == "hello" && second.receivedText == "good day" }
      try first.stream.write("again")
      try world.run { first.receivedText == "helloagain" }
      var expected = Statistics()
      expected.connections = 2
      expected.open = 2
      expected.requests = 3
      expected.bytesIn = 18
      expected.bytesOut = 18
      #expect(world.server.statistics == expected)
      first.stream.close()
      try world.run { world.server.statistics.open == 1 }
      expected.open = 1
      #expect(world.server.statistics == expected)
    }
  }

  @Test(arguments: Style.allCases)
  func `the connections are those that are open, whichever of them closes`(style: Style) throws {
    try withServer(style: style) { world in
      let clients = try (0..<6).map { _ in try world.connect() }
      try world.run { world.server.connections.count == 6 }
      var open = Set(try clients.map { try ($0.stream as! TCP).localAddress })
      for index in [0, 5, 2, 3, 1, 4] {
        open.remove(try (clients[index].stream as! TCP).localAddress)
        clients[index].stream.close()
        try world.run { world.server.connections.count == open.count }
        let served = try world.server.connections.map { try ($0.stream as! TCP).remoteAddress }
        #expect(Set(served) == open)
        #expect(world.server.statistics.open == open.count)
      }
    }
  }

  @Test(arguments: Style.allCases)
  func `resets are counted by kind`(style: Style) throws {
    try withServer(style: style) { world in
      for _ in 0..<3 {
        let client = try world.connect()
        try client.stream.write("hello")
        try world.run { client.receivedText == "hello" }
        client.stream.closeReset()
      }
      try world.run { world.server.connections.isEmpty }
      #expect(world.server.statistics.errors == ["ECONNRESET": 3])
      #expect(world.server.statistics.resets == 0, "those are the server's own")
      #expect(world.log.messages.filter { $0 == "debug: connection failed" }.count == 3)
    }
  }

  // MARK: A limit of connections

  @Test(arguments: Style.allCases)
  func `above the limit clients wait, and are served in turn`(style: Style) throws {
    try withServer(style: style) {
      $0.maxConnections = 2
    } _: { world in
      var clients: [Client] = []
      for _ in 0..<6 {
        // One after the other, so that their order is known.
        let client = try world.connect()
        clients.append(client)
        try world.run { client.isConnected }
        try client.stream.write("hello")
      }
      try world.run { clients[0].receivedText == "hello" && clients[1].receivedText == "hello" }
      for served in 2..<6 {
        try world.run(for: .milliseconds(20))
        #expect(clients.map(\.receivedText) == clients.indices.map { $0 < served ? "hello" : "" })
        #expect(world.server.connections.count == 2)
        clients[served - 2].stream.close()
        try world.run { clients[served].receivedText == "hello" }
      }
      #expect(world.server.statistics.connections == 6)
      #expect(clients.allSatisfy { $0.failure == nil })
    }
  }

  @Test(arguments: Style.allCases)
  func `the limit holds for all addresses together`(style: Style) throws {
    try withServer(style: style) {
      $0.hosts = ["127.0.0.1", "127.0.0.2"]
      $0.maxConnections = 1
    } _: { world in
      var clients = [try world.connect()]
      try clients[0].stream.write("hello")
      try world.run { clients[0].receivedText == "hello" }
      // One waits at each address.
      for address in world.addresses { clients.append(try world.connect(to: address)) }
      for client in clients.dropFirst() {
        try world.run { client.isConnected }
        try client.stream.write("hello")
      }
      try world.run(for: .milliseconds(20))
      clients[0].stream.close()
      var most = 0
      try world.run {
        most = max(most, world.server.connections.count)
        return clients.contains { $0.stream.state == .open && $0.receivedText == "hello" }
      }
      try world.run(for: .milliseconds(20))
      #expect(max(most, world.server.connections.count) == 1)
      clients.first { $0.stream.state == .open && $0.receivedText == "hello" }?.stream.close()
      try world.run { clients.allSatisfy { $0.receivedText == "hello" } }
    }
  }

  // MARK: Idle connections

  @Test(arguments: Style.allCases)
  func `an idle connection is ended with a FIN, and counted`(style: Style) throws {
    try withServer(style: style) {
      $0.idleTimeout = .milliseconds(50)
    } _: { world in
      let began = ContinuousClock.now
      let client = try world.connect()
      try world.run { client.isEnded }
      // The loop counts whole milliseconds, from the beginning of its turns.
      #expect(ContinuousClock.now - began >= .milliseconds(45))
      #expect(client.failure == nil)
      try world.run { world.server.connections.isEmpty }
      #expect(world.server.statistics.idleTimeouts == 1)
      #expect(world.server.statistics.errors == [:])
    }
  }

  @Test func `a server that nobody holds, and whose listener has closed, leaves no timer`() throws {
    try withLoop { loop in
      weak var dropped: EchoServer?
      try {
        var configuration = Configuration()
        configuration.port = 0
        configuration.idleTimeout = .milliseconds(40)
        let server = EchoServer(configuration, on: loop, logger: Logger(label: "test"))
        dropped = server
        var isListening = false
        server.start { outcome in isListening = (try? outcome.get()) != nil }
        try #require(isListening)
        server.listeners[0].close()
      }()
      loop.run()
      #expect(dropped == nil)
    }
  }

  @Test(arguments: Style.allCases)
  func `a connection on which something happens now and then is not idle`(style: Style) throws {
    try withServer(style: style) {
      $0.idleTimeout = .milliseconds(600)
    } _: { world in
      let client = try world.connect()
      // On a busy machine this thread may rest for so long that the connection is idle indeed.
      var longestPause = Duration.zero
      var last = ContinuousClock.now
      let ticker = try Timer(world.loop)
      defer { ticker.close() }
      try ticker.start(after: .zero, repeating: .milliseconds(10)) { _ in
        guard client.isConnected, !client.isEnded else { return }
        longestPause = max(longestPause, ContinuousClock.now - last)
        last = .now
        _ = try? client.stream.write("x")
      }
      try world.run(for: .milliseconds(1300))
      #expect(world.server.statistics.idleTimeouts == 0 || longestPause > .milliseconds(300))
    }
  }

  @Test(arguments: Style.allCases)
  func `an idle client that neither reads nor ends is closed too`(style: Style) throws {
    try withServer(style: style) {
      $0.idleTimeout = .milliseconds(100)
    } _: { world in
      let stuck = try world.connect(reads: false)
      try world.run { stuck.isConnected }
      try stuck.stream.write([UInt8](repeating: 7, count: 20_000_000))
      let silent = try world.connect()
      silent.endsWithServer = false
      try world.run { world.server.statistics.connections == 2 && world.server.connections.isEmpty }
      #expect(world.server.statistics.idleTimeouts == 2)
      // A FIN to the stuck one would say that it has had all; the silent one has, and had time to end.
      #expect(world.server.statistics.resets == 2)
      #expect(silent.isEnded)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that goes on sending after its FIN is reset`(style: Style) throws {
    try withServer(style: style) {
      $0.idleTimeout = .milliseconds(100)
    } _: { world in
      let client = try world.connect()
      client.endsWithServer = false
      try world.run { client.isEnded }
      let ticker = try Timer(world.loop)
      try ticker.start(after: .zero, repeating: .milliseconds(5)) { _ in _ = try? client.stream.write("x") }
      try world.run { world.server.connections.isEmpty }
      ticker.close()
      #expect(world.server.statistics.idleTimeouts == 1)
      client.stream.close()
    }
  }
}
