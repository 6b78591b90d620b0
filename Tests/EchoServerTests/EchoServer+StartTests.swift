import Libuv
import Logging
import TestSupport
import Testing

@testable import EchoServer

@Suite struct EchoServerStartTests {
  /// Starts a server, ends it, and hands over what came of the start.
  private func start(
    _ configure: (inout Configuration) -> Void
  ) throws -> Result<[SocketAddress], StartError> {
    var configuration = Configuration()
    configuration.port = 0
    configure(&configuration)
    var outcome: Result<[SocketAddress], StartError>?
    try withLoop { loop in
      let server = EchoServer(configuration, on: loop, logger: Logger(label: "test"))
      server.start {
        #expect(outcome == nil, "it is called once")
        outcome = $0
      }
      try run(loop) { outcome != nil }
      // A server that couldn't start has to leave nothing open: `withLoop` sees to that.
      if case .success? = outcome { server.reset() }
      loop.run()
    }
    return try #require(outcome)
  }

  private func startError(_ configure: (inout Configuration) -> Void) throws -> StartError {
    let outcome = try start(configure)
    return try #require(throws: StartError.self) { try outcome.get() }
  }

  /// A port on which somebody listens, for as long as `body` takes.
  private func withTakenPort(_ host: String = "127.0.0.1", _ body: (UInt16) throws -> Void) throws {
    try withLoop { loop in
      let taken = try TCP(loop)
      defer { taken.close() }
      try taken.bind(to: SocketAddress(host: host, port: 0)!)
      try taken.listen { connection throws(UVError) in connection.close() }
      try body(try #require(taken.localAddress.port))
    }
  }

  @Test func `it tells the port that the system has chosen`() throws {
    let addresses = try start { _ in }.get()
    #expect(addresses.map(\.host) == ["127.0.0.1"])
    #expect(addresses[0].port != 0)
  }

  @Test func `several hosts share the port that the first one got, in the order given`() throws {
    let addresses = try start { $0.hosts = ["127.0.0.3", "127.0.0.1", "127.0.0.2"] }.get()
    #expect(addresses.map(\.host) == ["127.0.0.3", "127.0.0.1", "127.0.0.2"])
    #expect(Set(addresses.map(\.port)).count == 1)
  }

  @Test func `hosts that can't share a port are refused, and nothing is left open`() throws {
    // The wildcard has every address, also the one before it.
    let error = try startError { $0.hosts = ["127.0.0.1", "0.0.0.0"] }
    #expect(error.error == .addressInUse)
    #expect(error.endpoint.hasPrefix("0.0.0.0:"))
  }

  @Test func `a host named twice is listened on once`() throws {
    let addresses = try start { $0.hosts = ["127.0.0.1", "127.0.0.1"] }.get()
    #expect(addresses.map(\.host) == ["127.0.0.1"])
  }

  @Test func `a name is resolved`() throws {
    let addresses = try start { $0.hosts = ["127.0.0.2", "localhost"] }.get()
    #expect(addresses.first?.host == "127.0.0.2")
    #expect(addresses.dropFirst().allSatisfy { ["127.0.0.1", "::1"].contains($0.host) })
    #expect(addresses.count > 1)
  }

  @Test(.enabled(if: hasIPv6))
  func `both wildcards take one port`() throws {
    let addresses = try start { $0.hosts = ["0.0.0.0", "::"] }.get()
    #expect(addresses.map(\.host) == ["0.0.0.0", "::"])
    #expect(addresses[0].port == addresses[1].port)
  }

  @Test func `a Unix socket comes after the hosts, or alone`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      let both = try start { $0.unixPath = path }.get()
      #expect(both.map(\.family) == [.ipv4, .unix])
      #expect(both[1] == SocketAddress(unixPath: path))
      let alone = try start {
        $0.hosts = []
        $0.unixPath = path
      }.get()
      #expect(alone == [SocketAddress(unixPath: path)!])
    }
  }

  @Test func `every address is served`() throws {
    try withTemporaryFolder { folder in
      try withServer {
        $0.hosts = ["127.0.0.1", "127.0.0.2"]
        $0.unixPath = "\(folder)/echo"
      } _: { world in
        let clients = try world.addresses.map { try world.connect(to: $0) }
        for client in clients { try client.stream.write("hello") }
        try world.run { clients.allSatisfy { $0.receivedText == "hello" } }
        #expect(clients.count == 3)
      }
    }
  }

  @Test func `small answers go out at once`() throws {
    try withServer { world in
      let client = try world.connect()
      try client.stream.write("hello")
      try world.run { client.receivedText == "hello" }
      let connection = try #require(world.server.connections.first)
      try #expect(noDelay(of: try #require(connection.stream.descriptor)))
    }
  }

  // MARK: What goes wrong

  @Test func `a taken port is told with its address, and nothing is left open`() throws {
    try withTakenPort { port in
      let error = try startError { $0.port = port }
      #expect(error.error == .addressInUse)
      #expect(error.endpoint == "127.0.0.1:\(port)")
      #expect(
        error.description == """
          can't listen on 127.0.0.1:\(port): address already in use (EADDRINUSE); \
          is another server running there? Choose another port
          """
      )
    }
  }

  @Test func `when the second host fails the first is closed again`() throws {
    try withTakenPort("127.0.0.2") { port in
      let error = try startError {
        $0.hosts = ["127.0.0.1", "127.0.0.2"]
        $0.port = port
      }
      #expect(error.endpoint == "127.0.0.2:\(port)")
    }
  }

  @Test func `when the Unix socket fails the hosts are closed again`() throws {
    let path = String(repeating: "x", count: 108)
    let error = try startError { $0.unixPath = path }
    #expect(error.description == "can't listen on unix:\(path): name too long (ENAMETOOLONG)")
  }

  @Test func `an address of another machine is told`() throws {
    // 192.0.2.0/24 is for documentation: nobody has it.
    let error = try startError { $0.hosts = ["192.0.2.1"] }
    #expect(error.error == .addressNotAvailable)
    #expect(error.description.contains("192.0.2.1:0: address not available (EADDRNOTAVAIL)"))
    #expect(error.description.contains("this machine has no such address"))
  }

  @Test(arguments: ["a..b", "256.1.1.1", "", "no such host", "nul\u{0}byte"])
  func `a host that can't be one is told`(host: String) throws {
    let error = try startError { $0.hosts = ["127.0.0.1", host] }
    #expect(error.endpoint == host)
    #expect(error.error.name.hasPrefix("EAI_") || error.error == .invalidArgument)
  }

  @Test func `a server that is drained while names are resolved does not listen`() throws {
    try withLoop { loop in
      var configuration = Configuration()
      configuration.port = 0
      configuration.hosts = ["localhost"]
      let server = EchoServer(configuration, on: loop, logger: Logger(label: "test"))
      var outcome: Result<[SocketAddress], StartError>?
      var isDrained = false
      server.start { outcome = $0 }
      server.drain { isDrained = true }
      loop.run()
      #expect(isDrained)
      #expect(server.listeners.isEmpty)
      let error = try #require(throws: StartError.self) { try outcome?.get() }
      #expect(error.error == .canceled)
    }
  }
}
