import Libuv
import TestSupport
import Testing

@testable import EchoServer

@Suite struct ClientTests {
  @Test(arguments: Style.allCases)
  func `every byte comes back in order, with a megabyte in random pieces`(style: Style) throws {
    try withServer(style: style) { world in
      let bytes = testBytes(1_000_000)
      let client = try world.connect()
      for piece in randomPieces(of: bytes, upTo: 50_000) {
        try client.stream.write(Array(piece))
        try world.run(for: .zero)
      }
      try world.run { client.received.count >= bytes.count }
      let isSame = client.received == bytes
      #expect(isSame)
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that ends its side gets the rest, then a FIN`(style: Style) throws {
    try withServer(style: style) { world in
      let bytes = testBytes(300_000)
      let client = try world.connect(reads: false)
      try world.run { client.isConnected }
      try client.stream.write(bytes)
      try client.stream.shutdown()
      // It reads nothing until its end has left: the rest has to wait in the server.
      try world.run { client.stream.queuedByteCount == 0 }
      try client.read()
      try world.run { client.isEnded }
      let isSame = client.received == bytes
      #expect(isSame)
      #expect(client.failure == nil)
      try world.run { world.server.connections.isEmpty }
      #expect(world.server.statistics.errors == [:])
    }
  }

  @Test(arguments: Style.allCases)
  func `a client that ends without a byte gets a FIN`(style: Style) throws {
    try withServer(style: style) { world in
      let client = try world.connect()
      try world.run { client.isConnected }
      try client.stream.shutdown()
      try world.run { client.isEnded }
      #expect(client.received == [])
    }
  }

  @Test(arguments: [1, 5_000, 65_536, 500_000], Style.allCases)
  func `a client that never reads is not read from above the high-water mark`(mark: Int, style: Style) throws
  {
    try withServer(style: style) {
      $0.highWaterMark = mark
    } _: { world in
      let client = try world.connect(reads: false)
      try world.run { client.isConnected }
      // Far more than the buffers of both kernels take.
      try client.stream.write([UInt8](repeating: 7, count: 20_000_000))
      var most = 0
      try world.run {
        guard let connection = world.server.connections.first else { return false }
        most = max(most, connection.stream.queuedByteCount)
        return most > mark
      }
      // What the kernel still takes makes room for more.
      try world.run(for: .milliseconds(100))
      most = max(most, world.server.connections[0].stream.queuedByteCount)
      #expect(most <= mark + 65536, "at most the mark and one read buffer")
      #expect(client.stream.queuedByteCount > 0, "the client has to wait")
      let figures = world.server.statistics
      let connection = world.server.connections[0]
      #expect(figures.bytesIn - figures.bytesOut == connection.stream.queuedByteCount)
      #expect(connection.heldByteCount == 0)
    }
  }

  @Test(arguments: Style.allCases)
  func `a slow reader gets everything once it reads`(style: Style) throws {
    try withServer(style: style) {
      $0.highWaterMark = 10_000
    } _: { world in
      let bytes = testBytes(8_000_000)
      let client = try world.connect(reads: false)
      try world.run { client.isConnected }
      try client.stream.write(bytes)
      try world.run { world.server.connections.first.map { $0.stream.isAboveHighWaterMark } ?? false }
      try client.read()
      try world.run { client.received.count >= bytes.count }
      let isSame = client.received == bytes
      #expect(isSame)
    }
  }

  @Test(arguments: Style.allCases)
  func `a connection that is finished echoes no more, and waits for the client's end`(style: Style) throws {
    try withServer(style: style) { world in
      let client = try world.connect()
      client.endsWithServer = false
      try client.stream.write("before")
      try world.run { client.receivedText == "before" }
      let connection = world.server.connections[0]
      #expect(connection.isQuiet)
      connection.finish()
      connection.finish()
      #expect(connection.isFinishing)
      try world.run { client.isEnded }
      try client.stream.write("after")
      try world.run { connection.stream.bytesDiscarded == 5 }
      #expect(connection.stream.state == .open)
      try client.stream.shutdown()
      try world.run { world.server.connections.isEmpty }
      #expect(client.receivedText == "before")
      #expect(client.failure == nil)
    }
  }

  @Test(arguments: Style.allCases)
  func `a connection with bytes on their way is not quiet`(style: Style) throws {
    try withServer(style: style) { world in
      let client = try world.connect(reads: false)
      try world.run { client.isConnected && world.server.connections.count == 1 }
      let connection = world.server.connections[0]
      #expect(connection.isQuiet)
      try client.stream.write([UInt8](repeating: 7, count: 20_000_000))
      try world.run { connection.stream.isAboveHighWaterMark }
      #expect(!connection.isQuiet)
    }
  }

  @Test(arguments: Style.allCases)
  func `bytes in the kernel that were not read keep a connection from being quiet`(style: Style) throws {
    try withServer(style: style) { world in
      let client = try world.connect()
      try world.run { client.isConnected && world.server.connections.count == 1 }
      let connection = world.server.connections[0]
      connection.stream.pause()
      try client.stream.write("hello")
      try world.run { connection.stream.unreadByteCount == 5 }
      #expect(!connection.isQuiet)
      try connection.stream.resume()
      try world.run { connection.isQuiet }
      try world.run { client.receivedText == "hello" }
    }
  }
}
