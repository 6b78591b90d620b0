import TestSupport
import Testing

@testable import Libuv

@Suite struct StreamPoolTests {
  /// Takes connections, one after the other, and says which objects they are.
  private final class Service {
    let loop: Loop
    private let folder: TemporaryFolder
    private(set) var listener: Listener!
    private(set) var identities: [ObjectIdentifier] = []
    private(set) var ends = 0
    /// What is done with a new connection.
    var onConnection: (Libuv.Stream) throws(UVError) -> Void = { connection throws(UVError) in
      try connection.pump(to: connection)
    }

    init(_ loop: Loop, _ transport: Transport = .tcp) throws {
      self.loop = loop
      folder = try TemporaryFolder()
      listener = try transport.listen(loop, in: folder) { [self] connection throws(UVError) in
        identities.append(ObjectIdentifier(connection))
        try onConnection(connection)
      } onClosed: { [self] _ in
        ends += 1
      }
    }

    deinit { folder.remove() }

    /// One connection: its bytes come back, and then it ends.
    func serveOne(_ bytes: [UInt8] = [1, 2, 3]) throws {
      let raw = try RawSocket(to: #require(listener.address))
      raw.send(bytes)
      raw.endSending()
      #expect(try raw.receiveAll(loop).bytes == bytes)
      let count = identities.count
      try run(loop) { ends == count }
    }

    /// One connection that somebody ends here.
    func takeOne() throws -> RawSocket {
      let count = identities.count
      let raw = try RawSocket(to: #require(listener.address))
      try run(loop) { identities.count == count + 1 }
      return raw
    }
  }

  @Test(arguments: Transport.allCases)
  func `a connection that nobody has kept is used again`(transport: Transport) throws {
    try withLoop { loop in
      let service = try Service(loop, transport)
      for number in 1...100 {
        try service.serveOne(Pattern.bytes(number))
        #expect(service.listener.pool?.count == 1)
      }
      #expect(Set(service.identities).count == 1)
      service.listener.close()
      loop.run()
      #expect(service.listener.pool == nil)
    }
  }

  @Test func `as many objects are used as there are connections at once`() throws {
    try withLoop { loop in
      let service = try Service(loop)
      for _ in 1...3 {
        let raws = try (0..<10).map { _ in try service.takeOne() }
        for raw in raws { raw.close() }
        try run(loop) { service.ends == service.identities.count }
        #expect(service.listener.pool?.count == 10)
      }
      #expect(Set(service.identities).count == 10)
      service.listener.close()
    }
  }

  @Test func `no more are kept than the limit`() throws {
    try withLoop { loop in
      let service = try Service(loop)
      let count = StreamPool.limit + 20
      let raws = try (0..<count).map { _ in try service.takeOne() }
      for connection in service.listener.connections { connection.close() }
      try run(loop) { service.ends == count }
      #expect(service.listener.pool?.count == StreamPool.limit)
      service.listener.close()
      withExtendedLifetime(raws) {}
    }
  }

  // MARK: As if it were new

  @Test(arguments: Transport.allCases)
  func `used again, a connection is as a new one`(transport: Transport) throws {
    try withLoop { loop in
      let service = try Service(loop, transport)
      weak var token: Token?
      service.onConnection = { connection throws(UVError) in
        let new = Token()
        token = new
        connection.highWaterMark = 10
        connection.onDrain = { _ in _ = new }
        connection.whenClosed { _ = new }
        connection.unref()
        try connection.read { connection, event throws(UVError) in
          _ = new
          if case .bytes = event { throw UVError.permissionDenied.during("read") }
        }
      }
      let raw = try service.takeOne()
      raw.send([1, 2, 3])
      try run(loop) { service.ends == 1 }
      #expect(token == nil)
      raw.close()
      var second: Libuv.Stream?
      service.onConnection = { connection throws(UVError) in second = connection }
      let other = try service.takeOne()
      let connection = try #require(second)
      #expect(Set(service.identities).count == 1)
      #expect(connection.state == .open)
      #expect(connection.failure == nil)
      #expect(connection.highWaterMark == 65536)
      #expect(connection.onDrain == nil)
      #expect(connection.bytesRead == 0)
      #expect(connection.bytesWritten == 0)
      #expect(connection.readCount == 0)
      #expect(connection.queuedByteCount == 0)
      #expect(connection.isReferenced)
      #expect(!connection.isActive)
      #expect(!connection.isReadEnded)
      #expect(connection.isReadable)
      #expect(connection.isWritable)
      #expect(!connection.isAboveHighWaterMark)
      #expect(connection.description.contains("(open) made at"))
      var closes = 0
      connection.close { closes += 1 }
      try run(loop) { closes == 1 }
      service.listener.close()
      other.close()
    }
  }

  enum Ending: CaseIterable { case withQueue, inShutdown, paused, whilePumpedTo, refused, closedTwice }

  private static func end(_ stream: Libuv.Stream, _ ending: Ending) throws(UVError) {
    switch ending {
    case .withQueue:
      _ = try stream.fill()
      stream.closeReset()
    case .inShutdown:
      try stream.shutdown { _ in }
      stream.close()
    case .paused:
      try stream.read(to: Receiver())
      stream.pause()
      stream.close()
    case .whilePumpedTo:
      try stream.pump(to: stream)
      stream.finish()
      stream.closeReset()
    case .refused: throw UVError.permissionDenied.during("welcome")
    case .closedTwice: stream.close { stream.close() }
    }
  }

  @Test func `how a connection has ended doesn't show in the next one`() throws {
    try withLoop { loop in
      let service = try Service(loop)
      for ending in Ending.allCases {
        let count = service.ends
        service.onConnection = { connection throws(UVError) in try Self.end(connection, ending) }
        let raw = try service.takeOne()
        try run(loop) { service.ends == count + 1 }
        raw.close()
        service.onConnection = { connection throws(UVError) in try connection.pump(to: connection) }
        try service.serveOne(Pattern.bytes(100_000))
      }
      #expect(Set(service.identities).count == 1)
      service.listener.close()
    }
  }

  enum LateMoment: CaseIterable { case completion, onClosed, shutdown, endOfCaptured }

  private final class AtEnd {
    private let action: () -> Void
    init(_ action: @escaping () -> Void) { self.action = action }
    deinit { action() }
  }

  @Test(arguments: LateMoment.allCases)
  func `a drain handler that is set when all is over doesn't come with the next connection`(
    moment: LateMoment
  ) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      var identities: Set<ObjectIdentifier> = []
      var handlers: [Bool] = []
      var sets = 0
      var ends = 0
      func setLate(_ connection: Libuv.Stream) {
        sets += 1
        connection.onDrain = { _ in Issue.record("another connection's drain") }
        #expect(connection.onDrain == nil)
      }
      let listener = try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
        identities.insert(ObjectIdentifier(connection))
        handlers.append(connection.onDrain != nil)
        if handlers.count == 1 {
          switch moment {
          case .completion: connection.whenClosed { setLate(connection) }
          case .shutdown:
            _ = try connection.fill()
            try connection.shutdown { _ in setLate(connection) }
          case .endOfCaptured:
            let captured = AtEnd { [unowned(unsafe) connection] in setLate(connection) }
            try connection.read { _, _ throws(UVError) in _ = captured }
          case .onClosed: break
          }
        }
        connection.closeReset()
      } onClosed: { connection in
        ends += 1
        if moment == .onClosed, ends == 1 { setLate(connection) }
      }
      for number in 1...2 {
        let raw = try RawSocket(to: #require(listener.address))
        try run(loop) { ends == number }
        raw.close()
      }
      #expect(sets == 1)
      #expect(handlers == [false, false])
      #expect(identities.count == 1)
      listener.close()
    }
  }

  // MARK: Who keeps a connection keeps it

  enum Reference: CaseIterable { case strong, weak, unowned, weakThatIsGone, whileToldOfTheEnd }

  private final class Keeper {
    var strong: Libuv.Stream?
    weak var weakly: Libuv.Stream?
    unowned var unownedly: Libuv.Stream?
  }

  @Test(arguments: Reference.allCases)
  func `a connection that somebody refers to is not used again`(reference: Reference) throws {
    try withLoop { loop in
      let service = try Service(loop)
      let keeper = Keeper()
      service.onConnection = { connection throws(UVError) in
        switch reference {
        case .strong: keeper.strong = connection
        case .weak: keeper.weakly = connection
        case .unowned: keeper.unownedly = connection
        case .weakThatIsGone:
          keeper.weakly = connection
          keeper.weakly = nil
        case .whileToldOfTheEnd: connection.whenClosed { [unowned connection] in keeper.strong = connection }
        }
        try connection.pump(to: connection)
      }
      try service.serveOne()
      #expect(service.listener.pool?.count == 0)
      #expect(keeper.weakly == nil)
      if let kept = keeper.strong {
        #expect(kept.state == .closed)
        #expect(kept.bytesRead == 3)
      }
      service.onConnection = { connection throws(UVError) in try connection.pump(to: connection) }
      try service.serveOne(Pattern.bytes(1000))
      if let kept = keeper.strong { #expect(kept.bytesRead == 3, "its figures stay") }
      #expect(service.listener.pool?.count == 1)
      // Gone for good: it would be unsafe to ask for it.
      keeper.unownedly = nil
      service.listener.close()
    }
  }

  @Test func `a timer that refers to a closed connection weakly finds nothing, and not the next one`() throws
  {
    try withLoop { loop in
      let service = try Service(loop)
      var found: [Bool] = []
      let timer = try Libuv.Timer(loop)
      var fire: (Libuv.Timer) -> Void = { _ in }
      service.onConnection = { connection throws(UVError) in
        fire = { [weak connection] timer in
          found.append(connection != nil)
          timer.close()
        }
        try connection.pump(to: connection)
      }
      try service.serveOne()
      var next: Libuv.Stream?
      service.onConnection = { connection throws(UVError) in next = connection }
      let raw = try service.takeOne()
      // Only now, when there is another one.
      try timer.start(after: .milliseconds(1), handler: fire)
      try run(loop) { !found.isEmpty }
      #expect(found == [false])
      #expect(next?.state == .open)
      next?.close()
      service.listener.close()
      raw.close()
    }
  }

  // MARK: The end

  @Test func `a connection that closes after its listener is not kept`() throws {
    try withLoop { loop in
      let service = try Service(loop)
      try service.serveOne()
      let raw = try service.takeOne()
      let pool = try #require(service.listener.pool)
      service.listener.close()
      try run(loop) { service.listener.stream.state == .closed }
      #expect(pool.count == 0)
      raw.close()
      try run(loop) { service.ends == 2 }
      #expect(pool.count == 0)
    }
  }

  @Test func `connections come and go while others are closing`() throws {
    try withLoop { loop in
      let service = try Service(loop)
      var raws: [RawSocket] = []
      for round in 0..<200 {
        raws.append(try service.takeOne())
        if round % 3 != 0 { raws.remove(at: round * 7 % raws.count).close() }
        if round % 5 == 0, let connection = service.listener.connections.randomElement() {
          connection.closeReset()
        }
      }
      for raw in raws { raw.close() }
      try run(loop) { service.ends == 200 }
      #expect(Set(service.identities).count < 200)
      service.listener.close()
    }
  }
}

private final class Token {}
