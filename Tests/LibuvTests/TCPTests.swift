import Libuv
import TestSupport
import Testing

@Suite struct TCPTests {
  // MARK: Names

  @Test func `both ends know both addresses`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      #expect(try pair.client.localAddress == pair.server.remoteAddress)
      #expect(try pair.client.remoteAddress == pair.server.localAddress)
      #expect(try pair.client.localAddress.host == "127.0.0.1")
      #expect(try pair.client.localAddress.port != pair.client.remoteAddress.port)
      #expect(pair.client.typeName == "tcp")
      pair.client.close()
      pair.server.close()
    }
  }

  @Test func `a socket without a connection has no peer, and one without a socket no name`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      #expect(throws: UVError.self) { try stream.localAddress }
      #expect(throws: UVError.self) { try stream.remoteAddress }
      try stream.bind(to: "127.0.0.1:0")
      #expect(try stream.localAddress.port != 0)
      #expect(throws: UVError.notConnected) { try stream.remoteAddress }
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.localAddress }
      #expect(throws: UVError.badHandle) { try stream.remoteAddress }
    }
  }

  @Test(.enabled(if: hasIPv6)) func `IPv6 works as IPv4 does`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop, to: "[::1]:0")
      #expect(try pair.client.remoteAddress == pair.server.localAddress)
      #expect(try pair.server.localAddress.family == .ipv6)
      #expect(try pair.server.localAddress.host == "::1")
      let collector = try Collector(pair.client)
      try pair.server.write("hello")
      pair.server.close()
      loop.run()
      #expect(collector.text == "hello")
    }
  }

  @Test(.enabled(if: hasIPv6)) func `an IPv6 wildcard leaves IPv4 to others when asked to`() throws {
    try withLoop { loop in
      // Another test may have the port on IPv4 already: then with another port. Nobody connects, or it could be to that
      // test.
      for attempt in 1... {
        let six = try TCP(loop)
        try six.bind(to: "[::]:0", ipv6Only: true)
        try six.listen { connection throws(UVError) in connection.close() }
        let four = try TCP(loop)
        defer {
          six.close()
          four.close()
        }
        do {
          try four.bind(to: SocketAddress(host: "127.0.0.1", port: #require(six.localAddress.port))!)
          try four.listen { connection throws(UVError) in connection.close() }
          return
        } catch let error as UVError where error == .addressInUse && attempt < 20 {
          continue
        }
      }
    }
  }

  @Test(.enabled(if: hasIPv6)) func `an IPv6 wildcard takes IPv4, too, when not asked`() throws {
    try withLoop { loop in
      let six = try TCP(loop)
      try six.bind(to: "[::]:0")
      var connections = 0
      try six.listen { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      let port = try #require(try six.localAddress.port)
      let client = try TCP(loop)
      var results: [UVError?] = []
      try client.connect(to: SocketAddress(host: "127.0.0.1", port: port)!) { results.append($0) }
      try run(loop) { results.count == 1 && connections == 1 }
      #expect(results == [nil])
      client.close()
      six.close()
    }
  }

  // MARK: Binding

  @Test func `an address in use shows when it listens, and the stream can be closed`() throws {
    try withLoop { loop in
      let first = try TCP(loop)
      try first.bind(to: "127.0.0.1:0")
      let listener = try first.listen { connection throws(UVError) in connection.close() }
      let second = try TCP(loop)
      try second.bind(to: #require(listener.address))
      for _ in 0..<2 {
        let error = #expect(throws: UVError.addressInUse) {
          try second.listen { _ throws(UVError) in Issue.record("called") }
        }
        #expect(error?.operation.description == "listen")
      }
      #expect(second.state == .open)
      second.close()
      first.close()
    }
  }

  @Test func `an address that isn't this machine's can't be bound`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      let error = #expect(throws: UVError.addressNotAvailable) { try stream.bind(to: "192.0.2.1:0") }
      #expect(error?.operation.description == "bind")
      #expect(stream.state == .open)
      // Another one can.
      try stream.bind(to: "127.0.0.1:0")
      #expect(throws: UVError.invalidArgument) { try stream.bind(to: "127.0.0.1:0") }
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.bind(to: "127.0.0.1:0") }
    }
  }

  @Test(.enabled(if: hasPrivilegedPorts)) func `a port of the system's is not permitted`() async {
    await #expect(processExitsWith: .success) {
      dropPrivileges()
      try withLoop { loop in
        let stream = try TCP(loop)
        #expect(throws: UVError.permissionDenied) {
          try stream.bind(to: "127.0.0.1:1")
          try stream.listen { _ throws(UVError) in }
        }
        stream.close()
      }
    }
  }

  @Test func `a Unix socket's path is no address for TCP`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      #expect(throws: UVError.invalidArgument) { try stream.bind(to: "unix:/tmp/never-made") }
      #expect(stream.state == .open)
      stream.close()
    }
  }

  @Test func `a stream listens once`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      try stream.bind(to: "127.0.0.1:0")
      var connections = 0
      let listener = try stream.listen { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      #expect(throws: UVError.alreadyInProgress) {
        try stream.listen { _ throws(UVError) in Issue.record("called") }
      }
      let raw = try RawSocket(to: #require(listener.address))
      try run(loop) { connections == 1 }
      raw.close()
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.listen { _ throws(UVError) in } }
    }
  }

  // MARK: Binding the source of a connection

  /// Listens on `host`, and gives the peers' addresses.
  private static func connect(
    _ loop: Loop,
    from source: SocketAddress,
    to address: SocketAddress = "127.0.0.1:0",
    count: Int = 1
  ) throws -> (clients: [TCP], peers: [SocketAddress], close: () -> Void) {
    let listening = try TCP(loop)
    try listening.bind(to: address)
    var accepted: [TCP] = []
    let listener = try listening.listen { connection throws(UVError) in accepted.append(connection) }
    let destination = try #require(listener.address)
    var results: [UVError?] = []
    let clients = try (0..<count).map { _ in
      let client = try TCP(loop)
      try client.bind(source: source)
      try client.connect(to: destination) { results.append($0) }
      return client
    }
    try run(loop) { results.count == count && accepted.count == count }
    #expect(results == Array(repeating: nil, count: count))
    return (
      clients, try accepted.map { stream in try stream.remoteAddress },
      {
        for stream in clients + accepted + [listening] { stream.close() }
      }
    )
  }

  #if os(Linux)
    @Test func `a connection has the source address that it was bound to, and a port when it is made`() throws
    {
      try withLoop { loop in
        let stream = try TCP(loop)
        try stream.bind(source: "127.0.0.2:0")
        #expect(try stream.localAddress == "127.0.0.2:0", "the port is chosen by connect")
        stream.close()
        let (clients, peers, close) = try Self.connect(loop, from: "127.0.0.2:0", count: 10)
        #expect(Set(peers).count == 10)
        #expect(try Set(clients.map { stream in try stream.localAddress }) == Set(peers))
        #expect(Set(peers.map(\.host)) == ["127.0.0.2"])
        #expect(!peers.contains { $0.port == 0 })
        close()
      }
    }

    @Test func `connections to different destinations can share the ports of a source address`() async {
      await #expect(processExitsWith: .success) {
        try withLoop { loop in
          // More connections than there are ports would take long; that a port comes twice shows it as well.
          var ports: [UInt16: Int] = [:]
          var closes: [() -> Void] = []
          for number in 1...40 {
            let address = try #require(SocketAddress(host: "127.0.1.\(number)", port: 0))
            let (_, peers, close) = try TCPTests.connect(loop, from: "127.0.0.3:0", to: address, count: 40)
            for peer in peers { ports[try #require(peer.port), default: 0] += 1 }
            closes.append(close)
          }
          #expect(ports.values.contains { $0 > 1 })
          for close in closes { close() }
        }
      }
    }
  #endif

  @Test func `a bound source works as any connection, with its settings`() throws {
    try withLoop { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      let listener = try listening.listen { connection throws(UVError) in
        try connection.pump(to: connection)
      }
      let stream = try TCP(loop)
      try stream.setNoDelay(true)
      try stream.setKeepAlive(.seconds(60))
      try stream.bind(source: "127.0.0.1:0")
      #expect(!stream.isReadable && !stream.isWritable)
      let descriptor = try #require(stream.descriptor)
      #expect(isNoDelay(descriptor) == true)
      #expect(keepAliveDelay(descriptor) == 60)
      var isConnected = false
      try stream.connect(to: #require(listener.address)) { error in
        #expect(error == nil)
        isConnected = true
      }
      try stream.write("written before it is connected")
      try run(loop) { isConnected }
      #expect(stream.isReadable && stream.isWritable)
      #expect(stream.descriptor == descriptor)
      try stream.setNoDelay(false)
      #expect(isNoDelay(descriptor) == false)
      let collector = try Collector(stream)
      try run(loop) { collector.text == "written before it is connected" }
      stream.close()
      listening.close()
    }
  }

  @Test(.enabled(if: hasIPv6)) func `an IPv6 source works as an IPv4 one does`() throws {
    try withLoop { loop in
      let (clients, peers, close) = try Self.connect(loop, from: "[::1]:0", to: "[::1]:0")
      #expect(try clients.map { stream in try stream.localAddress } == peers)
      #expect(peers.first?.host == "::1")
      #expect(peers.first?.port != 0)
      close()
    }
  }

  @Test func `a source's port is taken as it is when it isn't 0`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      try stream.bind(to: "127.0.0.1:0")
      let address = try stream.localAddress
      stream.close()
      loop.run()
      let source = try TCP(loop)
      try source.bind(source: address)
      #expect(try source.localAddress == address)
      source.close()
    }
  }

  @Test func `a source that can't be bound is an error, and another one can`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      for _ in 0..<2 {
        let error = #expect(throws: UVError.addressNotAvailable) { try stream.bind(source: "192.0.2.1:0") }
        #expect(error?.operation.description == "bind")
      }
      #expect(throws: UVError.invalidArgument) { try stream.bind(source: "unix:/tmp/never-made") }
      #expect(stream.descriptor == nil)
      #expect(stream.state == .open)
      try stream.bind(source: "127.0.0.1:0")
      let descriptor = stream.descriptor
      #expect(throws: UVError.busy) { try stream.bind(source: "127.0.0.1:0") }
      #expect(throws: UVError.invalidArgument) { try stream.bind(source: "unix:/tmp/never-made") }
      #expect(stream.descriptor == descriptor)
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.bind(source: "127.0.0.1:0") }
      loop.run()
      #expect(throws: UVError.badHandle) { try stream.bind(source: "127.0.0.1:0") }
    }
  }

  @Test func `a source is refused for a stream that is bound or connected`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      #expect(throws: UVError.busy) { try pair.client.bind(source: "127.0.0.1:0") }
      #expect(pair.client.isReadable && pair.client.isWritable)
      pair.client.close()
      pair.server.close()
      let bound = try TCP(loop)
      try bound.bind(to: "127.0.0.1:0")
      #expect(throws: UVError.busy) { try bound.bind(source: "127.0.0.1:0") }
      bound.close()
    }
  }

  @Test func `a bound source whose connection is refused tells it, and closes`() throws {
    try withLoop { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      let address = try listening.localAddress
      let stream = try TCP(loop)
      try stream.bind(source: "127.0.0.1:0")
      var results: [UVError?] = []
      // Bound, but it doesn't listen.
      try stream.connect(to: address) { results.append($0) }
      try run(loop) { stream.state == .closed }
      #expect(results == [.connectionRefused])
      listening.close()
    }
  }

  @Test func `sources that fail leave no descriptor open`() async {
    await #expect(processExitsWith: .success) {
      try withLoop { loop in
        setDescriptorLimit(64)
        let stream = try TCP(loop)
        for _ in 0..<200 {
          #expect(throws: UVError.addressNotAvailable) { try stream.bind(source: "192.0.2.1:0") }
        }
        setDescriptorLimit(0)
        #expect(throws: UVError.tooManyOpenFiles) { try stream.bind(source: "127.0.0.1:0") }
        // The leak check at the end needs some.
        setDescriptorLimit(100)
        stream.close()
      }
    }
  }

  // MARK: Adopting

  @Test func `a connected socket can be adopted, and is then the stream's to close`() throws {
    try withLoop { loop in
      let (raw, peer) = try Transport.tcp.rawPair(loop)
      let descriptor = raw.release()
      let stream = try TCP(loop)
      try stream.adopt(descriptor: descriptor)
      #expect(stream.descriptor == descriptor)
      #expect(stream.isReadable && stream.isWritable)
      let collector = try Collector(stream)
      // It has a socket now, and doesn't take another one.
      let other = try #require(openDescriptor())
      #expect(throws: UVError.busy) { try stream.adopt(descriptor: other) }
      #expect(isOpenDescriptor(other))
      closeDescriptor(other)
      let second = try TCP(loop)
      #expect(throws: UVError.fileExists) { try second.adopt(descriptor: descriptor) }
      #expect(second.descriptor == nil)
      second.close()
      try stream.write("to the peer")
      try peer.write("from the peer")
      let atPeer = try Collector(peer)
      try run(loop) { collector.text == "from the peer" && atPeer.text == "to the peer" }
      stream.close()
      loop.run()
      #expect(atPeer.isEnded)
    }
  }

  @Test func `a bad descriptor is not adopted`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: -1) }
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: 1_000_000_000) }
      #expect(stream.state == .open)
      #expect(stream.descriptor == nil)
      stream.close()
      let descriptor = try #require(openDescriptor())
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: descriptor) }
      #expect(isOpenDescriptor(descriptor), "it stays the caller's")
      closeDescriptor(descriptor)
    }
  }

  // MARK: Options

  @Test(arguments: [true, false])
  func `accepted connections have the listener's setting of Nagle's algorithm`(isOn: Bool) throws {
    try withLoop { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      try listening.setNoDelay(isOn)
      var accepted: TCP?
      let listener = try listening.listen { connection throws(UVError) in accepted = connection }
      let raw = try RawSocket(to: #require(listener.address))
      try run(loop) { accepted != nil }
      let connection = try #require(accepted)
      let descriptor = try #require(connection.descriptor)
      #expect(isNoDelay(descriptor) == isOn)
      try connection.setNoDelay(!isOn)
      #expect(isNoDelay(descriptor) == !isOn)
      raw.close()
      connection.close()
      listener.close()
      #expect(throws: UVError.badHandle) { try connection.setNoDelay(true) }
    }
  }

  @Test func `the setting made before there is a socket holds for it`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      try stream.setNoDelay(true)
      try stream.setKeepAlive(.seconds(60))
      try stream.bind(to: "127.0.0.1:0")
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      try listening.listen { connection throws(UVError) in connection.close() }
      var isConnected = false
      try stream.connect(to: listening.localAddress) { _ in isConnected = true }
      try run(loop) { isConnected }
      let descriptor = try #require(stream.descriptor)
      #expect(isNoDelay(descriptor) == true)
      #expect(keepAliveDelay(descriptor) == 60)
      stream.close()
      listening.close()
    }
  }

  @Test func `keep-alive probes begin after the time asked for, rounded up to seconds`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      let descriptor = try #require(pair.client.descriptor)
      #expect(keepAliveDelay(descriptor) == nil)
      for (delay, seconds) in [
        (Duration.seconds(30), 30), (.milliseconds(30_001), 31), (.milliseconds(1), 1), (.zero, 1),
        (.seconds(-5), 1),
      ] {
        try pair.client.setKeepAlive(delay)
        #expect(keepAliveDelay(descriptor) == seconds)
      }
      try pair.client.setKeepAlive(nil)
      #expect(keepAliveDelay(descriptor) == nil)
      pair.client.close()
      #expect(throws: UVError.badHandle) { try pair.client.setKeepAlive(.seconds(1)) }
      pair.server.close()
    }
  }

  @Test func `a keep-alive time that the system doesn't take is an error`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      #expect(throws: UVError.invalidArgument) { try pair.client.setKeepAlive(.seconds(1_000_000_000)) }
      #expect(pair.client.state == .open)
      pair.client.close()
      pair.server.close()
    }
  }
}
