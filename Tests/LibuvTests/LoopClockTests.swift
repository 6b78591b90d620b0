import Libuv
import TestSupport
import Testing

@Suite struct LoopClockTests {
  @Test func `it sleeps on the loop, for whoever asks`() async throws {
    try await withLoopTask { loop in
      let clock = LoopClock(loop.executor)
      let sleeping = Task.detached {
        let began = clock.now
        try await clock.sleep(for: .milliseconds(20))
        return clock.now - began
      }
      try await #expect(sleeping.value >= .milliseconds(20))
    }
  }

  @Test func `a time that has passed is no wait, and a cancelled wait is none`() async throws {
    try await withLoopTask { loop in
      let clock = LoopClock(loop.executor)
      try await clock.sleep(until: clock.now - .seconds(1))
      let sleeping = Task { try await clock.sleep(for: .seconds(3600)) }
      sleeping.cancel()
      await #expect(throws: CancellationError.self) { try await sleeping.value }
      #expect(clock.minimumResolution == .milliseconds(1))
    }
  }
}
