import TestSupport
import Testing

@testable import Libuv

@Suite struct HeldHandlerTests {
  @Test func `an empty one does nothing, and one that is held is called`() throws {
    try withLoop { loop in
      let stream = try TCP(loop)
      #expect(HeldHandler().call(stream, .end) == nil)
      var events: [String] = []
      let held = HeldHandler { called, event throws(UVError) in
        #expect(called === stream)
        switch event {
        case .bytes: events.append("bytes")
        case .end: events.append("end")
        case .failure(let error): throw error
        }
      }
      #expect(held.call(stream, .end) == nil)
      #expect(held.call(stream, .failure(.brokenPipe)) == .brokenPipe)
      #expect(events == ["end"])
      stream.close()
    }
  }

  /// Reads with a handler that has captured something.
  ///
  /// - Parameter body: called within the handler, for all that it gets.
  /// - Returns: whether what it captured is still there.
  private func read(
    _ stream: Libuv.Stream,
    _ body: @escaping (Libuv.Stream) throws(UVError) -> Void = { _ in }
  ) throws -> () -> Bool {
    let captured = Captured()
    try stream.read { stream, _ throws(UVError) in
      captured.calls += 1
      try body(stream)
      // It is there until this returns.
      captured.calls += 1
    }
    return { [weak captured] in captured != nil }
  }

  @Test(arguments: Transport.allCases)
  func `a stream lets go of its handler when another one comes, and when it ends`(transport: Transport) throws
  {
    try withLoop { loop in
      let others: [(Libuv.Stream) throws -> Void] = [
        { try $0.read { _, _ throws(UVError) in } },
        { try $0.read(to: Receiver()) },
        { try $0.pump(to: $0) },
        { $0.finish() },
      ]
      for other in others {
        let (raw, stream) = try transport.rawPair(loop)
        let isThere = try read(stream)
        #expect(isThere())
        try other(stream)
        #expect(!isThere())
        raw.close()
        stream.close()
      }
      let (raw, stream) = try transport.rawPair(loop)
      let isThere = try read(stream)
      stream.close()
      #expect(isThere())
      loop.run()
      #expect(!isThere())
      raw.close()
    }
  }

  @Test(arguments: [1, 2, 3], [true, false])
  func `one that is replaced within its call lives until that is over`(times: Int, atTheEnd: Bool) throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var wasThere: [Bool] = []
      var isThere = { false }
      isThere = try read(stream) { stream throws(UVError) in
        for _ in 0..<times {
          if atTheEnd {
            // With nothing queued it would only close.
            if wasThere.isEmpty { _ = try stream.fill() }
            stream.finish()
          } else {
            try stream.read { _, _ throws(UVError) in }
          }
          wasThere.append(isThere())
        }
      }
      if atTheEnd { raw.endSending() } else { #expect(raw.send([1])) }
      try run(loop) { !wasThere.isEmpty }
      #expect(wasThere == Array(repeating: true, count: times))
      #expect(!isThere())
      stream.close()
      loop.run()
      #expect(!isThere())
      raw.close()
    }
  }

  @Test func `one that throws is let go of, and told nothing more`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var calls = 0
      let isThere = try read(stream) { _ throws(UVError) in
        calls += 1
        throw UVError.protocolError.during("greet")
      }
      #expect(raw.send([1]))
      try run(loop) { stream.state == .closed }
      #expect(stream.failure == .protocolError)
      #expect(calls == 1)
      #expect(!isThere())
      raw.close()
    }
  }

  @Test func `one that replaces itself and throws fails the stream, of which the new one is told`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      var told: UVError?
      let isThere = try read(stream) { stream throws(UVError) in
        try stream.read { _, event throws(UVError) in
          if case .failure(let error) = event { told = error }
        }
        throw UVError.protocolError.during("greet")
      }
      #expect(raw.send([1]))
      try run(loop) { stream.state == .closed }
      #expect(told == .protocolError)
      #expect(!isThere())
      raw.close()
    }
  }

  @Test func `a connection that is used again has no handler of the one before`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      var isThere: () -> Bool = { false }
      var identities: [ObjectIdentifier] = []
      let listener = try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
        identities.append(ObjectIdentifier(connection))
        if identities.count == 1 { isThere = (try? read(connection)) ?? isThere }
      }
      let first = try RawSocket(to: #require(listener.address))
      try run(loop) { identities.count == 1 }
      #expect(isThere())
      listener.connections[0].close()
      try run(loop) { listener.connections.isEmpty }
      #expect(!isThere())
      let second = try RawSocket(to: #require(listener.address))
      try run(loop) { identities.count == 2 }
      #expect(identities[0] == identities[1])
      let hasHandler = listener.connections[0].flow.hasHandler
      #expect(!hasHandler)
      listener.connections[0].close()
      listener.close()
      first.close()
      second.close()
    }
  }
}

private final class Captured {
  var calls = 0
}
