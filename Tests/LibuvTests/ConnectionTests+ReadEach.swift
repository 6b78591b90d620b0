import Libuv
import TestSupport
import Testing

extension ConnectionTests {
  @Test func `each piece is handled as it comes, then the end`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let bytes = testBytes(1_000_000)
      let echoing = Task { try await echoEach(pair.server) }
      let reading = Task { try await pair.client.readAll() }
      for piece in randomPieces(of: bytes, upTo: 50_000) { try await pair.client.write(Array(piece)) }
      try await pair.client.shutdown()
      let isSame = try await reading.value == bytes
      #expect(isSame)
      try await echoing.value
      await pair.server.close()
    }
  }

  @Test func `what was held is handled first, also before the end`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      // Begins to read, so that the next bytes come while nobody asks.
      try await pair.client.write("a")
      try await #expect(pair.server.readText(as: "a") == "a")
      try await pair.client.write("bc")
      try await pair.client.shutdown()
      try await loop.turn { await pair.server.heldByteCount == 2 }
      try await #expect(collectEach(pair.server, upTo: .max) == Array("bc".utf8))
      await pair.server.close()
    }
  }

  @Test func `who throws ends the reading, and the next one goes on where it was`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      for text in ["first", "second"] {
        try await pair.client.write(text)
        try await #expect(collectEach(pair.server, upTo: text.utf8.count) == Array(text.utf8))
      }
      try await pair.client.write("third")
      try await #expect(pair.server.readText(as: "third") == "third")
      await pair.server.close()
    }
  }

  @Test func `above the high-water mark nothing more is read, until it has drained`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      await pair.server.setHighWaterMark(20_000)
      let echoing = Task { try await echoEach(pair.server) }
      let count = 12_000_000
      let writing = Task {
        try await pair.client.write(testBytes(count))
        try await pair.client.shutdown()
      }
      // The kernel's buffers are full when the server has stopped reading.
      try await loop.turn { await pair.server.isAboveHighWaterMark }
      let readThen = await pair.server.bytesRead
      // Turns of the loop, in each of which it would read: the client has more than the kernel takes.
      for _ in 0..<5 { try await loop.sleep(for: .milliseconds(1)) }
      #expect(await pair.server.bytesRead == readThen)
      #expect(await pair.server.queuedByteCount <= 20_000 + 65536)
      let isSame = try await pair.client.readAll() == testBytes(count)
      #expect(isSame)
      try await writing.value
      try await echoing.value
      await pair.server.close()
    }
  }

  @Test func `a reset and a close end it`() async throws {
    try await withLoopTask { loop in
      for end in [UVError.connectionReset, .canceled] {
        let pair = try await connectedPair(loop)
        let echoing = Task { try await echoEach(pair.server) }
        try await loop.turn { await pair.server.isActive }
        if end == .connectionReset { await pair.client.reset() } else { await pair.server.close() }
        await #expect(throws: end) { try await echoing.value }
        await #expect(throws: end) { try await echoEach(pair.server) }
      }
    }
  }

  @Test func `what can't be sent back ends it with the reason`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      try await pair.server.shutdown()
      let echoing = Task { try await echoEach(pair.server) }
      try await pair.client.write("late")
      await #expect(throws: UVError.brokenPipe) { try await echoing.value }
      #expect(await pair.server.failure == .brokenPipe)
    }
  }

  @Test func `one that is cancelled goes on at once, and the next reader gets the bytes`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      for round in 0..<20 {
        let collecting = Task { try await collectEach(pair.server, upTo: .max) }
        if round.isMultiple(of: 2) { try await loop.turn { await pair.server.isActive } }
        collecting.cancel()
        await #expect(throws: CancellationError.self) { try await collecting.value }
        try await pair.client.write("x")
        try await #expect(pair.server.readText(as: "x") == "x")
      }
      await pair.server.close()
    }
  }

  @Test func `its own task is cancelled while it reads each`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let running = Task { try await pair.server.run { try await echoEach($0) } }
      try await pair.client.write("hello")
      try await #expect(pair.client.readText(as: "hello") == "hello")
      running.cancel()
      await #expect(throws: CancellationError.self) { try await running.value }
      #expect(await pair.server.state == .open)
      await pair.server.close()
    }
  }
}

private func echoEach(_ connection: isolated Connection) async throws {
  try await connection.readEach { bytes in connection.stream.send(bytes) }
  try await connection.shutdown()
}

private struct Enough: Error {}

/// All bytes until the end, or as many as are asked for.
private func collectEach(_ connection: isolated Connection, upTo count: Int) async throws -> [UInt8] {
  var all: [UInt8] = []
  do {
    try await connection.readEach { bytes in
      bytes.withUnsafeBytes { all += $0 }
      if all.count >= count { throw Enough() }
    }
  } catch is Enough {}
  return all
}
