import Libuv
import TestSupport
import Testing

@Suite struct StreamPumpTests {
  /// Two clients, and the streams between them: `left` talks to `leftInner`, `right` to `rightInner`.
  private struct Chain {
    let left: RawSocket
    let leftInner: Libuv.Stream
    let rightInner: Libuv.Stream
    let right: RawSocket

    /// Pumps both ways unless told otherwise.
    init(_ loop: Loop, _ from: Transport = .tcp, _ to: Transport = .tcp, isProxy: Bool = true) throws {
      (left, leftInner) = try from.rawPair(loop)
      (right, rightInner) = try to.rawPair(loop)
      guard isProxy else { return }
      try leftInner.pump(to: rightInner)
      try rightInner.pump(to: leftInner)
    }
  }

  // MARK: Echo

  @Test(arguments: Transport.allCases)
  func `a stream pumped to itself gives every byte back, and closes after the end`(transport: Transport)
    throws
  {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      try pair.server.pump(to: pair.server)
      let reader = try PatternReader(pair.client)
      let count = 10_000_000
      try pair.client.write(Pattern.bytes(count))
      try pair.client.shutdown()
      loop.run()
      #expect(reader.count == count)
      #expect(reader.isIntact)
      #expect(reader.isEnded)
      #expect(pair.server.state == .closed)
      #expect(pair.server.failure == nil)
      #expect(pair.server.bytesRead == count)
      #expect(pair.server.bytesWritten == count)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a peer that doesn't read stops the pump at the high-water mark`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop, receiveBuffer: 20_000)
      try stream.limitKernelBuffers()
      stream.highWaterMark = 100_000
      try stream.pump(to: stream)
      let bound = stream.highWaterMark + 65536
      var sent = 0
      var mostQueued = 0
      // Until it is stuck: nothing can be sent any more, and nothing moves.
      var idleTurns = 0
      try run(loop) {
        let count = raw.sendWithoutWaiting(Pattern.bytes(sent..<sent + 10_000))
        sent += count
        mostQueued = max(mostQueued, stream.queuedByteCount)
        idleTurns = count == 0 ? idleTurns + 1 : 0
        return idleTurns == 20
      }
      #expect(mostQueued > stream.highWaterMark)
      #expect(mostQueued <= bound)
      #expect(stream.unreadByteCount > 0, "it doesn't read")
      let readThen = stream.bytesRead
      for _ in 0..<5 { loop.run(.noWait) }
      #expect(stream.bytesRead == readThen)
      // It goes on as soon as the peer reads, again and again.
      let total = sent + 2_000_000
      var received = 0
      var isIntact = true
      try run(loop) {
        if sent < total {
          sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<min(total, sent + 50_000)))
        } else {
          raw.endSending()
        }
        mostQueued = max(mostQueued, stream.queuedByteCount)
        switch raw.receive(10_000) {
        case .bytes(let bytes):
          isIntact = isIntact && Pattern.matches(bytes, at: received)
          received += bytes.count
          return false
        case .nothing: return false
        case .end: return true
        case .reset:
          Issue.record("reset")
          return true
        }
      }
      #expect(received == total)
      #expect(isIntact)
      #expect(mostQueued <= bound)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a pump to a stream above its high-water mark waits for the drain`(transport: Transport) throws {
    try withLoop { loop in
      // So small that the kernel can't take what is queued while nobody reads.
      let (raw, stream) = try transport.rawPair(loop, receiveBuffer: 20_000)
      try stream.limitKernelBuffers()
      let written = try stream.fill()
      #expect(raw.send(Pattern.bytes(written..<written + 1000)))
      try stream.pump(to: stream)
      for _ in 0..<5 { loop.run(.noWait) }
      #expect(stream.bytesRead == 0)
      raw.endSending()
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes.count == written + 1000)
      #expect(Pattern.matches(bytes))
      #expect(end == .end)
    }
  }

  @Test func `the service hears of the drain too`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      try stream.limitKernelBuffers()
      var drains = 0
      stream.onDrain = { _ in drains += 1 }
      _ = try stream.fill()
      try stream.pump(to: stream)
      raw.endSending()
      #expect(try raw.receiveAll(loop).end == .end)
      #expect(drains == 1)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a pump can be paused`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.pump(to: stream)
      stream.pause()
      #expect(raw.send([1]))
      try run(loop) { stream.unreadByteCount == 1 }
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(stream.bytesRead == 0)
      try stream.resume()
      raw.endSending()
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes == [1])
      #expect(end == .end)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a paused pump stays paused when its target drains`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let written = try stream.fill()
      try stream.pump(to: stream)
      stream.pause()
      #expect(raw.send([1]))
      var received = 0
      try run(loop) {
        if case .bytes(let bytes) = raw.receive() { received += bytes.count }
        return received == written && stream.queuedByteCount == 0
      }
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(stream.bytesRead == 0)
      stream.close()
    }
  }

  // MARK: Proxy

  @Test(arguments: Transport.allCases, Transport.allCases)
  func `a proxy passes both directions, and closes when both have ended`(from: Transport, to: Transport)
    throws
  {
    try withLoop { loop in
      let outer = try from.pair(loop)
      let inner = try to.pair(loop)
      try outer.server.pump(to: inner.client)
      try inner.client.pump(to: outer.server)
      let count = 3_000_000
      let atClient = try PatternReader(outer.client, closesAtEnd: false)
      let atServer = try PatternReader(inner.server, closesAtEnd: false)
      for end in [outer.client, inner.server] {
        try end.write(Pattern.bytes(count))
        end.whenClosed { #expect(end.failure == nil) }
        try end.shutdown()
      }
      try run(loop) { outer.server.state == .closed && inner.client.state == .closed }
      try run(loop) { atClient.isEnded && atServer.isEnded }
      #expect((atClient.count, atServer.count) == (count, count))
      #expect(atClient.isIntact && atServer.isIntact)
      outer.client.close()
      inner.server.close()
    }
  }

  @Test(arguments: [true, false])
  func `a proxy passes one side's end, and the other direction goes on`(leftEnds: Bool) throws {
    try withLoop { loop in
      let chain = try Chain(loop)
      let (ending, staying) = leftEnds ? (chain.left, chain.right) : (chain.right, chain.left)
      #expect(ending.send(Array("request".utf8)))
      ending.endSending()
      let (bytes, end) = try staying.receiveAll(loop)
      #expect(bytes == Array("request".utf8))
      #expect(end == .end)
      #expect(chain.leftInner.state == .open)
      #expect(chain.rightInner.state == .open)
      #expect(staying.send(Array("answer".utf8)))
      staying.endSending()
      let (answer, answerEnd) = try ending.receiveAll(loop)
      #expect(answer == Array("answer".utf8))
      #expect(answerEnd == .end)
      loop.run()
      #expect(chain.leftInner.state == .closed)
      #expect(chain.rightInner.state == .closed)
      #expect(chain.leftInner.failure == nil)
      #expect(chain.rightInner.failure == nil)
    }
  }

  @Test(arguments: [true, false])
  func `a reset on one side of a proxy resets the other`(leftResets: Bool) throws {
    try withLoop { loop in
      let chain = try Chain(loop)
      let (resetting, other) = leftResets ? (chain.left, chain.right) : (chain.right, chain.left)
      let (failing, closing) =
        leftResets ? (chain.leftInner, chain.rightInner) : (chain.rightInner, chain.leftInner)
      #expect(resetting.send([1]))
      try run(loop) { other.receive() == .bytes([1]) }
      resetting.reset()
      #expect(try other.receiveAll(loop).end == .reset)
      loop.run()
      #expect(failing.failure == .connectionReset)
      #expect(closing.failure == nil)
      #expect(closing.state == .closed)
    }
  }

  @Test func `a reset after one side's end resets the other, too`() throws {
    try withLoop { loop in
      let chain = try Chain(loop)
      chain.left.endSending()
      #expect(try chain.right.receiveAll(loop).end == .end)
      chain.right.reset()
      #expect(try chain.left.receiveAll(loop).end == .reset)
      loop.run()
      #expect(chain.rightInner.failure == .connectionReset)
      #expect(chain.leftInner.failure == nil)
    }
  }

  @Test func `a reset while bytes are queued for that side resets the other`() throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.rightInner.limitKernelBuffers()
      try chain.leftInner.pump(to: chain.rightInner)
      var sent = 0
      try run(loop) {
        sent += chain.left.sendWithoutWaiting(Pattern.bytes(sent..<sent + 50_000))
        return chain.rightInner.isAboveHighWaterMark
      }
      #expect(chain.rightInner.queuedByteCount <= chain.rightInner.highWaterMark + 65536)
      chain.right.reset()
      #expect(try chain.left.receiveAll(loop).end == .reset)
      loop.run()
      let failure = try #require(chain.rightInner.failure)
      #expect([.connectionReset, .brokenPipe].contains(failure))
      #expect(chain.leftInner.failure == nil)
      #expect(chain.leftInner.state == .closed)
    }
  }

  @Test func `a target that is gone when bytes come for it fails, and resets the source`() throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.leftInner.pump(to: chain.rightInner)
      chain.right.reset()
      #expect(chain.left.send([1]))
      #expect(try chain.left.receiveAll(loop).end == .reset)
      loop.run()
      let failure = try #require(chain.rightInner.failure)
      #expect([.connectionReset, .brokenPipe].contains(failure))
      #expect(chain.leftInner.failure == nil)
    }
  }

  @Test(arguments: [true, false])
  func `closing one side of a proxy resets the other`(closesSource: Bool) throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.leftInner.pump(to: chain.rightInner)
      (closesSource ? chain.leftInner : chain.rightInner).close()
      let other = closesSource ? chain.right : chain.left
      #expect(try other.receiveAll(loop).end == .reset)
      loop.run()
      #expect(chain.leftInner.failure == nil)
      #expect(chain.rightInner.failure == nil)
      #expect(chain.leftInner.state == .closed)
      #expect(chain.rightInner.state == .closed)
    }
  }

  @Test func `a source's end is passed only after all that is queued`() throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.rightInner.limitKernelBuffers()
      chain.rightInner.highWaterMark = 1_000_000
      try chain.leftInner.pump(to: chain.rightInner)
      var sent = 0
      try run(loop) {
        sent += chain.left.sendWithoutWaiting(Pattern.bytes(sent..<min(500_000, sent + 50_000)))
        return sent == 500_000
      }
      chain.left.endSending()
      try run(loop) { chain.leftInner.isReadEnded }
      #expect(chain.rightInner.queuedByteCount > 0)
      #expect(!chain.rightInner.isWritable)
      let (bytes, end) = try chain.right.receiveAll(loop)
      #expect(bytes.count == sent)
      #expect(Pattern.matches(bytes))
      #expect(end == .end)
      chain.leftInner.close()
      chain.rightInner.close()
    }
  }

  // MARK: Taking it apart

  @Test func `a pump to another target takes the place of the first`() throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.leftInner.pump(to: chain.rightInner)
      #expect(chain.left.send([1]))
      try run(loop) { chain.right.receive() == .bytes([1]) }
      try chain.leftInner.pump(to: chain.leftInner)
      // To the same one again: allowed.
      try chain.leftInner.pump(to: chain.leftInner)
      #expect(chain.left.send([2]))
      try run(loop) { chain.left.receive() == .bytes([2]) }
      #expect(chain.right.receive() == .nothing)
      // The first one is free for another source.
      try chain.rightInner.pump(to: chain.rightInner)
      chain.left.endSending()
      #expect(try chain.left.receiveAll(loop).end == .end)
      #expect(chain.rightInner.state == .open)
      chain.right.endSending()
      #expect(try chain.right.receiveAll(loop).end == .end)
    }
  }

  @Test func `shutting the target down leaves the source open and unread`() throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.leftInner.pump(to: chain.rightInner)
      try chain.rightInner.shutdown()
      #expect(chain.left.send([1]))
      #expect(try chain.right.receiveAll(loop).end == .end)
      try run(loop) { chain.leftInner.unreadByteCount == 1 }
      #expect(chain.leftInner.bytesRead == 0)
      #expect(chain.leftInner.state == .open)
      let collector = try Collector(chain.leftInner)
      try run(loop) { collector.bytes == [1] }
      chain.leftInner.close()
      chain.rightInner.close()
      loop.run()
      #expect(chain.leftInner.failure == nil)
    }
  }

  @Test(arguments: [true, false])
  func `finishing one side leaves the other open`(finishesSource: Bool) throws {
    try withLoop { loop in
      let chain = try Chain(loop, isProxy: false)
      try chain.leftInner.pump(to: chain.rightInner)
      let (finished, raw) =
        finishesSource ? (chain.leftInner, chain.left) : (chain.rightInner, chain.right)
      let other = finishesSource ? chain.rightInner : chain.leftInner
      finished.finish()
      #expect(try raw.receiveAll(loop).end == .end)
      raw.endSending()
      try run(loop) { finished.state == .closed }
      #expect(other.state == .open)
      #expect(other.failure == nil)
      try other.write("x")
      other.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `finishing an echo sends what is queued, then the end`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop, receiveBuffer: 20_000)
      try stream.limitKernelBuffers()
      try stream.pump(to: stream)
      var sent = 0
      try run(loop) {
        sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<sent + 10_000))
        return stream.isAboveHighWaterMark
      }
      let echoed = stream.bytesRead
      stream.finish()
      let (bytes, end) = try raw.receiveAll(loop)
      #expect(bytes.count == echoed)
      #expect(Pattern.matches(bytes))
      #expect(end == .end)
      raw.endSending()
      try run(loop) { stream.state == .closed }
      #expect(stream.bytesDiscarded == sent - echoed)
      #expect(stream.failure == nil)
    }
  }

  // MARK: Errors

  @Test(arguments: Transport.allCases)
  func `a pump needs an open source and target, both connected`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      let fresh = try transport.make(loop)
      #expect(throws: UVError.notConnected) { try fresh.pump(to: pair.server) }
      #expect(throws: UVError.notConnected) { try pair.server.pump(to: fresh) }
      let closed = try transport.make(loop)
      closed.close()
      #expect(throws: UVError.badHandle) { try closed.pump(to: pair.server) }
      #expect(throws: UVError.badHandle) { try pair.server.pump(to: closed) }
      let ended = try Collector(pair.server, closesAtEnd: false)
      try pair.client.shutdown()
      #expect(throws: UVError.brokenPipe) { try pair.client.pump(to: pair.client) }
      try run(loop) { ended.isEnded }
      #expect(throws: UVError.endOfFile) { try pair.server.pump(to: pair.server) }
      // None of that changed anything: the other handler is still there, and nothing closes anything.
      fresh.close()
      loop.run()
      #expect(pair.client.state == .open)
      #expect(pair.server.state == .open)
      pair.client.close()
      pair.server.close()
    }
  }

  @Test func `a stream that is connecting can't be pumped`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      try listening.listen { connection throws(UVError) in connection.close() }
      let connecting = try TCP(loop)
      try connecting.connect(to: listening.localAddress) { _ in
        connecting.close()
        listening.close()
      }
      #expect(throws: UVError.notConnected) { try connecting.pump(to: pair.client) }
      #expect(throws: UVError.notConnected) { try pair.client.pump(to: connecting) }
      pair.client.close()
      pair.server.close()
    }
  }

  @Test func `a second pump to the same target traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      let first = try tcpPair(loop)
      let second = try tcpPair(loop)
      try first.server.pump(to: first.client)
      try second.server.pump(to: first.client)
    }
    #expect(result?.says("a stream takes one pump at a time") == true)
  }

  @Test func `a pump between two loops traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let first = try tcpPair(Loop())
      let second = try tcpPair(Loop())
      try first.server.pump(to: second.client)
    }
    #expect(result?.says("a pump joins streams of one loop") == true)
  }

  @Test(arguments: Transport.allCases)
  func `pumped streams are freed`(transport: Transport) throws {
    weak var source: Libuv.Stream?
    weak var target: Libuv.Stream?
    try withLoop { loop in
      do {
        let chain = try Chain(loop, transport, transport)
        (source, target) = (chain.leftInner, chain.rightInner)
        chain.left.close()
        chain.right.close()
      }
      loop.run()
      #expect(source == nil)
      #expect(target == nil)
    }
  }

  // MARK: Taken apart

  @Test(arguments: Transport.allCases)
  func `a stream whose pump a handler has replaced closes when it is told to, and not by itself`(
    transport: Transport
  )
    throws
  {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.pump(to: stream)
      raw.send([1])
      try run(loop) { stream.bytesWritten == 1 }
      var isShutDown = false
      try stream.read { stream, event throws(UVError) in
        guard case .end = event else { return }
        try stream.write([2])
        try stream.shutdown { _ in isShutDown = true }
      }
      raw.endSending()
      try run(loop) { isShutDown }
      #expect(try raw.receiveAll(loop).bytes == [1, 2])
      #expect(stream.state == .open)
      #expect(stream.isReadEnded)
      stream.close()
      raw.close()
    }
  }

  @Test(arguments: [false, true])
  func
    `a proxy of which a handler takes over one direction closes when it is told to, whatever has ended by then`(
      leftEndsFirst: Bool
    ) throws
  {
    try withLoop { loop in
      let chain = try Chain(loop)
      func endLeft() throws {
        chain.left.send([1, 2, 3])
        chain.left.endSending()
        #expect(try chain.right.receiveAll(loop).bytes == [1, 2, 3])
      }
      if leftEndsFirst { try endLeft() }
      var received: [UInt8] = []
      var isEnded = false
      try chain.rightInner.read { _, event throws(UVError) in
        switch event {
        case .bytes(let bytes): bytes.withUnsafeBytes { received += $0 }
        case .end: isEnded = true
        case .failure: break
        }
      }
      if !leftEndsFirst { try endLeft() }
      chain.right.send([4, 5])
      chain.right.endSending()
      try run(loop) { isEnded }
      #expect(received == [4, 5])
      // The left one's output is still to be ended, by whoever has taken the pump to it apart.
      try chain.leftInner.write(received)
      var isShutDown = false
      try chain.leftInner.shutdown { _ in isShutDown = true }
      #expect(try chain.left.receiveAll(loop).bytes == [4, 5])
      try run(loop) { isShutDown }
      for stream in [chain.leftInner, chain.rightInner] {
        #expect(stream.state == .open)
        #expect(stream.failure == nil)
        stream.close()
      }
    }
  }

  @Test func `a stream that finishes closes at the end, also if a pump was put there and taken away`() throws
  {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let (otherRaw, other) = try Transport.tcp.rawPair(loop)
      stream.finish()
      try stream.pump(to: other)
      try stream.read(to: Receiver())
      raw.endSending()
      try run(loop) { stream.state == .closed }
      #expect(stream.failure == nil)
      other.close()
      otherRaw.close()
      raw.close()
    }
  }
}

extension ExitTest.Result {
  /// Whether the process wrote this to its standard error.
  func says(_ text: String) -> Bool {
    String(decoding: standardErrorContent, as: UTF8.self).contains(text)
  }
}
