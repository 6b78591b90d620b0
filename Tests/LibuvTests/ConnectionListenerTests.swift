import TestSupport
import Testing

@testable import Libuv

@Suite struct ConnectionListenerTests {
  // MARK: A sequence

  @Test func `connections come in the order in which they were made, until the listener is closed`()
    async throws
  {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      var clients: [Connection] = []
      for index in 0..<5 {
        let client = try await loop.connect(to: listener.address)
        try await client.write("\(index)")
        clients.append(client)
      }
      var count = 0
      for try await connection in listener.connections {
        try await #expect(connection.readText(as: "0") == "\(count)")
        count += 1
        if count == 5 { await listener.close() }
      }
      #expect(count == 5)
      try await #expect(listener.next() == nil)
    }
  }

  @Test func `a close ends the wait`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let waiting = Task { try await listener.next() }
      try await loop.turn { await listener.isAskedFor }
      await listener.close()
      try await #expect(waiting.value == nil)
    }
  }

  @Test func `one who waits is cancelled, and the listener goes on`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let waiting = Task { try await listener.next() }
      try await loop.turn { await listener.isAskedFor }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      let client = try await loop.connect(to: listener.address)
      try await #expect(listener.next() != nil)
      await client.close()
    }
  }

  @Test func `connections that nobody asks for wait, first here, then in the kernel`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      var clients: [Connection] = []
      for _ in 0..<100 { clients.append(try await loop.connect(to: listener.address)) }
      try await loop.turn { await listener.isPaused }
      for _ in 0..<100 {
        let connection = try #require(try await listener.next())
        try await connection.write("hello")
      }
      for client in clients { try await #expect(client.readText(as: "hello") == "hello") }
    }
  }

  @Test func `connections that nobody has asked for are closed with the listener`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let client = try await loop.connect(to: listener.address)
      // The first one has been taken when the second one has.
      let second = try await loop.connect(to: listener.address)
      try await #expect(listener.next() != nil)
      await listener.close()
      try await #expect(second.read() == nil)
      try await #expect(client.read() == nil)
    }
  }

  @Test func `one that is dropped is closed`() async throws {
    try await withLoopTask { loop in
      let address = try loop.listen(on: "127.0.0.1:0").address
      // It is gone at the latest when this is told.
      await #expect(throws: UVError.connectionRefused) {
        for _ in 0..<1000 {
          try await loop.connect(to: address).close()
          try await loop.sleep(for: .milliseconds(1))
        }
      }
    }
  }

  @Test func `a Unix socket too`() async throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let address = try folder.socket()
    try await withLoopTask { loop in
      let listener = try loop.listen(on: address)
      #expect(listener.address == address)
      let client = try await loop.connect(to: address)
      try await client.write("hello")
      let connection = try #require(try await listener.next())
      try await #expect(connection.readText(as: "hello") == "hello")
      await listener.close()
    }
  }

  @Test func `a taken address is told, and nothing is left open`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      #expect(throws: UVError.addressInUse) { try loop.listen(on: listener.address) }
      await listener.close()
    }
  }

  // MARK: A task for each

  @Test func `each connection is served by a task, all at once`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let serving = Task {
        try await listener.forEachConnection { connection in
          while let bytes = try await connection.read() { try await connection.write(bytes) }
        }
      }
      var clients: [Connection] = []
      for index in 0..<50 {
        let client = try await loop.connect(to: listener.address)
        try await client.write("hello \(index)")
        clients.append(client)
      }
      for (index, client) in clients.enumerated() {
        try await #expect(client.readText(as: "hello \(index)") == "hello \(index)")
      }
      await listener.close()
      // They are served to their end.
      for client in clients {
        try await client.write("bye")
        try await client.shutdown()
        try await #expect(client.readAll() == Array("bye".utf8))
      }
      try await serving.value
    }
  }

  @Test func `when the calling task is cancelled, so are they, and they have ended when it returns`()
    async throws
  {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let begun = Counter(on: loop.executor)
      let ended = Counter(on: loop.executor)
      let serving = Task {
        try await listener.forEachConnection { connection in
          await begun.add()
          do { _ = try await connection.read() } catch is CancellationError { await ended.add() }
        }
      }
      var clients: [Connection] = []
      for _ in 0..<20 { clients.append(try await loop.connect(to: listener.address)) }
      try await loop.turn { await begun.value == 20 }
      serving.cancel()
      for client in clients {
        try await #expect(client.read() == nil)
        await client.close()
      }
      await #expect(throws: CancellationError.self) { try await serving.value }
      #expect(await ended.value == 20)
      await listener.close()
    }
  }

  @Test func `a cancellation after the close reaches those who are still served`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let begun = Counter(on: loop.executor)
      let serving = Task {
        try await listener.forEachConnection { connection in
          await begun.add()
          _ = try await connection.read()
        }
      }
      let client = try await loop.connect(to: listener.address)
      try await loop.turn { await begun.value == 1 }
      await listener.close()
      serving.cancel()
      try await #expect(client.read() == nil)
      await client.close()
      try await serving.value
    }
  }

  @Test func `what was written before a cancellation gets to the peer`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let bytes = testBytes(20_000_000)
      let serving = Task {
        try await listener.forEachConnection(grace: .seconds(60)) { connection in
          try await connection.write(bytes)
        }
      }
      let client = try await loop.connect(to: listener.address)
      try await client.write("hello")
      _ = try await client.read()
      serving.cancel()
      let rest = try await client.readAll()
      #expect(rest.count > 10_000_000)
      #expect(rest.suffix(1000) == bytes.suffix(1000), "to the last byte")
      await client.close()
      await #expect(throws: CancellationError.self) { try await serving.value }
    }
  }

  @Test func `who does not end within the grace period is reset`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let begun = Counter(on: loop.executor)
      let serving = Task {
        try await listener.forEachConnection(grace: .milliseconds(20)) { connection in
          await begun.add()
          _ = try await connection.read()
        }
      }
      let client = try await loop.connect(to: listener.address)
      try await loop.turn { await begun.value == 1 }
      serving.cancel()
      await #expect(throws: CancellationError.self) { try await serving.value }
      // Its end came, and after that the reset.
      try await #expect(client.read() == nil)
      await #expect(throws: UVError.self) {
        while true { try await client.write("late") }
      }
    }
  }

  @Test func `what one service throws ends its connection, and no other`() async throws {
    struct Failed: Error {}
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let serving = Task {
        try await listener.forEachConnection { connection in
          while let bytes = try await connection.read() {
            if bytes == Array("fail".utf8) { throw Failed() }
            try await connection.write(bytes)
          }
        }
      }
      let failing = try await loop.connect(to: listener.address)
      let other = try await loop.connect(to: listener.address)
      try await failing.write("fail")
      try await #expect(failing.read() == nil)
      try await other.write("hello")
      try await #expect(other.readText(as: "hello") == "hello")
      await listener.close()
      await other.close()
      try await serving.value
    }
  }
}

extension ConnectionListener {
  var isPaused: Bool { listener.isPaused }
}
