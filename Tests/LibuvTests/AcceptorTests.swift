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
}

private final class Captured {
  var listener: Listener?
}
