import Libuv
import TestSupport
import Testing

@Suite struct LoopActorConnectingTests {
  @Test func `a refused connect is told, and leaves nothing`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      await listener.close()
      await #expect(throws: UVError.connectionRefused) { try await loop.connect(to: listener.address) }
    }
  }

  @Test func `a Unix socket that isn't there is told`() async throws {
    try await withLoopTask { loop in
      await #expect(throws: UVError.noSuchFileOrDirectory) {
        try await loop.connect(to: "unix:/nowhere/at/all")
      }
    }
  }

  @Test func `a connect that is cancelled leaves nothing`() async throws {
    try await withLoopTask { loop in
      // 192.0.2.0/24 is for documentation: whatever becomes of it, it isn't connected.
      let connecting = Task { try await loop.connect(to: "192.0.2.1:9") }
      connecting.cancel()
      await #expect(throws: (any Error).self) { try await connecting.value }
    }
  }

  @Test func `a task that is cancelled already does not connect`() async throws {
    try await withLoopTask { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      let connecting = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await loop.connect(to: listener.address)
      }
      await #expect(throws: CancellationError.self) { try await connecting.value }
      await listener.close()
    }
  }
}
