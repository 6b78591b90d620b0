import Libuv
import TestSupport
import Testing

@Suite struct ReceiverTests {
  @Test(arguments: Transport.allCases)
  func `each byte arrives, in order, then the end`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      let recorder = Recorder()
      try stream.read(to: recorder)
      for position in 0..<100 {
        #expect(raw.send(Pattern.bytes(position * 10..<position * 10 + 10)))
        try run(loop) { recorder.bytes.count == position * 10 + 10 }
      }
      raw.close()
      loop.run()
      #expect(Pattern.matches(recorder.bytes))
      #expect(recorder.events == ["end"])
      #expect(stream.readCount == 100)
    }
  }

  @Test(arguments: Transport.allCases)
  func `one receiver serves many streams`(transport: Transport) throws {
    try withLoop { loop in
      let echo = EchoReceiver()
      let pairs = try (0..<20).map { _ in try transport.rawPair(loop) }
      for (_, stream) in pairs { try stream.read(to: echo) }
      for (number, pair) in pairs.enumerated() { #expect(pair.raw.send([UInt8(number), 255])) }
      for (number, pair) in pairs.enumerated() {
        try run(loop) { pair.raw.receive() == .bytes([UInt8(number), 255]) }
      }
      for (raw, _) in pairs { raw.close() }
      loop.run()
      #expect(echo.ends == 20)
    }
  }

  @Test func `the default throws away what comes`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      try stream.read(to: Receiver())
      #expect(raw.send(Pattern.bytes(1000)))
      try run(loop) { stream.bytesRead == 1000 }
      raw.endSending()
      try run(loop) { stream.isReadEnded }
      #expect(stream.state == .open)
      stream.close()
    }
  }

  // MARK: Failures

  @Test func `a reset is told, and closes the stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let recorder = Recorder()
      try stream.read(to: recorder)
      raw.reset(reaching: stream)
      loop.run()
      #expect(recorder.events == ["ECONNRESET"])
      #expect(stream.failure == .connectionReset)
      #expect(stream.state == .closed)
    }
  }

  @Test func `a receiver can't read from a stream that isn't connected, has ended, or is closed`() throws {
    try withLoop { loop in
      let recorder = Recorder()
      let unconnected = try TCP(loop)
      #expect(throws: UVError.notConnected) { try unconnected.read(to: recorder) }
      unconnected.close()
      #expect(throws: UVError.badHandle) { try unconnected.read(to: recorder) }
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      try stream.read(to: Receiver())
      raw.endSending()
      try run(loop) { stream.isReadEnded }
      #expect(throws: UVError.endOfFile) { try stream.read(to: recorder) }
      stream.close()
      loop.run()
      #expect(recorder.events.isEmpty)
      #expect(recorder.bytes.isEmpty)
    }
  }

  // MARK: Sending

  @Test func `what a slow reader doesn't take waits, and stops the echo`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop, receiveBuffer: 20_000)
      try stream.limitKernelBuffers()
      stream.highWaterMark = 10_000
      let echo = EchoReceiver()
      stream.onDrain = { try? $0.resume() }
      try stream.read(to: echo)
      var sent = 0
      // Until it reads no more, since nobody takes what it sends.
      try run(loop) {
        sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<sent + 10_000))
        return echo.pauses > 0
      }
      #expect(stream.queuedByteCount <= 10_000 + 65536)
      let count = sent + 200_000
      var received: [UInt8] = []
      try run(loop) {
        if sent < count {
          sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<min(count, sent + 10_000)))
        }
        while case .bytes(let bytes) = raw.receive() { received += bytes }
        return received.count == count
      }
      #expect(Pattern.matches(received))
      raw.close()
      loop.run()
      #expect(stream.failure == nil)
    }
  }

  @Test(arguments: Transport.allCases)
  func `the drain is told to the receiver, and then to the handler`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      stream.highWaterMark = 10_000
      let recorder = Recorder()
      try stream.read(to: recorder)
      stream.onDrain = { _ in recorder.events.append("onDrain") }
      let written = try stream.fill()
      #expect(recorder.events.isEmpty)
      var count = 0
      try run(loop) {
        while case .bytes(let bytes) = raw.receive() { count += bytes.count }
        return count == written && !recorder.events.isEmpty
      }
      #expect(recorder.events == ["drain", "onDrain"])
      raw.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a receiver that reads on at the drain echoes everything, with no handler of the drain`(
    transport: Transport
  )
    throws
  {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      try stream.limitKernelBuffers()
      stream.highWaterMark = 10_000
      let echo = ResumingReceiver()
      try stream.read(to: echo)
      var sent = 0
      try run(loop) {
        sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<sent + 10_000))
        return echo.pauses > 0
      }
      let count = sent + 200_000
      var received: [UInt8] = []
      try run(loop) {
        if sent < count { sent += raw.sendWithoutWaiting(Pattern.bytes(sent..<min(count, sent + 10_000))) }
        while case .bytes(let bytes) = raw.receive() { received += bytes }
        return received.count == count
      }
      #expect(Pattern.matches(received))
      #expect(echo.drains > 0)
      raw.close()
      loop.run()
      #expect(stream.failure == nil)
    }
  }

  @Test func `no drain is told to a receiver whose stream's writing has ended`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      stream.highWaterMark = 10_000
      let recorder = Recorder()
      try stream.read(to: recorder)
      let written = try stream.fill()
      var isShutDown = false
      try stream.shutdown { _ in isShutDown = true }
      #expect(try raw.receiveAll(loop).bytes.count == written)
      try run(loop) { isShutDown }
      #expect(recorder.events.isEmpty)
      raw.close()
    }
  }

  @Test func `at the drain a receiver may be replaced, and may close the stream`() throws {
    for end in ["replace", "close", "finish"] {
      try withLoop { loop in
        let (raw, stream) = try Transport.tcp.rawPair(loop)
        stream.highWaterMark = 10_000
        weak var receiver: Receiver?
        try {
          let new = AtDrain { stream in
            switch end {
            case "replace": try? stream.read(to: Receiver())
            case "close": stream.close()
            default: stream.finish()
            }
          }
          receiver = new
          try stream.read(to: new)
        }()
        var drains = 0
        stream.onDrain = { _ in drains += 1 }
        _ = try stream.fill()
        try run(loop) {
          while case .bytes = raw.receive() {}
          return receiver == nil
        }
        #expect(drains == (end == "close" ? 0 : 1))
        raw.close()
        stream.close()
      }
    }
  }

  @Test func `sending after the output has ended fails the stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let recorder = Recorder()
      try stream.read(to: recorder)
      try stream.shutdown()
      #expect(!send([1], on: stream))
      #expect(stream.failure == .brokenPipe)
      #expect(recorder.events == ["EPIPE"])
      loop.run()
      #expect(stream.state == .closed)
      raw.close()
    }
  }

  @Test func `sending on a closed or unconnected stream writes nothing`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      stream.close()
      #expect(!send([1], on: stream))
      loop.run()
      #expect(!send([1], on: stream))
      #expect(stream.bytesWritten == 0)
      #expect(stream.failure == nil)
      #expect(raw.receive() == .end)
      raw.close()
      let unconnected = try TCP(loop)
      #expect(!send([1], on: unconnected))
      #expect(unconnected.failure == .notConnected)
      loop.run()
      #expect(unconnected.state == .closed)
    }
  }

  @Test func `sending to a peer that has reset fails the stream`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      raw.reset(reaching: stream)
      // The first may go out before the kernel says so.
      try run(loop) {
        _ = send([1], on: stream)
        return stream.failure != nil
      }
      #expect(stream.failure == .connectionReset || stream.failure == .brokenPipe)
      loop.run()
      #expect(stream.state == .closed)
    }
  }

  @Test func `no bytes are sent without a word`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      #expect(!send([], on: stream))
      #expect(stream.failure == nil)
      stream.close()
      #expect(try raw.receiveAll(loop).bytes.isEmpty)
    }
  }

  // MARK: Who takes whose place

  @Test(arguments: [1, 2, 3])
  func `a receiver that is replaced within its call lives until that is over`(times: Int) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let last = Recorder()
      weak var replaced: Replacing?
      try {
        let replacing = Replacing(by: (1..<times).map { _ in Recorder() } + [last])
        replaced = replacing
        try stream.read(to: replacing)
      }()
      #expect(replaced != nil)
      #expect(raw.send([1]))
      try run(loop) { stream.bytesRead == 1 }
      #expect(replaced == nil)
      #expect(raw.send([2]))
      raw.close()
      loop.run()
      #expect(last.bytes == [2])
      #expect(last.events == ["end"])
    }
  }

  @Test func `what ends with a handler that is replaced may call the stream`() throws {
    try withLoop { loop in
      let endings: [(Libuv.Stream, Recorder) throws -> Void] = [
        { try $0.read(to: $1) },
        { stream, recorder in
          try stream.read { _, event throws(UVError) in
            if case .bytes(let bytes) = event {
              recorder.received(bytes, from: stream)
            } else {
              stream.close()
            }
          }
        },
        { stream, _ in try stream.pump(to: stream) },
        { stream, _ in stream.close() },
        { stream, _ in stream.finish() },
      ]
      let replacements: [(Libuv.Stream, Libuv.Stream) throws -> Void] = [
        { stream, _ in try stream.read { _, _ throws(UVError) in } },
        { stream, _ in try stream.read(to: Receiver()) },
        { stream, other in try stream.pump(to: other) },
        { stream, _ in stream.finish() },
      ]
      for ending in endings {
        for replacement in replacements {
          for isWithin in [false, true] {
            let (raw, stream) = try Transport.tcp.rawPair(loop)
            let (otherRaw, other) = try Transport.tcp.rawPair(loop)
            let recorder = Recorder()
            var ends = 0
            try {
              let captured = AtEnd { [unowned stream] in
                ends += 1
                // The stream may be as it says, or refuse: it never is in between.
                try? ending(stream, recorder)
              }
              try stream.read { stream, _ throws(UVError) in
                _ = captured
                if isWithin { try? replacement(stream, other) }
              }
            }()
            if isWithin {
              #expect(raw.send([1]))
              try run(loop) { stream.bytesRead == 1 }
            } else {
              try replacement(stream, other)
            }
            #expect(ends == 1)
            _ = raw.send([2])
            loop.run(.noWait)
            other.close()
            raw.close()
            try run(loop) { stream.state == .closed || stream.isReadEnded }
            stream.close()
            otherRaw.close()
            try run(loop) { stream.state == .closed && other.state == .closed }
          }
        }
      }
    }
  }

  @Test func `after a failure nothing is above the high-water mark, and the peer is told of the loss`() throws
  {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop, receiveBuffer: 20_000)
      try stream.limitKernelBuffers()
      #expect(send(Pattern.bytes(1_000_000), on: stream))
      try stream.shutdown()
      #expect(!send([1], on: stream))
      #expect(stream.failure == .brokenPipe)
      #expect(!send([1], on: stream))
      #expect(try raw.receiveAll(loop).end == .reset)
    }
  }

  @Test func `what ends with a drain handler that is replaced may set another one`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var ends = 0
      stream.onDrain = {
        let captured = AtEnd { [unowned stream] in
          ends += 1
          stream.onDrain = { _ in }
        }
        return { _ in _ = captured }
      }()
      stream.onDrain = nil
      #expect(ends == 1)
      stream.close()
      raw.close()
    }
  }

  @Test func `a stream lets go of its receiver when it is closed`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      weak var receiver: Receiver?
      try {
        let new = Recorder()
        receiver = new
        try stream.read(to: new)
      }()
      #expect(receiver != nil)
      stream.close()
      loop.run()
      #expect(receiver == nil)
      raw.close()
    }
  }

  @Test func `after a close or finish within its call nothing more comes`() throws {
    let loop = try Loop(readBufferSize: 10)
    for end in [{ $0.close() }, { $0.finish() }] as [(Stream) -> Void] {
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let ending = Ending(end)
      try stream.read(to: ending)
      #expect(raw.send(Pattern.bytes(100)))
      raw.endSending()
      try run(loop) { stream.state == .closed }
      #expect(ending.calls == 1)
      raw.close()
    }
    try loop.close()
  }

  @Test(arguments: Transport.allCases)
  func `handlers, receivers and pumps take each other's places while reading goes on`(transport: Transport)
    throws
  {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      var handled: [UInt8] = []
      let recorder = Recorder()
      for round in UInt8(0)..<3 {
        try stream.read { _, event throws(UVError) in
          if case .bytes(let bytes) = event { bytes.withUnsafeBytes { handled += $0 } }
        }
        #expect(raw.send([round]))
        try run(loop) { handled.last == round }
        try stream.read(to: recorder)
        #expect(raw.send([round + 10]))
        try run(loop) { recorder.bytes.last == round + 10 }
        try stream.pump(to: stream)
        #expect(raw.send([round + 20]))
        try run(loop) { raw.receive() == .bytes([round + 20]) }
      }
      #expect(handled == [0, 1, 2])
      #expect(recorder.bytes == [10, 11, 12])
      #expect(recorder.events.isEmpty)
      raw.close()
      loop.run()
      #expect(stream.state == .closed)
    }
  }
}

/// A span can't be in an expectation.
private func send(_ bytes: [UInt8], on stream: Libuv.Stream) -> Bool { stream.send(bytes.span.bytes) }

/// Keeps what comes.
private final class Recorder: Receiver {
  private(set) var bytes: [UInt8] = []
  var events: [String] = []

  override func received(_ bytes: RawSpan, from stream: Libuv.Stream) {
    bytes.withUnsafeBytes { self.bytes += $0 }
  }

  override func drained(_ stream: Libuv.Stream) { events.append("drain") }

  override func ended(_ stream: Libuv.Stream) {
    events.append("end")
    stream.close()
  }

  override func failed(_ stream: Libuv.Stream, _ error: UVError) { events.append(error.name) }
}

/// Sends everything back.
private class EchoReceiver: Receiver {
  private(set) var pauses = 0
  private(set) var ends = 0

  override func received(_ bytes: RawSpan, from stream: Libuv.Stream) {
    if stream.send(bytes) {
      pauses += 1
      stream.pause()
    }
  }

  override func ended(_ stream: Libuv.Stream) {
    ends += 1
    stream.finish()
  }
}

/// ... and reads on when there is room.
private final class ResumingReceiver: EchoReceiver {
  private(set) var drains = 0

  override func drained(_ stream: Libuv.Stream) {
    drains += 1
    try? stream.resume()
  }
}

/// Does something at the drain, and then still needs itself.
private final class AtDrain: Receiver {
  private let action: (Libuv.Stream) -> Void
  private var isDone = false

  init(_ action: @escaping (Libuv.Stream) -> Void) { self.action = action }

  override func drained(_ stream: Libuv.Stream) {
    action(stream)
    isDone = true
  }
}

/// Puts others in its place, one after the other, and then still needs itself.
private final class Replacing: Receiver {
  private let others: [Receiver]
  private var count = 0

  init(by others: [Receiver]) { self.others = others }

  override func received(_ bytes: RawSpan, from stream: Libuv.Stream) {
    for other in others {
      #expect(throws: Never.self) { try stream.read(to: other) }
      count += 1
    }
    #expect(count == others.count)
  }
}

/// Does something when it ends.
private final class AtEnd {
  private let body: () -> Void

  init(_ body: @escaping () -> Void) { self.body = body }

  deinit { body() }
}

/// Ends the stream with the first bytes.
private final class Ending: Receiver {
  private let end: (Libuv.Stream) -> Void
  private(set) var calls = 0

  init(_ end: @escaping (Libuv.Stream) -> Void) { self.end = end }

  override func received(_ bytes: RawSpan, from stream: Libuv.Stream) {
    calls += 1
    end(stream)
  }

  override func ended(_ stream: Libuv.Stream) { calls += 1 }
}
