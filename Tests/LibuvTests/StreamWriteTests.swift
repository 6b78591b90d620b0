import Libuv
import TestSupport
import Testing

@Suite struct StreamWriteTests {
  @Test(arguments: Transport.allCases)
  func `text, an array and a span arrive in the order in which they are written`(transport: Transport) throws
  {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let collector = try Collector(pair.server)
      let bytes: [UInt8] = [0, 255, 10]
      #expect(try !pair.client.write("grüße "))
      #expect(try !pair.client.write(bytes))
      #expect(try !pair.client.write(bytes.span.bytes))
      #expect(pair.client.bytesWritten == 14)
      #expect(pair.client.queuedByteCount == 0)
      pair.client.close()
      loop.run()
      #expect(collector.bytes == Array("grüße ".utf8) + bytes + bytes)
    }
  }

  @Test(arguments: Transport.allCases)
  func `an empty write does nothing, whatever the stream is doing`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      #expect(try !pair.server.write([]))
      #expect(try !pair.server.write(""))
      #expect(pair.server.bytesWritten == 0)
      #expect(pair.server.queuedByteCount == 0)
      let written = try pair.server.fill()
      let queued = pair.server.queuedByteCount
      #expect(try pair.server.write([]), "still above the high-water mark")
      #expect(pair.server.queuedByteCount == queued)
      pair.server.finish()
      let reader = try PatternReader(pair.client)
      loop.run()
      #expect(reader.count == written)
      #expect(reader.isIntact)
    }
  }

  @Test(arguments: Transport.allCases)
  func `ten megabytes in one write arrive`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let count = 10_000_000
      #expect(try pair.client.write(Pattern.bytes(count)))
      #expect(pair.client.bytesWritten + pair.client.queuedByteCount == count)
      let reader = try PatternReader(pair.server)
      try pair.client.shutdown { [client = pair.client] error in
        #expect(error == nil)
        client.close()
      }
      loop.run()
      #expect(reader.count == count)
      #expect(reader.isIntact)
      #expect(pair.client.bytesWritten == count)
    }
  }

  @Test(arguments: Transport.allCases)
  func `many small writes to a peer that doesn't read wait in order`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      var written = try stream.fill()
      for _ in 0..<20_000 {
        try stream.write(Pattern.bytes(written..<written + 3))
        written += 3
      }
      #expect(stream.queuedByteCount >= 60_000)
      #expect(stream.bytesWritten + stream.queuedByteCount == written)
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(stream.bytesWritten + stream.queuedByteCount == written)
      stream.finish()
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes.count == written)
      #expect(Pattern.matches(bytes))
      #expect(end == .end)
      raw.close()
    }
  }

  @Test(arguments: Transport.allCases, UInt64(1)...4)
  func `writes of any size, with reads between them, arrive in order`(transport: Transport, seed: UInt64)
    throws
  {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop, receiveBuffer: 20_000)
      var state = seed
      var written = 0
      var read = 0
      func take() {
        while case .bytes(let bytes) = raw.receive() {
          #expect(Pattern.matches(bytes, at: read))
          read += bytes.count
        }
      }
      for round in 0..<300 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let count = round % 3 == 0 ? Int(state >> 33) % 100_000 : Int(state >> 33) % 100
        try stream.write(Pattern.bytes(written..<written + count))
        written += count
        if state >> 61 == 0 { take() }
        if state >> 62 == 1 { loop.run(.noWait) }
        #expect(stream.bytesWritten + stream.queuedByteCount == written)
      }
      try run(loop) {
        take()
        return read == written
      }
      #expect(stream.queuedByteCount == 0)
      #expect(stream.bytesWritten == written)
      stream.close()
    }
  }

  // MARK: The marks

  @Test(arguments: Transport.allCases)
  func `above the high-water mark a write says so, and the drain is told once`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let stream = pair.server
      stream.highWaterMark = 200_000
      #expect(stream.lowWaterMark == 50_000)
      var drains = 0
      var queuedThen: [Int] = []
      stream.onDrain = { stream in
        drains += 1
        queuedThen.append(stream.queuedByteCount)
        #expect(!stream.isAboveHighWaterMark)
      }
      var written = 0
      var isAbove = false
      while !isAbove {
        isAbove = try stream.write(Pattern.bytes(written..<written + 10_000))
        written += 10_000
        #expect(isAbove == (stream.queuedByteCount > 200_000))
        #expect(isAbove == stream.isAboveHighWaterMark)
      }
      #expect(stream.queuedByteCount <= 210_000)
      let reader = try PatternReader(pair.client, closesAtEnd: false)
      try run(loop) { stream.queuedByteCount == 0 && drains > 0 }
      #expect(drains == 1)
      #expect(queuedThen.allSatisfy { $0 <= 50_000 })
      // Below the mark there is nothing to tell.
      #expect(try !stream.write(Pattern.bytes(written..<written + 1)))
      written += 1
      try run(loop) { reader.count == written }
      #expect(drains == 1)
      #expect(reader.isIntact)
      stream.close()
      pair.client.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a write that waits for the drain keeps the memory bounded`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let stream = pair.server
      try stream.limitKernelBuffers()
      let total = 8_000_000
      let piece = 20_000
      var written = 0
      var mostQueued = 0
      func produce(_ stream: Libuv.Stream) throws(UVError) {
        var isAbove = false
        while written < total, !isAbove {
          isAbove = try stream.write(Pattern.bytes(written..<written + piece))
          written += piece
          mostQueued = max(mostQueued, stream.queuedByteCount)
        }
        if written == total { stream.finish() }
      }
      var drains = 0
      stream.onDrain = { stream in
        drains += 1
        #expect(throws: Never.self) { try produce(stream) }
      }
      try produce(stream)
      let reader = try PatternReader(pair.client)
      loop.run()
      #expect(reader.count == total)
      #expect(reader.isIntact)
      #expect(drains > 1)
      #expect(mostQueued <= stream.highWaterMark + piece)
    }
  }

  @Test func `no drain is told below the high-water mark`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      pair.server.highWaterMark = 100_000_000
      pair.server.onDrain = { _ in Issue.record("drained") }
      #expect(try !pair.server.write(Pattern.bytes(10_000_000)))
      #expect(pair.server.queuedByteCount > 0)
      pair.server.finish()
      let reader = try PatternReader(pair.client)
      loop.run()
      #expect(reader.count == 10_000_000)
    }
  }

  @Test func `a high-water mark of zero is passed by each byte that waits`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      pair.server.highWaterMark = 0
      var drains = 0
      pair.server.onDrain = { _ in drains += 1 }
      #expect(try !pair.server.write("x"), "the kernel took it")
      let written = 1 + (try pair.server.fill())
      let collector = try Collector(pair.client)
      try run(loop) { collector.bytes.count == written && drains > 0 }
      #expect(drains == 1)
      pair.server.close()
    }
  }

  // MARK: Before the connection

  @Test(arguments: Transport.allCases)
  func `what is written before the connection stands arrives`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var reader: PatternReader?
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        reader = try PatternReader(connection)
      }
      let client = try transport.make(loop)
      #expect(throws: UVError.self) { try client.write("x") }
      var written = 0
      func write(_ count: Int) throws(UVError) {
        try client.write(Pattern.bytes(written..<written + count))
        written += count
      }
      try client.connectAny(to: #require(listener.address)) { error in
        #expect(error == nil)
        #expect(throws: Never.self) {
          try write(1000)
          try client.shutdown { _ in
            client.close()
            listener.close()
          }
        }
      }
      try write(0)
      try write(10)
      #expect(client.queuedByteCount == 10)
      #expect(client.bytesWritten == 0)
      try write(1_000_000)
      #expect(client.queuedByteCount == 1_000_010)
      #expect(client.isAboveHighWaterMark)
      loop.run()
      #expect(reader?.count == written)
      #expect(reader?.isIntact == true)
      #expect(reader?.isEnded == true)
      #expect(client.bytesWritten == written)
    }
  }

  @Test func `what is written before a connection is refused goes nowhere`() throws {
    try withLoop { loop in
      let bound = try TCP(loop)
      try bound.bind(to: "127.0.0.1:0")
      let client = try TCP(loop)
      var results: [UVError?] = []
      try client.connect(to: bound.localAddress) { results.append($0) }
      client.onDrain = { _ in Issue.record("drained") }
      try client.write(Pattern.bytes(200_000))
      try run(loop) { client.state == .closed }
      #expect(results == [.connectionRefused])
      #expect(client.failure == .connectionRefused)
      #expect(client.bytesWritten == 0)
      bound.close()
    }
  }

  // MARK: Failures

  @Test func `a write to a peer that is gone fails, and leaves the stream open`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      raw.reset(reaching: stream)
      let first = #expect(throws: UVError.self) { try stream.write("x") }
      #expect(first == .connectionReset || first == .brokenPipe)
      #expect(throws: UVError.brokenPipe) { try stream.write("x") }
      #expect(stream.state == .open)
      #expect(stream.failure == nil)
      #expect(stream.bytesWritten == 0)
      stream.close()
    }
  }

  @Test func `a write to a pipe whose peer is gone fails`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.pipe.rawPair(loop)
      raw.close()
      // A process that another test starts at this moment has the socket, too, until it has become another program.
      var failure: UVError?
      try run(loop) {
        do throws(UVError) { try stream.write("x") } catch { failure = error }
        return failure != nil
      }
      #expect(failure == .brokenPipe)
      #expect(stream.state == .open)
      stream.close()
    }
  }

  @Test(arguments: [true, false])
  func `a reset with a write queued is a failure, and closes the stream`(isReading: Bool) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      stream.onDrain = { _ in Issue.record("drained") }
      let collector = isReading ? try Collector(stream) : nil
      _ = try stream.fill()
      raw.reset()
      loop.run()
      #expect(stream.state == .closed)
      let failure = try #require(stream.failure)
      #expect([.connectionReset, .brokenPipe].contains(failure))
      if isReading { #expect(collector?.failure == failure) }
      #expect(stream.queuedByteCount == 0)
    }
  }

  @Test func `a pipe's peer that goes with a write queued is a failure, and closes the stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.pipe.rawPair(loop)
      _ = try stream.fill()
      raw.close()
      loop.run()
      #expect(stream.state == .closed)
      let failure = try #require(stream.failure)
      #expect([.connectionReset, .brokenPipe].contains(failure))
    }
  }

  // MARK: Counting

  @Test(arguments: Transport.allCases)
  func `what the kernel took of a queued write is counted, also after a close`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.limitKernelBuffers()
      let written = 1_000_000
      try stream.write(Pattern.bytes(written))
      let before = stream.bytesWritten
      #expect(before + stream.queuedByteCount == written)
      // Until a part of what libuv is writing is taken.
      var last = before
      try run(loop) {
        _ = raw.receive(4096)
        #expect(stream.bytesWritten >= last)
        #expect(stream.bytesWritten + stream.queuedByteCount == written)
        last = stream.bytesWritten
        return last > before
      }
      #expect(last < written, "the peer has not read enough for all")
      stream.close()
      #expect(stream.bytesWritten == last)
      loop.run()
      #expect(stream.bytesWritten == last)
    }
  }
}
