import Libuv
import TestSupport
import Testing

@Suite struct StreamTests {
  // MARK: Shutting down

  @Test(arguments: Transport.allCases)
  func `shutdown ends the peer's input, and reading goes on`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let atServer = try Collector(pair.server, closesAtEnd: false)
      let atClient = try Collector(pair.client)
      try pair.client.write("first")
      try pair.client.shutdown()
      #expect(!pair.client.isWritable)
      #expect(pair.client.isReadable)
      try run(loop) { atServer.isEnded }
      #expect(atServer.text == "first")
      #expect(!pair.server.isReadable)
      #expect(pair.server.isWritable)
      try pair.server.write("late")
      pair.server.close()
      loop.run()
      #expect(atClient.text == "late")
      #expect(atClient.isEnded)
    }
  }

  @Test(arguments: Transport.allCases)
  func `all that is queued at a shutdown arrives before the end`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let written = try pair.server.fill()
      var results: [UVError?] = []
      var queuedThen = -1
      try pair.server.shutdown { [server = pair.server] error in
        results.append(error)
        queuedThen = server.queuedByteCount
        server.close()
      }
      #expect(pair.server.queuedByteCount > 0)
      let reader = try PatternReader(pair.client)
      loop.run()
      #expect(reader.isIntact)
      #expect(reader.count == written)
      #expect(reader.isEnded)
      #expect(results == [nil])
      #expect(queuedThen == 0)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a second shutdown fails, and so does a write after the first`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      var calls = 0
      try pair.client.shutdown { _ in calls += 1 }
      #expect(throws: UVError.brokenPipe) { try pair.client.shutdown { _ in calls += 100 } }
      #expect(throws: UVError.brokenPipe) { try pair.client.write("x") }
      try run(loop) { calls > 0 }
      #expect(throws: UVError.brokenPipe) { try pair.client.shutdown { _ in calls += 100 } }
      #expect(throws: UVError.brokenPipe) { try pair.client.write("x") }
      #expect(calls == 1)
      #expect(pair.client.state == .open)
      pair.client.close()
      pair.server.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `shutdown fails before the stream is connected`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var server: Stream?
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        server = connection
      }
      let client = try transport.make(loop)
      #expect(throws: UVError.notConnected) { try client.shutdown() }
      var isConnected = false
      try client.connectAny(to: #require(listener.address)) { error in
        #expect(error == nil)
        isConnected = true
      }
      #expect(throws: UVError.notConnected) { try client.shutdown { _ in Issue.record("called") } }
      try run(loop) { isConnected && server != nil }
      var isShutDown = false
      try client.shutdown { _ in isShutDown = true }
      try run(loop) { isShutDown }
      client.close()
      server?.close()
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `a close cancels a shutdown`(transport: Transport, hasQueued: Bool) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      if hasQueued { _ = try pair.client.fill() }
      var results: [UVError?] = []
      try pair.client.shutdown { results.append($0) }
      pair.client.close()
      #expect(results.isEmpty)
      loop.run()
      #expect(results == [.canceled])
      #expect(pair.client.failure == nil)
      pair.server.close()
    }
  }

  @Test func `a shutdown after the peer's reset tells so, and the stream closes`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      raw.reset(reaching: stream)
      var results: [UVError?] = []
      try stream.shutdown { results.append($0) }
      loop.run()
      #expect(results == [.connectionReset])
      #expect(stream.failure == .connectionReset)
      #expect(stream.state == .closed)
    }
  }

  @Test func `a reset while a shutdown waits for the queue fails it, and the stream closes`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      _ = try stream.fill()
      var results: [UVError?] = []
      try stream.shutdown { results.append($0) }
      raw.reset()
      loop.run()
      #expect(results == [.canceled])
      #expect(stream.failure == .connectionReset || stream.failure == .brokenPipe)
      #expect(stream.state == .closed)
    }
  }

  // MARK: Finishing

  @Test(arguments: Transport.allCases)
  func `finish sends all and the end, whatever the peer still sends`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let written = try stream.fill()
      stream.finish()
      stream.finish()
      #expect(stream.queuedByteCount > 0)
      // Late bytes: to a closed socket they would be answered with a reset.
      #expect(raw.send(Pattern.bytes(1000)))
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes.count == written)
      #expect(Pattern.matches(bytes))
      #expect(end == .end)
      #expect(stream.state == .open)
      // Still later ones.
      #expect(raw.send(Pattern.bytes(500)))
      try run(loop) { stream.bytesDiscarded == 1500 }
      #expect(raw.send(Pattern.bytes(1)))
      raw.endSending()
      loop.run()
      #expect(raw.receive() == .end)
      #expect(stream.state == .closed)
      #expect(stream.failure == nil)
      #expect(stream.bytesDiscarded == 1501)
      #expect(stream.bytesRead == 1501)
      #expect(stream.bytesWritten == written)
    }
  }

  @Test func `a plain close answers bytes that weren't read with a reset, which finish is there for`() throws
  {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      #expect(raw.send([1]))
      try run(loop) { stream.unreadByteCount == 1 }
      stream.close()
      loop.run()
      #expect(raw.receive() == .reset)
    }
  }

  @Test(arguments: Transport.allCases)
  func `finish closes when the peer has ended already`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      try pair.client.write("hello")
      try pair.client.shutdown()
      let atServer = try Collector(pair.server, closesAtEnd: false)
      let atClient = try Collector(pair.client)
      try run(loop) { atServer.isEnded }
      try pair.server.write("bye")
      pair.server.finish()
      loop.run()
      #expect(atClient.text == "bye")
      #expect(atClient.isEnded)
      #expect(pair.server.state == .closed)
      #expect(pair.server.bytesDiscarded == 0)
    }
  }

  @Test(arguments: Transport.allCases)
  func `finish closes at once when both sides have ended`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let atServer = try Collector(pair.server, closesAtEnd: false)
      try pair.client.shutdown()
      var isShutDown = false
      try pair.server.shutdown { _ in isShutDown = true }
      try run(loop) { atServer.isEnded && isShutDown }
      #expect(pair.server.state == .open)
      pair.server.finish()
      #expect(pair.server.state == .closing)
      pair.client.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `finish closes a stream that isn't connected`(transport: Transport) throws {
    try withLoop { loop in
      let stream = try transport.make(loop)
      stream.finish()
      #expect(stream.state == .closing)
      loop.run()
      #expect(stream.state == .closed)
      stream.finish()
    }
  }

  @Test(arguments: Transport.allCases)
  func `finish closes a stream that is connecting`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let client = try transport.make(loop)
      var results: [UVError?] = []
      try client.connectAny(to: #require(listener.address)) { error in
        results.append(error)
        listener.close()
      }
      client.finish()
      #expect(client.state == .closing)
      loop.run()
      #expect(results == [.canceled])
    }
  }

  @Test(arguments: Transport.allCases)
  func `finish takes the read handler away, also from within it and when paused`(transport: Transport) throws
  {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      var calls = 0
      try pair.server.read { stream, _ throws(UVError) in
        calls += 1
        stream.pause()
        stream.finish()
      }
      try pair.client.write("one")
      try run(loop) { calls == 1 }
      try pair.client.write("two")
      try run(loop) { pair.server.bytesDiscarded == 3 }
      pair.client.finish()
      loop.run()
      #expect(calls == 1)
      #expect(pair.server.state == .closed)
      #expect(pair.client.state == .closed)
    }
  }

  @Test func `finish while a shutdown is under way waits for both ends`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      var results: [UVError?] = []
      try pair.server.shutdown { results.append($0) }
      pair.server.finish()
      let atClient = try Collector(pair.client, closesAtEnd: false)
      try run(loop) { atClient.isEnded && !results.isEmpty }
      #expect(results == [nil])
      #expect(pair.server.state == .open)
      pair.client.finish()
      loop.run()
      #expect(pair.server.state == .closed)
    }
  }

  @Test(arguments: [true, false])
  func `a reset ends a stream that finishes`(hasQueued: Bool) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      if hasQueued { _ = try stream.fill() }
      stream.finish()
      if !hasQueued { #expect(try raw.receiveAll(loop).end == .end) }
      raw.reset()
      loop.run()
      #expect(stream.state == .closed)
      let isExpected = stream.failure == .connectionReset || hasQueued && stream.failure == .brokenPipe
      #expect(isExpected, "\(String(describing: stream.failure))")
    }
  }

  // MARK: Closing with a reset

  enum Moment: CaseIterable, Sendable {
    case connected, reading, writeQueued, shutdownQueued, shutDown, peerEnded, finishing
  }

  @Test(arguments: Moment.allCases)
  func `a TCP peer sees the reset at any moment`(moment: Moment) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var shutdowns: [UVError?] = []
      switch moment {
      case .connected: break
      case .reading: _ = try Collector(stream)
      case .writeQueued: _ = try stream.fill()
      case .shutdownQueued:
        _ = try stream.fill()
        try stream.shutdown { shutdowns.append($0) }
      case .shutDown:
        try stream.shutdown { shutdowns.append($0) }
        try run(loop) { !shutdowns.isEmpty }
      case .peerEnded:
        let collector = try Collector(stream, closesAtEnd: false)
        raw.endSending()
        try run(loop) { collector.isEnded }
      case .finishing:
        stream.finish()
        #expect(try raw.receiveAll(loop).end == .end)
      }
      var closes = 0
      stream.closeReset { closes += 1 }
      stream.closeReset { closes += 1 }
      #expect(stream.state == .closing)
      loop.run()
      #expect(stream.state == .closed)
      #expect(closes == 2)
      stream.closeReset { closes += 1 }
      #expect(closes == 3)
      #expect(stream.failure == nil)
      if moment == .shutDown || moment == .finishing {
        // The end came first; writing shows the reset.
        try run(loop) { raw.hasBeenReset }
        #expect(!raw.send([1]))
      } else {
        #expect(try raw.receiveAll(loop).end == .reset)
      }
      switch moment {
      case .shutdownQueued: #expect(shutdowns == [.canceled])
      case .shutDown: #expect(shutdowns == [nil])
      default: #expect(shutdowns.isEmpty)
      }
    }
  }

  @Test func `while a shutdown is under way, a close with a reset is a plain one`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var shutdowns: [UVError?] = []
      var closes = 0
      try stream.write("hello")
      try stream.shutdown { shutdowns.append($0) }
      stream.closeReset { closes += 1 }
      loop.run()
      #expect(shutdowns == [.canceled])
      #expect(closes == 1)
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes == Array("hello".utf8))
      #expect(end == .end)
    }
  }

  @Test func `a pipe knows no reset and is closed plainly`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.pipe.rawPair(loop)
      try stream.write("hello")
      var closes = 0
      stream.closeReset { closes += 1 }
      loop.run()
      #expect(closes == 1)
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes == Array("hello".utf8))
      #expect(end == .end)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a close with a reset works without a connection`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let fresh = try transport.make(loop)
      var closes = 0
      fresh.closeReset { closes += 1 }
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let connecting = try transport.make(loop)
      var results: [UVError?] = []
      try connecting.connectAny(to: #require(listener.address)) { results.append($0) }
      connecting.closeReset { closes += 1 }
      listener.stream.closeReset { closes += 1 }
      loop.run()
      #expect(closes == 3)
      #expect(results == [.canceled])
    }
  }

  // MARK: Closing

  @Test(arguments: Transport.allCases)
  func `a close with a write queued drops it, and nothing is called afterwards`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      _ = try pair.server.fill()
      pair.server.onDrain = { _ in Issue.record("drained") }
      try pair.server.read { _, _ throws(UVError) in Issue.record("read") }
      try pair.client.write("late")
      var closes = 0
      pair.server.close { closes += 1 }
      pair.server.close { closes += 1 }
      pair.server.whenClosed { closes += 1 }
      #expect(pair.server.queuedByteCount == 0)
      #expect(pair.server.unreadByteCount == 0)
      #expect(pair.server.descriptor == nil)
      let reader = try PatternReader(pair.client)
      loop.run()
      #expect(closes == 3)
      #expect(reader.isIntact)
      #expect(reader.isEnded || reader.failure == .connectionReset)
      pair.server.close { closes += 1 }
      #expect(closes == 4)
    }
  }

  enum Callback: CaseIterable, Sendable { case read, readEnd, drain, shutdown, whenClosed, timer }

  @Test(arguments: Transport.allCases, Callback.allCases)
  func `a stream may be closed in each callback`(transport: Transport, callback: Callback) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let (client, server) = (pair.client, pair.server)
      var calls = 0
      switch callback {
      case .read:
        try server.read { stream, _ throws(UVError) in
          calls += 1
          stream.close()
          stream.close()
        }
        try client.write("hello")
      case .readEnd:
        try server.read { stream, _ throws(UVError) in
          calls += 1
          stream.close()
        }
        try client.shutdown()
      case .drain:
        _ = try server.fill()
        server.onDrain = { stream in
          calls += 1
          stream.close()
        }
        _ = try PatternReader(client)
      case .shutdown:
        try server.shutdown { [unowned server] _ in
          calls += 1
          server.close()
        }
      case .whenClosed:
        server.whenClosed { [unowned server] in
          calls += 1
          server.close()
          server.closeReset()
          server.finish()
        }
        server.close()
      case .timer:
        let timer = try Timer(loop)
        try timer.start(after: .zero) { timer in
          calls += 1
          timer.close()
          server.close()
        }
      }
      try run(loop) { server.state == .closed }
      #expect(calls == 1)
      #expect(server.failure == nil)
      client.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a stream that was dropped goes on working, and a forgotten one is reported`(transport: Transport)
    throws
  {
    let loop = try Loop()
    weak var dropped: Stream?
    var received = 0
    let client: Stream
    do {
      let pair = try transport.pair(loop)
      try pair.server.read { _, event throws(UVError) in
        if case .bytes(let bytes) = event { received += bytes.byteCount }
      }
      dropped = pair.server
      client = pair.client
    }
    try client.write("hello")
    try run(loop) { received == 5 }
    client.close()
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.type) == [transport == .tcp ? "tcp" : "pipe"])
    #expect(dropped != nil)
    dropped?.close()
    #expect(throws: Never.self) { try loop.close() }
    #expect(dropped == nil)
  }

  @Test(arguments: Transport.allCases)
  func `a closed stream and all that its closures hold is freed`(transport: Transport) throws {
    final class Captured {}
    weak var client: Stream?
    weak var server: Stream?
    weak var captured: Captured?
    try withLoop { loop in
      do {
        let object = Captured()
        captured = object
        let pair = try transport.pair(loop)
        (client, server) = (pair.client, pair.server)
        let stream = pair.server
        try stream.read { _, _ throws(UVError) in _ = (object, stream) }
        stream.onDrain = { _ in _ = (object, stream) }
        stream.whenClosed { _ = (object, stream) }
        try stream.shutdown { _ in _ = (object, stream) }
        _ = try pair.client.fill()
        stream.close()
        pair.client.close()
      }
      #expect(captured != nil)
      loop.run()
      #expect(captured == nil)
      #expect(client == nil)
      #expect(server == nil)
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `calls on a stream that isn't open fail, or do nothing`(transport: Transport, isClosed: Bool) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let stream = pair.server
      stream.close()
      if isClosed { try run(loop) { stream.state == .closed } }
      let unused: ReadHandler = { _, _ throws(UVError) in Issue.record("called") }
      #expect(throws: UVError.badHandle) { try stream.read(unused) }
      #expect(throws: UVError.badHandle) { try stream.resume() }
      #expect(throws: UVError.badHandle) { try stream.write("x") }
      #expect(throws: UVError.badHandle) { try stream.write([]) }
      #expect(throws: UVError.badHandle) { try stream.shutdown { _ in Issue.record("called") } }
      #expect(throws: UVError.badHandle) { try stream.pump(to: pair.client) }
      #expect(throws: UVError.badHandle) { try pair.client.pump(to: stream) }
      #expect(throws: UVError.badHandle) {
        try stream.connectAny(to: "127.0.0.1:1") { _ in Issue.record("called") }
      }
      stream.pause()
      stream.finish()
      stream.ref()
      #expect(!stream.isReadable)
      #expect(!stream.isWritable)
      #expect(!stream.isAboveHighWaterMark)
      #expect(stream.queuedByteCount == 0)
      #expect(stream.unreadByteCount == 0)
      #expect(stream.descriptor == nil)
      #expect(stream.failure == nil)
      pair.client.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a stream that somebody keeps longer than its loop is closed, and no more`(transport: Transport) throws
  {
    try withDeadline {
      let loop = try Loop()
      let pair = try transport.pair(loop)
      pair.client.close()
      pair.server.close()
      loop.run()
      try loop.close()
      // What writes first is a place of the loop's.
      #expect(throws: UVError.badHandle) { try pair.server.write("x") }
      let bytes: [UInt8] = [1, 2, 3]
      let isAbove = pair.server.send(bytes.span.bytes)
      #expect(!isAbove)
      #expect(throws: UVError.badHandle) { try pair.server.read { _, _ throws(UVError) in } }
      #expect(throws: UVError.badHandle) { try pair.server.pump(to: pair.server) }
      pair.server.finish()
      #expect(!pair.server.isReadable)
      #expect(pair.server.state == .closed)
      #expect(pair.server.failure == nil)
    }
  }

  // MARK: State and figures

  @Test(arguments: Transport.allCases)
  func `a stream is readable and writable from its connection on`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var server: Stream?
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        server = connection
      }
      let client = try transport.make(loop)
      #expect(!client.isReadable)
      #expect(!client.isWritable)
      #expect(client.descriptor == nil)
      var isConnected = false
      try client.connectAny(to: #require(listener.address)) { [unowned client] _ in
        isConnected = true
        #expect(client.isReadable)
        #expect(client.isWritable)
      }
      #expect(!client.isReadable)
      #expect(!client.isWritable)
      #expect(client.descriptor != nil)
      try run(loop) { isConnected && server != nil }
      #expect(client.isReadable)
      #expect(client.isWritable)
      #expect(!listener.stream.isReadable)
      #expect(!listener.stream.isWritable)
      client.close()
      #expect(!client.isReadable)
      #expect(!client.isWritable)
      server?.close()
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `what is read and written is counted`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let collector = try Collector(stream, closesAtEnd: false)
      #expect((stream.bytesRead, stream.readCount, stream.bytesWritten) == (0, 0, 0))
      for round in 1...3 {
        #expect(raw.send([1, 2, 3, 4]))
        try run(loop) { collector.bytes.count == 4 * round }
        #expect((stream.bytesRead, stream.readCount) == (4 * round, round))
        try stream.write("hello")
        #expect(stream.bytesWritten == 5 * round)
      }
      raw.endSending()
      try run(loop) { collector.isEnded }
      #expect((stream.bytesRead, stream.readCount) == (12, 3))
      stream.close()
      loop.run()
      #expect((stream.bytesRead, stream.readCount, stream.bytesWritten) == (12, 3, 15))
    }
  }

  @Test(arguments: Transport.allCases)
  func `what the kernel holds for the stream is counted`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      #expect(stream.unreadByteCount == 0)
      #expect(raw.send(Pattern.bytes(1234)))
      try run(loop) { stream.unreadByteCount == 1234 }
      let reader = try PatternReader(stream)
      raw.close()
      loop.run()
      #expect(reader.count == 1234)
      #expect(stream.unreadByteCount == 0)
    }
  }

  @Test(arguments: Transport.allCases)
  func `idle time is counted from the last byte read or taken`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let collector = try Collector(stream)
      let idle = Duration.milliseconds(20)
      try run(loop) { stream.idleTime >= idle }
      #expect(raw.send([1]))
      try run(loop) { collector.bytes.count == 1 }
      #expect(stream.idleTime < idle)
      try run(loop) { stream.idleTime >= idle }
      try stream.write("x")
      #expect(stream.idleTime == .zero)
      try run(loop) { stream.idleTime >= idle }
      // What the peer doesn't take is no activity, however often it is tried.
      _ = try stream.fill()
      try run(loop) { stream.idleTime >= idle }
      try stream.write("x")
      #expect(stream.idleTime >= idle)
      let queued = stream.queuedByteCount
      try run(loop) {
        _ = raw.receive()
        return stream.queuedByteCount < queued
      }
      #expect(stream.idleTime < idle)
      stream.close()
    }
  }
}
