import Libuv
import TestSupport
import Testing

@Suite struct LoopActorWaitingTests {
  @Test func `a sleep takes its time`() async throws {
    try await withLoopTask { loop in
      let began = ContinuousClock.now
      try await loop.sleep(for: .milliseconds(30))
      #expect(ContinuousClock.now - began >= .milliseconds(29))
    }
  }

  @Test func `a sleep that is cancelled ends at once`() async throws {
    try await withLoopTask { loop in
      let sleeping = Task { try await loop.sleep(for: .seconds(3600)) }
      try await loop.sleep(for: .milliseconds(1))
      sleeping.cancel()
      await #expect(throws: CancellationError.self) { try await sleeping.value }
    }
  }

  @Test func `tasks that work for longer than others sleep let the loop turn`() async throws {
    try await withLoopTask { loop in
      let prepare = try Prepare(loop.loop)
      var turns = 0
      try prepare.start { _ in turns += 1 }
      let workers = (0..<2).map { _ in
        Task {
          for _ in 0..<20 {
            let end = ContinuousClock.now + .milliseconds(3)
            while ContinuousClock.now < end {}
            try await loop.sleep(for: .milliseconds(1))
          }
        }
      }
      for worker in workers { try await worker.value }
      // Two rounds of work in each, at most.
      #expect(turns >= 20)
      prepare.close()
    }
  }

  @Test func `a name is resolved`() async throws {
    try await withLoopTask { loop in
      let addresses = try await loop.resolve("localhost", port: 80)
      #expect(addresses.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
      #expect(addresses.allSatisfy { $0.port == 80 })
    }
  }

  @Test func `a name that nobody has is told`() async throws {
    try await withLoopTask { loop in
      await #expect(throws: UVError.self) { try await loop.resolve("a..b", port: 80) }
    }
  }

  @Test func `a query that is cancelled leaves nothing`() async throws {
    try await withLoopTask { loop in
      let resolving = Task { try await loop.resolve("localhost", port: 80) }
      resolving.cancel()
      await #expect(throws: CancellationError.self) { try await resolving.value }
    }
  }
}
