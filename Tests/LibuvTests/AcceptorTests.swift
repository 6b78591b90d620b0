import TestSupport
import Testing

@testable import Libuv

@Suite struct AcceptorTests {
  @Test(arguments: Transport.allCases)
  func `connections are of the listener's kind, and name where it listens`(transport: Transport) throws {
    try withLoop { loop in
      let (raw, stream) = try transport.rawPair(loop)
      #expect(stream.typeName == (transport == .tcp ? "tcp" : "pipe"))
      #expect(stream.description.contains("Pairs.swift"))
      stream.close()
      raw.close()
    }
  }

  @Test func `a connection that is refused is reset, and tells why`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      var refused: Stream?
      let listener = try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
        refused = connection
        throw UVError.permissionDenied.during("welcome")
      }
      var told: [String] = []
      listener.onEvent = { event in
        if case .acceptFailed(let error) = event { told.append(error.description) }
      }
      let raw = try RawSocket(to: #require(listener.address))
      try run(loop) { refused?.state == .closed }
      #expect(told == ["welcome: permission denied (EACCES)"])
      #expect(refused?.failure == .permissionDenied)
      #expect(try raw.receiveAll(loop).end == .reset)
      listener.close()
    }
  }

  @Test func `what it is told to call goes when its stream is closed, also when that refers to the listener`()
    throws
  {
    try withLoop { loop in
      weak var captured: Captured?
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      try {
        let new = Captured()
        captured = new
        let listener = try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
          new.listener?.pause()
          connection.close()
        }
        new.listener = listener
        listener.close()
      }()
      #expect(captured != nil)
      loop.run()
      #expect(captured == nil)
    }
  }

  // MARK: The end of connections

  @Test(arguments: Transport.allCases, End.allCases)
  func `each connection's end is told once, after its own completions, whoever has ended it`(
    transport: Transport,
    end: End
  ) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      var told: [String] = []
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        connection.whenClosed { told.append("completion") }
        try connection.pump(to: connection)
        if end == .ourCloseAtOnce { connection.close() }
        if end == .refusal { throw UVError.permissionDenied.during("welcome") }
      } onClosed: { connection in
        #expect(connection.state == .closed)
        told.append("closed")
      }
      for round in 1...3 {
        let raw = try RawSocket(to: #require(listener.address))
        switch end {
        case .theirEnd: raw.endSending()
        case .theirReset:
          try run(loop) { !listener.connections.isEmpty }
          raw.reset()
        case .ourReset:
          try run(loop) { !listener.connections.isEmpty }
          for connection in listener.connections { connection.closeReset() }
        case .ourCloseAtOnce, .refusal: break
        }
        try run(loop) { told.count == round * 2 }
        raw.close()
      }
      #expect(told == Array(repeating: ["completion", "closed"], count: 3).flatMap { $0 })
      listener.close()
    }
  }

  enum End: CaseIterable { case theirEnd, theirReset, ourReset, ourCloseAtOnce, refusal }

  @Test(arguments: Transport.allCases)
  func `the ends of connections are told after their listener is closed, and then what tells them goes`(
    transport: Transport
  ) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      weak var captured: Captured?
      var ends = 0
      let listener = try {
        let new = Captured()
        captured = new
        return try transport.listen(loop, in: folder) { _ throws(UVError) in
        } onClosed: { _ in
          ends += 1
          #expect(new.listener != nil)
        }
      }()
      let raws = try (0..<3).map { _ in try RawSocket(to: #require(listener.address)) }
      try run(loop) { listener.connections.count == 3 }
      captured?.listener = listener
      listener.close()
      try run(loop) { listener.stream.state == .closed }
      #expect(captured != nil)
      #expect(ends == 0)
      for connection in listener.connections { connection.close() }
      try run(loop) { ends == 3 }
      #expect(captured == nil)
      #expect(listener.connections.isEmpty)
      withExtendedLifetime(raws) {}
    }
  }

  @Test func `a closed connection that somebody keeps doesn't keep what is told of its end`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      weak var captured: Captured?
      var kept: Stream?
      let listener = try {
        let new = Captured()
        captured = new
        return try Transport.tcp.listen(loop, in: folder) { connection throws(UVError) in
          kept = connection
        } onClosed: { _ in
          new.listener = nil
        }
      }()
      let raw = try RawSocket(to: #require(listener.address))
      try run(loop) { kept != nil }
      listener.close()
      kept?.close()
      try run(loop) { kept?.state == .closed && listener.stream.state == .closed }
      #expect(captured == nil)
      raw.close()
    }
  }

  @Test func `of a connection that could not be taken nobody is told but who accepts, and it is not kept`()
    throws
  {
    try withLoop { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      let listener = try listening.listen { _ throws(UVError) in }
      let acceptor = TCPAcceptor(Origin(#fileID, #line)) { _ throws(UVError) in
        Issue.record("there is no connection")
      } _: { _ in
        Issue.record("there was no connection")
      }
      // None waits.
      #expect(acceptor.accept(from: listening) == .wouldBlock)
      listener.close()
      loop.run()
      #expect(acceptor.pool.count == 0)
    }
  }

  @Test func `a connection's end may close the listener and the other connections`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      var listener: Listener!
      var ends = 0
      listener = try Transport.tcp.listen(loop, in: folder) { _ throws(UVError) in
      } onClosed: { _ in
        ends += 1
        listener.close()
        for connection in listener.connections { connection.close() }
      }
      let raws = try (0..<5).map { _ in try RawSocket(to: #require(listener.address)) }
      try run(loop) { listener.connections.count == 5 }
      listener.connections[2].close()
      loop.run()
      #expect(ends == 5)
      #expect(listener.pool == nil)
      listener = nil
      withExtendedLifetime(raws) {}
    }
  }
}

private final class Captured {
  var listener: Listener?
}
