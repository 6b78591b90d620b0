import Libuv
import TestSupport
import Testing

@Suite struct ConnectionTests {
  // MARK: Reading

  @Test func `a megabyte in random pieces comes in order`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let bytes = testBytes(1_000_000)
      let writing = Task {
        for piece in randomPieces(of: bytes, upTo: 50_000) { try await pair.client.write(Array(piece)) }
        try await pair.client.shutdown()
      }
      let isSame = try await pair.server.readAll() == bytes
      #expect(isSame)
      try await writing.value
    }
  }

  @Test func `the bytes are a sequence, which ends with the peer's side`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      try await pair.client.write("hello")
      try await pair.client.shutdown()
      var text = ""
      for try await bytes in pair.server.bytes { text += String(decoding: bytes, as: UTF8.self) }
      #expect(text == "hello")
      try await #expect(pair.server.read() == nil, "the end stays the end")
    }
  }

  @Test func `after the end writing goes on`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      try await pair.client.shutdown()
      try await #expect(pair.server.read() == nil)
      try await pair.server.write("still here")
      try await pair.server.shutdown()
      try await #expect(String(decoding: pair.client.readAll(), as: UTF8.self) == "still here")
    }
  }

  @Test func `what was held is given before the end`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      // Begins to read, so that the next bytes come while nobody asks.
      try await pair.client.write("a")
      try await #expect(pair.server.readText(as: "a") == "a")
      try await pair.client.write("b")
      try await pair.client.shutdown()
      try await loop.turn { await pair.server.heldByteCount == 1 }
      try await #expect(pair.server.readAll() == Array("b".utf8))
    }
  }

  @Test func `a reset is thrown, to each who asks`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task { try await pair.server.read() }
      await pair.client.reset()
      await #expect(throws: UVError.connectionReset) { try await reading.value }
      await #expect(throws: UVError.connectionReset) { try await pair.server.read() }
      await #expect(throws: UVError.self) { try await pair.server.write("late") }
    }
  }

  @Test func `a close ends the wait of a reader`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task { try await pair.server.read() }
      try await loop.turn { await pair.server.isActive }
      await pair.server.close()
      await #expect(throws: UVError.canceled) { try await reading.value }
      await #expect(throws: UVError.canceled) { try await pair.server.read() }
    }
  }

  @Test func `a task that does not read stops the socket`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let bytes = testBytes(20_000_000)
      try await pair.client.write("a")
      try await #expect(pair.server.readText(as: "a") == "a")
      let writing = Task { try await pair.client.write(bytes) }
      try await loop.turn { await pair.server.heldByteCount > 0 }
      // Until the kernels have taken what they take.
      var queued = -1
      try await loop.turn {
        let before = queued
        try await loop.sleep(for: .milliseconds(20))
        queued = await pair.client.queuedByteCount
        return queued == before
      }
      #expect(queued > 0, "the client has to wait")
      let held = await pair.server.heldByteCount
      #expect(await pair.server.bytesRead == 1 + held, "one piece, and no more")
      let isSame = try await pair.server.readAll(upTo: bytes.count) == bytes
      #expect(isSame)
      try await writing.value
    }
  }

  @Test func `the memory of a piece is used again when nobody holds it, and left alone otherwise`()
    async throws
  {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      func next(_ text: String) async throws -> [UInt8] {
        try await pair.client.write(text)
        return try #require(try await pair.server.read())
      }
      func address(of bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
      let first = address(of: try await next("first"))
      #expect(address(of: try await next("again")) == first)
      let kept = try await next("keep1")
      let other = try await next("other")
      #expect(kept == Array("keep1".utf8))
      #expect(address(of: kept) != address(of: other))
    }
  }

  // MARK: Lending

  @Test func `bytes are lent where they lie`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task {
        try await pair.server.read { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
      }
      try await loop.turn { await pair.server.isActive }
      try await pair.client.write("hello")
      try await #expect(reading.value == "hello")
      // Held ones too.
      try await pair.client.write("again")
      try await loop.turn { await pair.server.heldByteCount == 5 }
      try await #expect(pair.server.read { $0.byteCount } == 5)
      #expect(await pair.server.heldByteCount == 0)
      try await pair.client.shutdown()
      try await #expect(pair.server.read { _ in 1 } == nil)
    }
  }

  @Test func `what the borrower throws is thrown`() async throws {
    struct Refused: Error {}
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      try await pair.client.write("hello")
      await #expect(throws: Refused.self) { try await pair.server.read { _ in throw Refused() } }
      try await pair.client.write("again")
      try await #expect(pair.server.readText(as: "again") == "again", "the connection goes on")
    }
  }

  @Test func `a borrower that is cancelled takes nothing`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task { try await pair.server.read { $0.byteCount } }
      try await loop.turn { await pair.server.isActive }
      reading.cancel()
      await #expect(throws: CancellationError.self) { try await reading.value }
      try await pair.client.write("hello")
      try await #expect(pair.server.readText(as: "hello") == "hello")
    }
  }

  @Test func `a borrower does not see what comes after its cancellation`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task { try await pair.server.read { $0.byteCount } }
      try await loop.turn { await pair.server.isActive }
      let timer = try Timer(loop.loop)
      try timer.start(after: .zero) { timer in
        // Timers come before input, and tasks after it.
        pair.client.assumeIsolated { _ = try? $0.stream.write("hello") }
        reading.cancel()
        timer.close()
      }
      await #expect(throws: CancellationError.self) { try await reading.value }
      try await #expect(pair.server.readText(as: "hello") == "hello")
    }
  }

  // MARK: Writing

  @Test func `a write waits above the high-water mark, and until it has drained`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      await pair.client.setHighWaterMark(10_000)
      let bytes = testBytes(20_000_000)
      let count = Counter(on: loop.executor)
      let writing = Task {
        try await pair.client.write(bytes)
        await count.add()
        try await pair.client.shutdown()
      }
      try await loop.turn { await pair.client.isAboveHighWaterMark }
      #expect(await count.value == 0)
      let isSame = try await pair.server.readAll() == bytes
      #expect(isSame)
      try await writing.value
      #expect(await count.value == 1)
    }
  }

  @Test func `a small write does not wait`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      // Nobody reads at the other end.
      for _ in 0..<10 { try await pair.client.write("hello") }
      #expect(await pair.client.bytesWritten == 50)
    }
  }

  @Test func `a writer that waits is told of a reset, and of a close`() async throws {
    try await withLoopTask { loop in
      for isReset in [true, false] {
        let pair = try await connectedPair(loop)
        let writing = Task { try await pair.client.write([UInt8](repeating: 7, count: 20_000_000)) }
        try await loop.turn { await pair.client.isAboveHighWaterMark }
        if isReset { await pair.server.reset() } else { await pair.client.close() }
        await #expect(throws: UVError.self) { try await writing.value }
      }
    }
  }

  @Test func `a writer that is cancelled goes on at once, and its bytes go out`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let bytes = testBytes(20_000_000)
      let writing = Task { try await pair.client.write(bytes) }
      try await loop.turn { await pair.client.isAboveHighWaterMark }
      writing.cancel()
      await #expect(throws: CancellationError.self) { try await writing.value }
      let isSame = try await pair.server.readAll(upTo: bytes.count) == bytes
      #expect(isSame)
    }
  }

  @Test func `after the shutdown nothing can be written`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      try await pair.client.shutdown()
      await #expect(throws: UVError.brokenPipe) { try await pair.client.write("late") }
      await #expect(throws: UVError.brokenPipe) { try await pair.client.shutdown() }
    }
  }

  // MARK: Cancelling

  @Test func `a reader that is cancelled goes on at once, and the next one gets the bytes`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      for _ in 0..<3 {
        let reading = Task { try await pair.server.read() }
        try await loop.turn { await pair.server.isActive }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
      }
      try await pair.client.write("hello")
      try await #expect(pair.server.readText(as: "hello") == "hello")
    }
  }

  @Test func `a task that is cancelled already does not wait`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let reading = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await pair.server.read()
      }
      await #expect(throws: CancellationError.self) { try await reading.value }
    }
  }

  @Test func `any number of tasks may wait for the drain, and each byte comes`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      await pair.client.setHighWaterMark(10_000)
      let writing = (0..<5).map { _ in
        Task {
          for _ in 0..<50 { try await pair.client.write([UInt8](repeating: 7, count: 50_000)) }
        }
      }
      try await loop.turn { await pair.client.isAboveHighWaterMark }
      // One that is cancelled leaves the others waiting.
      writing[0].cancel()
      await #expect(throws: CancellationError.self) { try await writing[0].value }
      let reading = Task { try await pair.server.readAll() }
      for task in writing.dropFirst() { try await task.value }
      try await pair.client.shutdown()
      #expect(try await reading.value.count >= 4 * 50 * 50_000)
    }
  }

  @Test func `a write that fails closes the connection, which knows why`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      await pair.client.reset()
      try await pair.client.closed()
      let failed = await #expect(throws: UVError.self) {
        // The kernel may take its time to bring the reset.
        while true { try await pair.server.write("late") }
      }
      #expect(await pair.server.failure == failed)
      #expect(await pair.server.state != .open)
      await #expect(throws: failed!) { try await pair.server.write("later") }
    }
  }

  // MARK: Ending

  @Test func `closing twice, or what is closed, waits for nothing`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      async let first: Void = pair.client.close()
      async let second: Void = pair.client.close()
      _ = await (first, second)
      await pair.client.close()
      #expect(await pair.client.state == .closed)
      try await pair.client.closed()
    }
  }

  @Test func `a close goes through cancellation`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let closing = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        await pair.client.close()
        return await pair.client.state
      }
      #expect(await closing.value == .closed)
    }
  }

  @Test func `one that is dropped is closed`() async throws {
    try await withLoopTask { loop in
      var pair: Pair<Connection>? = try await connectedPair(loop)
      let server = pair!.server
      pair = nil
      try await #expect(server.read() == nil)
    }
  }

  @Test func `one that is dropped while it finishes loses nothing`() async throws {
    try await withLoopTask { loop in
      var pair: Pair<Connection>? = try await connectedPair(loop)
      let server = pair!.server
      let bytes = testBytes(5_000_000)
      try await pair!.client.writeAndFinish(bytes)
      pair = nil
      let isSame = try await server.readAll() == bytes
      #expect(isSame)
      await server.close()
    }
  }

  @Test func `a finish brings no reset, whatever the peer still sends`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let finishing = Task { try await pair.server.finish() }
      try await #expect(pair.client.read() == nil)
      for _ in 0..<20 { try await pair.client.write(testBytes(10_000)) }
      try await pair.client.shutdown()
      try await finishing.value
      #expect(await pair.client.failure == nil)
    }
  }

  @Test func `one who waits for the end is told it, or cancelled`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let cancelled = Task { try await pair.client.closed() }
      cancelled.cancel()
      await #expect(throws: CancellationError.self) { try await cancelled.value }
      let waiting = Task { try await pair.client.closed() }
      await pair.client.close()
      try await waiting.value
    }
  }

  // MARK: A task of its own

  @Test func `its own task is cancelled in a read, a write, and before either`() async throws {
    try await withLoopTask { loop in
      for place in 0..<3 {
        let pair = try await connectedPair(loop)
        let running = Task {
          try await pair.server.run { connection in
            switch place {
            case 0: _ = try await connection.read()
            case 1: try await connection.write([UInt8](repeating: 7, count: 20_000_000))
            default:
              withUnsafeCurrentTask { $0?.cancel() }
              _ = try await connection.read()
            }
          }
        }
        if place < 2 {
          try await loop.turn { await place == 0 ? pair.server.isActive : pair.server.isAboveHighWaterMark }
          running.cancel()
        }
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(await pair.server.state == .open, "it is as it was")
      }
    }
  }

  @Test func `a cancelled task has no hold on the next one`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let first = Task { try await pair.server.run { _ = try await $0.read() } }
      try await loop.turn { await pair.server.isActive }
      first.cancel()
      await #expect(throws: CancellationError.self) { try await first.value }
      let second = Task {
        try await pair.server.run { try await #expect($0.readText(as: "hello") == "hello") }
      }
      try await pair.client.write("hello")
      try await second.value
    }
  }

  @Test func `another task may read while its own one waits elsewhere`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let own = Task { try await pair.server.run { _ in try await loop.sleep(for: .seconds(3600)) } }
      let reading = Task { try await pair.server.readText(as: "hello") }
      try await loop.turn { await pair.server.isActive }
      own.cancel()
      await #expect(throws: CancellationError.self) { try await own.value }
      try await pair.client.write("hello")
      try await #expect(reading.value == "hello")
    }
  }

  @Test func `a connection that was served is finished`() async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let count = Counter(on: loop.executor)
      let task = await pair.server.serve { connection in
        try await connection.write("hello")
      } then: {
        count.assumeIsolated { $0.add() }
      }
      try await #expect(String(decoding: pair.client.readAll(), as: UTF8.self) == "hello")
      #expect(await count.value == 0, "it is not closed yet")
      await pair.client.close()
      await task.value
      #expect(await count.value == 1)
      #expect(await pair.server.state == .closed)
      #expect(await pair.server.failure == nil)
    }
  }

  @Test func `a connection whose service fails is closed`() async throws {
    struct Failed: Error {}
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let task = await pair.server.serve { _ in throw Failed() }
      await task.value
      try await pair.server.closed()
      try await #expect(pair.client.read() == nil)
    }
  }

  @Test func `two tasks that read at once are told that they can't`() async {
    await #expect(processExitsWith: .failure) {
      try await withLoopTask { loop in
        let pair = try await connectedPair(loop)
        let tasks = (0..<2).map { _ in Task { try await pair.server.read() } }
        for task in tasks { _ = try await task.value }
      }
    }
  }

  // MARK: Streams

  @Test func `a stream of callbacks becomes a connection`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      let connection = try pair.server.connection()
      connection.assumeIsolated { connection in
        _ = connection.serve { connection in
          while let bytes = try await connection.read() { try await connection.write(bytes) }
        }
      }
      var received = ""
      try pair.client.read { stream, event throws(UVError) in
        switch event {
        case .bytes(let bytes):
          received += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
          if received == "hello" { try stream.shutdown() }
        case .end: stream.close()
        case .failure(let error): Issue.record(error)
        }
      }
      try pair.client.write("hello")
      try run(loop) { pair.client.state == .closed && pair.server.state == .closed }
      #expect(received == "hello")
    }
  }
}
