import Libuv
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Proves that the server of the load generator's tests does wrong what it says, and nothing else.
@Suite struct FaultyServerTests {
  // MARK: As it should be

  @Test func `without a fault every byte comes back, and all is counted`() throws {
    let counters = try withServer(.none) { server in
      let clients = try (0..<3).map { _ in try RawClient(port: server.port) }
      for number in 0..<30 {
        let client = clients[number % 3]
        try client.send(request(number))
        #expect(try client.receive(size) == request(number))
      }
      try end(clients)
    }
    #expect(counters.connections == 3)
    #expect(counters.requests == 30)
    #expect(counters.bytesIn == 30 * size)
    #expect(counters.bytesOut == 30 * size)
    #expect(counters.faults == 0)
  }

  @Test func `a request that comes in parts is one request`() throws {
    let counters = try withServer(.wrongByte(every: 2)) { server in
      let client = try RawClient(port: server.port)
      try client.send(Array(request(0).prefix(20)))
      #expect(!client.hasInput(within: 20))
      try client.send(Array(request(0).dropFirst(20)) + request(1).prefix(1))
      #expect(try client.receive(size) == request(0))
      #expect(!client.hasInput(within: 20))
      try client.send(Array(request(1).dropFirst()))
      #expect(try differences(client.receive(size), request(1)) == 1)
      try end([client])
    }
    #expect(counters.requests == 2)
  }

  // MARK: Late

  @Test func `a delay is never too short, and hardly too long`() throws {
    let delay: Duration = .milliseconds(10)
    var times: [Duration] = []
    let counters = try withServer(.delay(delay)) { server in
      let client = try RawClient(port: server.port)
      for number in 0..<30 {
        let start = ContinuousClock.now
        try client.send(request(number))
        #expect(try client.receive(size) == request(number))
        times.append(.now - start)
      }
      try end([client])
    }
    times.sort()
    #expect(times[0] >= delay)
    // The fastest one, with the way there and back: the others may be hindered by what else the machine does.
    if getenv("SANITIZER") == nil { #expect(times[0] < delay + .microseconds(500)) }
    #expect(counters.requests == 30)
    #expect(counters.faults >= 30)
  }

  @Test(arguments: [1, 1500, 2999])
  func `a delay need not be whole milliseconds`(microseconds: Int) throws {
    let delay: Duration = .microseconds(microseconds)
    try withServer(.delay(delay)) { server in
      let client = try RawClient(port: server.port)
      for number in 0..<5 {
        let start = ContinuousClock.now
        try client.send(request(number))
        _ = try client.receive(size)
        #expect(.now - start >= delay)
      }
    }
  }

  @Test func `delays of many connections pass at the same time`() throws {
    try withServer(.delay(.milliseconds(100))) { server in
      let clients = try (0..<50).map { _ in try RawClient(port: server.port) }
      let start = ContinuousClock.now
      for _ in 0..<2 {
        for (number, client) in clients.enumerated() { try client.send(request(number)) }
        for (number, client) in clients.enumerated() { #expect(try client.receive(size) == request(number)) }
      }
      let time = ContinuousClock.now - start
      #expect(time >= .milliseconds(200))
      // One after the other they would take ten seconds.
      #expect(time < .seconds(5))
    }
  }

  @Test func `delayed echoes come before the end that the client has asked for`() throws {
    try withServer(.delay(.milliseconds(30))) { server in
      let client = try RawClient(port: server.port)
      try client.send(request(1))
      try client.endSending()
      #expect(try client.receiveToEnd() == request(1))
    }
  }

  @Test func `a stall stops all connections`() throws {
    let counters = try withServer(.stall(.milliseconds(150), every: 2)) { server in
      let clients = try (0..<2).map { _ in try RawClient(port: server.port) }
      try clients[0].send(request(0))
      #expect(try clients[0].receive(size) == request(0))
      let start = ContinuousClock.now
      // Whichever the server reads first, its reply is the second one.
      for client in clients { try client.send(request(1)) }
      for client in clients {
        #expect(try client.receive(size) == request(1))
        #expect(.now - start >= .milliseconds(150))
      }
      try end(clients)
    }
    #expect(counters.requests == 3)
    #expect(counters.faults == 1)
  }

  @Test func `reading and never answering is what a mute server does`() throws {
    let counters = try withServer(.mute) { server in
      let client = try RawClient(port: server.port)
      for number in 0..<3 { try client.send(request(number)) }
      #expect(!client.hasInput(within: 50))
      try client.endSending()
      #expect(try client.receiveToEnd().isEmpty)
    }
    #expect(counters.requests == 3)
    #expect(counters.faults == 3)
    #expect(counters.bytesIn == 3 * size)
    #expect(counters.bytesOut == 0)
  }

  // MARK: Wrong bytes

  @Test func `one byte of each third reply is wrong, on whatever connection`() throws {
    let counters = try withServer(.wrongByte(every: 3)) { server in
      let clients = try (0..<2).map { _ in try RawClient(port: server.port) }
      for number in 1...12 {
        let client = clients[number % 2]
        try client.send(request(number))
        #expect(try differences(client.receive(size), request(number)) == (number % 3 == 0 ? 1 : 0))
      }
      try end(clients)
    }
    #expect(counters.faults == 4)
    #expect(counters.bytesOut == 12 * size)
  }

  @Test func `the last byte of each second reply is missing`() throws {
    let counters = try withServer(.missingByte(every: 2)) { server in
      let client = try RawClient(port: server.port)
      for number in 1...6 { try client.send(request(number)) }
      try client.endSending()
      let expected = (1...6).flatMap { $0 % 2 == 0 ? Array(request($0).dropLast()) : request($0) }
      #expect(try client.receiveToEnd() == expected)
    }
    #expect(counters.faults == 3)
    #expect(counters.bytesIn == 6 * size)
    #expect(counters.bytesOut == 6 * size - 3)
  }

  @Test func `a reply of one byte goes missing whole`() throws {
    let counters = try withServer(.missingByte(every: 1), requestSize: 1) { server in
      let client = try RawClient(port: server.port)
      try client.send([1, 2, 3])
      try client.endSending()
      #expect(try client.receiveToEnd().isEmpty)
    }
    #expect(counters.faults == 3)
    #expect(counters.writes == 0)
  }

  @Test func `a byte too many comes after each second reply`() throws {
    let counters = try withServer(.surplusByte(every: 2)) { server in
      let client = try RawClient(port: server.port)
      for number in 1...6 { try client.send(request(number)) }
      try client.endSending()
      let expected = (1...6).flatMap { request($0) + ($0 % 2 == 0 ? [UInt8(ascii: "!")] : []) }
      #expect(try client.receiveToEnd() == expected)
    }
    #expect(counters.faults == 3)
    #expect(counters.bytesOut == 6 * size + 3)
  }

  @Test func `bytes come before anything was asked`() throws {
    let counters = try withServer(.answersFirst) { server in
      let client = try RawClient(port: server.port)
      #expect(try client.receive(size) == [UInt8](repeating: UInt8(ascii: "?"), count: size))
      try client.send(request(1))
      #expect(try client.receive(size) == request(1))
      try end([client])
    }
    #expect(counters.requests == 1)
    #expect(counters.faults == 1)
    #expect(counters.bytesOut == 2 * size)
  }

  // MARK: In pieces

  @Test func `a reply in pieces is whole, and seen in pieces`() throws {
    var requests = 0
    let counters = try withServer(.pieces(4)) { server in
      let client = try RawClient(port: server.port)
      let end = ContinuousClock.now + .seconds(30)
      var isSeenInPieces = false
      // A client that doesn't get to run in between sees the pieces as one.
      while !isSeenInPieces, ContinuousClock.now < end {
        try client.send(request(requests))
        var received = try client.receive(1)
        while received.count < size, ContinuousClock.now < end {
          let count = received.count
          _ = try client.receiveWhatIsThere(into: &received, atMost: size - count)
          if received.count > count, received.count < size { isSeenInPieces = true }
        }
        #expect(received == request(requests))
        requests += 1
      }
      #expect(isSeenInPieces)
      try FaultyServerTests.end([client])
    }
    #expect(counters.requests == requests)
    #expect(counters.faults == requests)
    #expect(counters.writes == 4 * requests)
    #expect(counters.bytesOut == size * requests)
  }

  @Test func `there are not more pieces than bytes, and all come before the end`() throws {
    let counters = try withServer(.pieces(100), requestSize: 3) { server in
      let client = try RawClient(port: server.port)
      try client.send([1, 2, 3, 4, 5, 6])
      try client.endSending()
      #expect(try client.receiveToEnd() == [1, 2, 3, 4, 5, 6])
    }
    #expect(counters.writes == 6)
  }

  // MARK: Ends

  @Test func `each second reply is a reset, and the others are right`() throws {
    let counters = try withServer(.reset(every: 2)) { server in
      let steady = try RawClient(port: server.port)
      for number in 0..<5 {
        try steady.send(request(number))
        #expect(try steady.receive(size) == request(number))
        let unlucky = try RawClient(port: server.port)
        try unlucky.send(request(number))
        let failure = #expect(throws: SocketFailure.self) { try unlucky.receive(size) }
        #expect(failure?.isReset == true)
      }
      try end([steady])
    }
    #expect(counters.connections == 6)
    #expect(counters.requests == 10)
    #expect(counters.faults == 5)
    #expect(counters.bytesOut == 5 * size)
  }

  @Test func `a connection is ended at once, without a reset`() throws {
    let counters = try withServer(.closesAfterAccept) { server in
      let clients = try (0..<3).map { _ in try RawClient(port: server.port) }
      for client in clients {
        #expect(try client.receiveToEnd().isEmpty)
        try client.send(request(1))
        #expect(try client.receiveToEnd().isEmpty)
      }
    }
    #expect(counters.connections == 3)
    #expect(counters.faults == 3)
    #expect(counters.requests == 0)
    #expect(counters.bytesOut == 0)
  }

  @Test func `connections that are never taken get no answer, and a reset in the end`() throws {
    let client: RawClient
    let server = try FaultyServer(.neverAccepts, requestSize: size)
    client = try RawClient(port: server.port)
    try client.send(request(1))
    #expect(!client.hasInput(within: 50))
    server.stop()
    let failure = #expect(throws: SocketFailure.self) { try client.receive(1) }
    #expect(failure?.isReset == true)
    #expect(server.counters == FaultyServer.Counters())
  }

  // MARK: Stopping

  @Test func `stopping closes open connections, at any moment, and twice is no harm`() throws {
    let faults: [FaultyServer.Fault] = [
      .none, .delay(.seconds(60)), .delay(.milliseconds(1)), .pieces(50), .mute, .closesAfterAccept,
    ]
    for fault in faults {
      let server = try FaultyServer(fault, requestSize: size)
      let clients = try (0..<3).map { _ in try RawClient(port: server.port) }
      for client in clients { try client.send(request(1)) }
      server.stop()
      server.stop()
      #expect(throws: SocketFailure.self) { try RawClient(port: server.port) }
      for client in clients { client.close() }
    }
  }

  @Test func `a server that is dropped has stopped`() throws {
    var server: FaultyServer? = try FaultyServer(.none, requestSize: size)
    let port = try #require(server?.port)
    #expect(server?.address == SocketAddress(host: "127.0.0.1", port: port))
    let client = try RawClient(port: port)
    try client.send(request(1))
    #expect(try client.receive(size) == request(1))
    server = nil
    #expect(throws: SocketFailure.self) { try RawClient(port: port) }
  }

  // MARK: Helpers

  private let size = 64

  private func request(_ number: Int) -> [UInt8] { testBytes(size, seed: number) }

  /// How many bytes are not the same.
  private func differences(_ bytes: [UInt8], _ others: [UInt8]) -> Int {
    #expect(bytes.count == others.count)
    return zip(bytes, others).count { $0 != $1 }
  }

  /// Has a server, and stops it after `body`.
  @discardableResult
  private func withServer(
    _ fault: FaultyServer.Fault,
    requestSize: Int = 64,
    _ body: (FaultyServer) throws -> Void
  ) throws -> FaultyServer.Counters {
    let server = try FaultyServer(fault, requestSize: requestSize)
    defer { server.stop() }
    try body(server)
    server.stop()
    return server.counters
  }

  /// Ends connections and waits for the server's end, so that all has been counted; nothing more may come.
  private static func end(_ clients: [RawClient]) throws {
    for client in clients {
      try client.endSending()
      #expect(try client.receiveToEnd().isEmpty)
    }
  }

  private func end(_ clients: [RawClient]) throws { try Self.end(clients) }
}
