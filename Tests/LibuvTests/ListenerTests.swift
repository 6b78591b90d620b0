import Libuv
import TestSupport
import Testing

@Suite struct ListenerTests {
  /// Answers each connection's bytes, and counts the connections.
  fileprivate final class Service {
    var connections: [Libuv.Stream] = []
    var events: [String] = []

    func accept(_ connection: Libuv.Stream) throws(UVError) {
      connections.append(connection)
      try connection.pump(to: connection)
    }

    func listen(_ transport: Transport, _ loop: Loop, _ folder: TemporaryFolder) throws -> Listener {
      let listener = try transport.listen(loop, in: folder) { [self] connection throws(UVError) in
        try accept(connection)
      }
      listener.onEvent = { [self] event in events.append(event.name) }
      return listener
    }
  }

  /// Clients that have sent their number.
  fileprivate static func clients(_ count: Int, of listener: Listener) throws -> [RawSocket] {
    let address = try #require(listener.address)
    return try (0..<count).map { number in
      let client = try RawSocket(to: address)
      client.send([UInt8(number)])
      client.endSending()
      return client
    }
  }

  @Test(arguments: Transport.allCases)
  func `each of many connections is taken and served`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let service = Service()
      let listener = try service.listen(transport, loop, folder)
      let clients = try Self.clients(100, of: listener)
      for (number, client) in clients.enumerated() {
        let (bytes, end) = try client.receiveAll(loop)
        #expect(bytes == [UInt8(number)])
        #expect(end == .end)
      }
      #expect(service.connections.count == 100)
      #expect(service.events.isEmpty)
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `its connections are those that it has taken and that are not closed`(transport: Transport) throws {
    try withLoop { loop in
      let folders = [try TemporaryFolder(), try TemporaryFolder()]
      var taken: [[Libuv.Stream]] = [[], []]
      let listeners = try folders.indices.map { index in
        try transport.listen(loop, in: folders[index]) { connection throws(UVError) in
          taken[index].append(connection)
        }
      }
      #expect(listeners.flatMap { $0.connections }.isEmpty)
      let clients = try listeners.map { try Self.clients(5, of: $0) }
      // One that the loop has made itself is nobody's.
      let outgoing = try transport.make(loop)
      try outgoing.connectAny(to: #require(listeners[0].address)) { _ in }
      try run(loop) { taken[0].count == 6 && taken[1].count == 5 }
      func identities(_ streams: [Libuv.Stream]) -> Set<ObjectIdentifier> {
        Set(streams.map(ObjectIdentifier.init))
      }
      for (listener, taken) in zip(listeners, taken) {
        #expect(identities(listener.connections) == identities(taken))
        #expect(listener.connections.count == taken.count)
      }
      taken[0][3].close()
      #expect(listeners[0].connections.count == 6, "it is closing")
      try run(loop) { taken[0][3].state == .closed }
      #expect(listeners[0].connections.count == 5)
      listeners[0].close()
      try run(loop) { listeners[0].stream.state == .closed }
      taken[0].remove(at: 3)
      #expect(identities(listeners[0].connections) == identities(taken[0]))
      listeners[1].close()
      outgoing.close()
      for connection in taken.joined() { connection.close() }
      withExtendedLifetime(clients) {}
    }
  }

  @Test(arguments: Transport.allCases)
  func `a listener has its address until it is closed`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { _ throws(UVError) in }
      let address = try #require(listener.address)
      #expect(address.family == (transport == .tcp ? .ipv4 : .unix))
      #expect(address.port != 0)
      var closes = 0
      listener.close { closes += 1 }
      listener.close { closes += 1 }
      #expect(listener.address == nil)
      loop.run()
      #expect(closes == 2)
      listener.pause()
      listener.resume()
      listener.close { closes += 1 }
      #expect(closes == 3)
    }
  }

  // MARK: Pausing

  @Test(arguments: Transport.allCases)
  func `a paused listener takes nothing and drops nothing`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let service = Service()
      let listener = try service.listen(transport, loop, folder)
      listener.pause()
      #expect(listener.isPaused)
      let clients = try Self.clients(20, of: listener)
      for _ in 0..<5 { loop.run(.noWait) }
      #expect(service.connections.isEmpty)
      listener.resume()
      listener.resume()
      #expect(!listener.isPaused)
      for (number, client) in clients.enumerated() {
        #expect(try client.receiveAll(loop).bytes == [UInt8(number)])
      }
      #expect(service.connections.count == 20)
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a listener that pauses at each connection takes one at a time`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var listener: Listener?
      var connections: [Libuv.Stream] = []
      listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        connections.append(connection)
        listener?.pause()
      }
      let clients = try Self.clients(5, of: #require(listener))
      for expected in 1...5 {
        try run(loop) { connections.count == expected }
        for _ in 0..<3 { loop.run(.noWait) }
        #expect(connections.count == expected)
        listener?.resume()
      }
      for connection in connections { connection.close() }
      listener?.close()
      listener = nil
      withExtendedLifetime(clients) {}
    }
  }

  @Test func `resuming in the handler takes the next one after it`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var listener: Listener?
      var count = 0
      listener = try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
        count += 1
        listener?.pause()
        listener?.resume()
        connection.close()
      }
      let clients = try Self.clients(20, of: #require(listener))
      try run(loop) { count == 20 }
      listener?.close()
      listener = nil
      withExtendedLifetime(clients) {}
    }
  }

  // MARK: Closing

  @Test(arguments: Transport.allCases)
  func `a listener that finishes takes the connection that libuv holds`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let service = Service()
      let listener = try service.listen(transport, loop, folder)
      listener.pause()
      let client = try Self.clients(1, of: listener)[0]
      // It is in the backlog since the client has connected: libuv takes it in one turn.
      loop.run(.noWait)
      #expect(service.connections.isEmpty)
      listener.finish()
      #expect(service.connections.count == 1)
      #expect(listener.stream.state == .closing)
      let (bytes, end) = try client.receiveAll(loop)
      #expect(bytes == [0])
      #expect(end == .end)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a listener may be closed in its handler`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var listener: Listener?
      var count = 0
      listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        count += 1
        listener?.close()
        connection.close()
      }
      let clients = try Self.clients(3, of: #require(listener))
      loop.run()
      #expect(count == 1)
      listener = nil
      withExtendedLifetime(clients) {}
    }
  }

  @Test(arguments: Transport.allCases)
  func `connections that wait when the listener is closed see it`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { _ throws(UVError) in Issue.record("taken") }
      listener.pause()
      let clients = try Self.clients(3, of: listener)
      for _ in 0..<3 { loop.run(.noWait) }
      listener.close()
      // There is none to take any more.
      listener.resume()
      for client in clients { #expect(try client.receiveAll(loop).end != .nothing) }
    }
  }

  @Test(arguments: Transport.allCases)
  func `a handler that throws loses its connection, and the listener goes on`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var connections: [Libuv.Stream] = []
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        connections.append(connection)
        if connections.count == 1 { throw .connectionAborted }
        connection.finish()
      }
      var events: [String] = []
      listener.onEvent = { events.append($0.name) }
      let address = try #require(listener.address)
      let first = try RawSocket(to: address)
      #expect(try first.receiveAll(loop).end == (transport == .tcp ? .reset : .end))
      #expect(events == ["acceptFailed ECONNABORTED"])
      #expect(connections.first?.failure == .connectionAborted)
      let second = try RawSocket(to: address)
      #expect(try second.receiveAll(loop).end == .end)
      #expect(connections.count == 2)
      #expect(events.count == 1)
      listener.close()
      second.close()
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `a closed listener lets go of what its closures hold`(transport: Transport, isKept: Bool) throws {
    final class Server {
      var listener: Listener?
      var count = 0
    }
    weak var server: Server?
    weak var stream: Libuv.Stream?
    weak var listener: Listener?
    try withLoop { loop in
      let folder = try TemporaryFolder()
      do {
        let object = Server()
        server = object
        let made = try transport.listen(loop, in: folder) { connection throws(UVError) in
          object.count += 1
          connection.close()
        }
        made.onEvent = { _ in object.count += 1 }
        // As a service does it: its closures hold it, and it holds the listener.
        if isKept { object.listener = made }
        (listener, stream) = (made, made.stream)
      }
      #expect(server != nil)
      listener?.close()
      loop.run()
      #expect(server == nil)
      #expect(listener == nil)
      #expect(stream == nil)
    }
  }

  @Test func `a failed listen leaves nothing behind`() throws {
    try withLoop { loop in
      let first = try TCP(loop)
      try first.bind(to: "127.0.0.1:0")
      let listener = try first.listen { connection throws(UVError) in connection.close() }
      weak var freed: TCP?
      do {
        let second = try TCP(loop)
        freed = second
        try second.bind(to: #require(listener.address))
        #expect(throws: UVError.addressInUse) { try second.listen { _ throws(UVError) in } }
        second.close()
      }
      listener.close()
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test func `the backlog is how many connections the kernel holds`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try Transport.pipe.listen(loop, in: folder, backlog: 3) { connection throws(UVError) in
        connection.close()
      }
      listener.pause()
      // No turn of the loop in between: all wait in the kernel.
      var connected = 0
      var refused = 0
      for _ in 0..<20 {
        let client = try Pipe(loop)
        try client.connect(to: #require(listener.address)) { error in
          if let error {
            refused += 1
            #expect(error == .wouldBlock)
          } else {
            connected += 1
          }
          client.close()
        }
      }
      try run(loop) { connected + refused == 20 }
      #expect((3...5).contains(connected), "\(connected)")
      listener.close()
    }
  }

  // MARK: Out of descriptors

  @Test func `out of descriptors it waits, drops nothing, and goes on when streams close`() async {
    await #expect(processExitsWith: .success) { try ListenerTests.outOfDescriptors(.streamsClose) }
  }

  @Test func `it goes on when other descriptors of the process are closed`() async {
    await #expect(processExitsWith: .success) { try ListenerTests.outOfDescriptors(.othersClose) }
  }

  @Test func `it goes on when the limit is raised`() async {
    await #expect(processExitsWith: .success) { try ListenerTests.outOfDescriptors(.limitRises) }
  }

  @Test func `out of descriptors and paused, it waits for both`() async {
    await #expect(processExitsWith: .success) { try ListenerTests.outOfDescriptors(.limitRisesWhilePaused) }
  }

  @Test func `it can be closed while it waits for descriptors`() async {
    await #expect(processExitsWith: .success) { try ListenerTests.outOfDescriptors(.listenerCloses) }
  }

  @Test func `when the kernel itself has no descriptor, the listener doesn't spin for ever`() async {
    await #expect(processExitsWith: .success) {
      try withLoop { loop in
        let service = Service()
        let listener = try service.listen(.tcp, loop, TemporaryFolder())
        let clients = try ListenerTests.clients(5, of: listener)
        // Under all that are in use: even a descriptor given back is out of reach.
        setDescriptorLimit(3)
        try run(loop) { listener.stream.state == .closed }
        #expect(service.connections.isEmpty)
        #expect(service.events.last == "failed EMFILE")
        #expect(service.events.count < 200)
        #expect(listener.stream.failure == .tooManyOpenFiles)
        setDescriptorLimit(256)
        for client in clients { #expect(try client.receiveAll(loop).end == .reset) }
      }
    }
  }

  @Test func `a listener survives a moment in which every descriptor is in use`() async {
    await #expect(processExitsWith: .success) {
      try withLoop { loop in
        let service = Service()
        let listener = try service.listen(.tcp, loop, TemporaryFolder())
        let clients = try ListenerTests.clients(5, of: listener)
        setDescriptorLimit(64)
        var others: [Int32] = []
        while let other = openDescriptor() { others.append(other) }
        let turns = try ListenerTests.turns(of: loop, within: .milliseconds(250))
        #expect(turns < 50)
        #expect(listener.stream.state == .open)
        // libuv may have given up those that waited, to be rid of them. It must take new ones.
        for other in others { closeDescriptor(other) }
        for client in clients { #expect(try client.receiveAll(loop).end != .nothing) }
        let later = try ListenerTests.clients(5, of: listener)
        for (number, client) in later.enumerated() {
          #expect(try client.receiveAll(loop).bytes == [UInt8(number)])
        }
        listener.close()
      }
    }
  }

  fileprivate enum Relief {
    case streamsClose, othersClose, limitRises, limitRisesWhilePaused, listenerCloses
  }

  /// Lets twenty clients connect when there is room for about five: a thread of the test's own may hold a
  /// descriptor for a moment.
  fileprivate static func outOfDescriptors(_ relief: Relief) throws {
    try withLoop { loop in
      let limit = 128
      setDescriptorLimit(limit)
      let service = Service()
      let listener = try service.listen(.tcp, loop, TemporaryFolder())
      let count = 20
      let address = try #require(listener.address)
      let clients = try (0..<count).map { _ in try RawSocket(to: address) }
      // What is left is five, and the eight descriptors for the rest of the process.
      var others: [Int32] = []
      while others.last ?? 0 < limit - 8 - 5 - 1 { others.append(try #require(openDescriptor())) }
      let turns = try ListenerTests.turns(of: loop, within: .milliseconds(350))
      let taken = service.connections.count
      let eventCount = service.events.count
      #expect((1...10).contains(taken), "\(taken)")
      #expect(service.events.last == "outOfDescriptors")
      #expect(turns < 60, "it doesn't spin")
      #expect(!listener.isPaused)

      switch relief {
      case .streamsClose: break
      case .othersClose: for other in others { closeDescriptor(other) }
      case .limitRises: setDescriptorLimit(256)
      case .limitRisesWhilePaused:
        listener.pause()
        setDescriptorLimit(256)
        _ = try ListenerTests.turns(of: loop, within: .milliseconds(250))
        #expect(service.connections.count == taken)
        #expect(service.events.count == eventCount)
        listener.resume()
      case .listenerCloses:
        listener.close()
        for connection in service.connections { connection.close() }
        return
      }
      // One after the other, so that each close makes room for one.
      for (number, client) in clients.enumerated() {
        client.send([UInt8(number)])
        client.endSending()
        let (bytes, end) = try client.receiveAll(loop)
        #expect(bytes == [UInt8(number)])
        #expect(end == .end)
      }
      #expect(service.connections.count == count)
      #expect(service.events.last == "descriptorsAvailable")
      for (index, event) in service.events.enumerated() {
        #expect(event == (index % 2 == 0 ? "outOfDescriptors" : "descriptorsAvailable"))
      }
      if relief != .streamsClose { #expect(service.events.count == eventCount + 1) }
      listener.close()
      if relief != .othersClose { for other in others { closeDescriptor(other) } }
    }
  }

  /// How many turns the loop takes in this time.
  fileprivate static func turns(of loop: Loop, within time: Duration) throws -> Int {
    var turns = 0
    var isOver = false
    let timer = try Timer(loop)
    try timer.start(after: time) { timer in
      isOver = true
      timer.close()
    }
    while !isOver {
      loop.run(.once)
      turns += 1
    }
    return turns
  }
}

extension Listener.Event {
  /// The case's name, with the error's if there is one.
  fileprivate var name: String {
    switch self {
    case .outOfDescriptors: "outOfDescriptors"
    case .descriptorsAvailable: "descriptorsAvailable"
    case .acceptFailed(let error): "acceptFailed \(error.name)"
    case .failed(let error): "failed \(error.name)"
    }
  }
}
