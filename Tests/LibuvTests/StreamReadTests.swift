import Libuv
import TestSupport
import Testing

@Suite struct StreamReadTests {
  @Test(arguments: Transport.allCases)
  func `each byte arrives, in order, then the end`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let count = 10_000_000
      let reader = try PatternReader(pair.server)
      try pair.client.write(Pattern.bytes(count))
      try pair.client.shutdown()
      loop.run()
      #expect(reader.isIntact)
      #expect(reader.count == count)
      #expect(reader.isEnded)
      #expect(pair.server.bytesRead == count)
      pair.client.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `single bytes of a slow peer arrive as they come`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let reader = try PatternReader(stream)
      for position in 0..<200 {
        #expect(raw.send(Pattern.bytes(position..<position + 1)))
        try run(loop) { reader.count == position + 1 }
      }
      raw.endSending()
      loop.run()
      #expect(reader.isIntact)
      #expect(reader.isEnded)
      #expect(stream.readCount == 200)
    }
  }

  @Test(arguments: [1, 7, 4096])
  func `a read brings at most what the loop's buffer holds`(size: Int) throws {
    let loop = try Loop(readBufferSize: size)
    let (raw, stream) = try Transport.tcp.rawPair(loop)
    var largest = 0
    var received: [UInt8] = []
    try stream.read { stream, event throws(UVError) in
      switch event {
      case .bytes(let bytes):
        largest = max(largest, bytes.byteCount)
        bytes.withUnsafeBytes { received += $0 }
      case .end: stream.close()
      case .failure(let error): Issue.record(error)
      }
    }
    #expect(raw.send(Pattern.bytes(10_000)))
    raw.close()
    try run(loop) { stream.state == .closed }
    #expect(largest == size)
    #expect(received.count == 10_000)
    #expect(Pattern.matches(received))
    try loop.close()
  }

  @Test func `the handler isn't called from within read`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      #expect(raw.send([1]))
      try run(loop) { stream.unreadByteCount == 1 }
      let collector = try Collector(stream)
      #expect(collector.calls == 0)
      raw.close()
      loop.run()
      #expect(collector.bytes == [1])
    }
  }

  // MARK: The end

  @Test(arguments: Transport.allCases)
  func `a read after the end fails`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let collector = try Collector(stream, closesAtEnd: false)
      raw.endSending()
      try run(loop) { collector.isEnded }
      #expect(stream.isReadEnded)
      #expect(throws: UVError.endOfFile) {
        try stream.read { _, _ throws(UVError) in Issue.record("called") }
      }
      // Nothing is left to go on with, and that is no error.
      stream.pause()
      try stream.resume()
      #expect(collector.calls == 1)
      // The stream is half open: writing goes on.
      try stream.write("still here")
      stream.close()
      #expect(try raw.receiveAll(loop).bytes == Array("still here".utf8))
    }
  }

  @Test(arguments: Transport.allCases)
  func `a read fails before the stream is connected`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var server: Stream?
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        server = connection
      }
      let client = try transport.make(loop)
      let unused: ReadHandler = { _, _ throws(UVError) in Issue.record("called") }
      #expect(throws: UVError.notConnected) { try client.read(unused) }
      #expect(throws: UVError.notConnected) { try listener.stream.read(unused) }
      // Does no harm.
      try client.resume()
      var isConnected = false
      try client.connectAny(to: #require(listener.address)) { _ in isConnected = true }
      #expect(throws: UVError.notConnected) { try client.read(unused) }
      try run(loop) { isConnected && server != nil }
      let collector = try Collector(client)
      server?.close()
      listener.close()
      loop.run()
      #expect(collector.isEnded)
    }
  }

  // MARK: Failures

  @Test(arguments: [true, false])
  func `a reset is a failure, and closes the stream`(isReading: Bool) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var failures: [UVError] = []
      var wasOpen = false
      let handler: ReadHandler = { stream, event throws(UVError) in
        guard case .failure(let error) = event else { return }
        failures.append(error)
        wasOpen = stream.state == .open
        #expect(stream.failure == error)
      }
      if isReading {
        try stream.read(handler)
        #expect(raw.send([1]))
        try run(loop) { stream.bytesRead == 1 }
      }
      raw.reset()
      if !isReading { try stream.read(handler) }
      loop.run()
      #expect(failures == [.connectionReset])
      #expect(wasOpen)
      #expect(stream.failure == .connectionReset)
      #expect(stream.failure?.operation.description == "read")
      #expect(stream.state == .closed)
      #expect(!stream.isReadEnded)
    }
  }

  @Test func `a stream that fails is connected no more, and is told so by what needs that`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let (otherRaw, other) = try Transport.tcp.rawPair(loop)
      var failures = 0
      try stream.read { stream, event throws(UVError) in
        guard case .failure = event else { return }
        failures += 1
        #expect(stream.state == .open)
        #expect(!stream.isReadable)
        #expect(!stream.isWritable)
        #expect(throws: UVError.notConnected) { try stream.read { _, _ throws(UVError) in } }
        #expect(throws: UVError.notConnected) { try stream.read(to: Receiver()) }
        #expect(throws: UVError.notConnected) { try stream.pump(to: other) }
        #expect(throws: UVError.notConnected) { try other.pump(to: stream) }
        #expect(throws: UVError.notConnected) { try stream.shutdown { _ in Issue.record("called") } }
        stream.finish()
        #expect(stream.state == .closing)
      }
      raw.reset()
      try run(loop) { stream.state == .closed }
      #expect(failures == 1)
      #expect(other.state == .open)
      #expect(other.isReadable)
      #expect(other.isWritable)
      other.close()
      otherRaw.close()
    }
  }

  @Test func `a handler may do anything with a stream that has failed`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var failures = 0
      try stream.read { stream, event throws(UVError) in
        guard case .failure = event else { return }
        failures += 1
        stream.pause()
        _ = try? stream.write("x")
        try? stream.shutdown()
        stream.finish()
        stream.close()
        throw .notSupported
      }
      raw.reset()
      loop.run()
      #expect(failures == 1)
      #expect(stream.failure == .connectionReset)
    }
  }

  @Test(arguments: Transport.allCases)
  func `an error that the handler throws is the stream's failure, and closes it`(transport: Transport) throws
  {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      var calls = 0
      try stream.read { _, _ throws(UVError) in
        calls += 1
        throw .protocolError
      }
      #expect(raw.send([1]))
      loop.run()
      #expect(calls == 1, "it knows already")
      #expect(stream.failure == .protocolError)
      #expect(stream.state == .closed)
      #expect(raw.receive() == .end)
    }
  }

  @Test(arguments: Transport.allCases)
  func `an error thrown at the end is a failure too`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.read { _, event throws(UVError) in
        if case .end = event { throw .protocolError }
      }
      raw.endSending()
      loop.run()
      #expect(stream.failure == .protocolError)
      #expect(stream.state == .closed)
    }
  }

  @Test func `a write's error goes through the handler to the stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      try stream.read { stream, event throws(UVError) in
        guard case .bytes(let bytes) = event else { return }
        raw.reset(reaching: stream)
        try stream.write(bytes)
        try stream.write(bytes)
      }
      #expect(raw.send([1]))
      loop.run()
      #expect(stream.failure == .connectionReset || stream.failure == .brokenPipe)
      #expect(stream.failure?.operation.description == "write")
      #expect(stream.state == .closed)
    }
  }

  // MARK: Pausing

  @Test(arguments: Transport.allCases)
  func `a paused stream reads nothing until it resumes`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let reader = try PatternReader(stream)
      stream.pause()
      stream.pause()
      #expect(!stream.isActive)
      #expect(raw.send(Pattern.bytes(0..<1000)))
      try run(loop) { stream.unreadByteCount == 1000 }
      for _ in 0..<5 { loop.run(.noWait) }
      #expect(reader.count == 0)
      try stream.resume()
      try stream.resume()
      try run(loop) { reader.count == 1000 }
      #expect(raw.send(Pattern.bytes(1000..<2000)))
      raw.endSending()
      loop.run()
      #expect(reader.count == 2000)
      #expect(reader.isIntact)
      #expect(reader.isEnded)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a peer has to wait for a paused stream`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let reader = try PatternReader(pair.client)
      pair.client.pause()
      let written = try pair.server.fill()
      try pair.server.shutdown()
      for _ in 0..<5 { loop.run(.noWait) }
      let queued = pair.server.queuedByteCount
      #expect(queued > 0)
      for _ in 0..<5 { loop.run(.noWait) }
      #expect(pair.server.queuedByteCount == queued)
      try pair.client.resume()
      pair.server.finish()
      loop.run()
      #expect(reader.count == written)
      #expect(reader.isIntact)
    }
  }

  @Test(arguments: Transport.allCases)
  func `pausing within the handler takes effect at once`(transport: Transport) throws {
    let loop = try Loop(readBufferSize: 100)
    let (raw, stream) = try transport.rawPair(loop)
    var received: [UInt8] = []
    var calls = 0
    try stream.read { stream, event throws(UVError) in
      calls += 1
      switch event {
      case .bytes(let bytes):
        bytes.withUnsafeBytes { received += $0 }
        stream.pause()
      case .end: stream.close()
      case .failure(let error): Issue.record(error)
      }
    }
    #expect(raw.send(Pattern.bytes(1000)))
    try run(loop) { calls == 1 }
    for call in 1..<10 {
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(calls == call)
      #expect(stream.unreadByteCount == 1000 - 100 * call)
      try stream.resume()
      try run(loop) { calls == call + 1 }
    }
    raw.close()
    try stream.resume()
    try run(loop) { stream.state == .closed }
    #expect(calls == 11)
    #expect(received.count == 1000)
    #expect(Pattern.matches(received))
    try loop.close()
  }

  @Test(arguments: Transport.allCases)
  func `pausing and resuming within the handler goes on`(transport: Transport) throws {
    let loop = try Loop(readBufferSize: 100)
    let (raw, stream) = try transport.rawPair(loop)
    var received: [UInt8] = []
    try stream.read { stream, event throws(UVError) in
      guard case .bytes(let bytes) = event else { return stream.close() }
      bytes.withUnsafeBytes { received += $0 }
      stream.pause()
      try stream.resume()
      stream.pause()
      try stream.resume()
    }
    #expect(raw.send(Pattern.bytes(20_000)))
    raw.close()
    try run(loop) { stream.state == .closed }
    #expect(received.count == 20_000)
    #expect(Pattern.matches(received))
    try loop.close()
  }

  @Test func `a paused stream whose peer resets costs no turns of the loop`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let collector = try Collector(stream)
      try run(loop) { true }
      stream.pause()
      raw.reset(reaching: stream)
      var turns = 0
      let counter = try Prepare(loop)
      try counter.start { _ in turns += 1 }
      var isOver = false
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(100)) { _ in isOver = true }
      while !isOver { loop.run(.once) }
      #expect(turns < 20)
      #expect(collector.calls == 0)
      counter.close()
      timer.close()
      try stream.resume()
      loop.run()
      #expect(collector.failure == .connectionReset)
    }
  }

  @Test func `resuming a stream that was never read does nothing`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      stream.pause()
      try stream.resume()
      #expect(!stream.isActive)
      #expect(raw.send([1]))
      try run(loop) { stream.unreadByteCount == 1 }
      #expect(stream.bytesRead == 0)
      stream.close()
    }
  }

  // MARK: Handlers

  @Test(arguments: Transport.allCases)
  func `a new handler takes the place of the old one, also within it`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      var heard: [String] = []
      try stream.read { _, _ throws(UVError) in heard.append("first") }
      try stream.read { stream, _ throws(UVError) in
        heard.append("second")
        try stream.read { stream, event throws(UVError) in
          heard.append("third")
          if case .end = event { stream.close() }
        }
        heard.append("still second")
      }
      #expect(raw.send([1]))
      try run(loop) { !heard.isEmpty }
      #expect(heard == ["second", "still second"])
      #expect(raw.send([2]))
      try run(loop) { stream.bytesRead == 2 }
      raw.close()
      loop.run()
      #expect(heard == ["second", "still second", "third", "third"])
    }
  }

  @Test func `a new handler resumes a paused stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      try stream.read { _, _ throws(UVError) in Issue.record("called") }
      stream.pause()
      let collector = try Collector(stream)
      #expect(raw.send([1]))
      raw.close()
      loop.run()
      #expect(collector.bytes == [1])
      #expect(collector.isEnded)
    }
  }

  @Test(arguments: Transport.allCases)
  func `after a close in the handler nothing more comes`(transport: Transport) throws {
    let loop = try Loop(readBufferSize: 10)
    let (raw, stream) = try transport.rawPair(loop)
    var calls = 0
    try stream.read { stream, _ throws(UVError) in
      calls += 1
      stream.close()
    }
    #expect(raw.send(Pattern.bytes(100)))
    raw.endSending()
    try run(loop) { stream.state == .closed }
    #expect(calls == 1)
    #expect(stream.bytesRead == 10)
    try loop.close()
  }

  @Test(arguments: Transport.allCases)
  func `a read takes the place of a pump`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.pump(to: stream)
      #expect(raw.send([1]))
      try run(loop) { raw.receive() == .bytes([1]) }
      let collector = try Collector(stream)
      #expect(raw.send([2]))
      try run(loop) { collector.bytes == [2] }
      #expect(raw.receive() == .nothing)
      #expect(stream.queuedByteCount == 0)
      raw.close()
      loop.run()
      #expect(collector.isEnded)
    }
  }
}
