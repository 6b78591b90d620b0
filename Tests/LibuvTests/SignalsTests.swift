import Glibc
import Libuv
import TestSupport
import Testing

/// One at a time: each sends signals to this process.
@Suite(.serialized) struct SignalsTests {
  @Test func `signals are a sequence, also those that came before somebody asked`() async throws {
    try await withLoopTask { loop in
      let signals = try loop.signals(.windowChange, .urgent)
      kill(getpid(), SIGWINCH)
      try await loop.sleep(for: .milliseconds(20))
      kill(getpid(), SIGURG)
      var seen: Set<Int32> = []
      for try await signal in signals {
        seen.insert(signal.rawValue)
        if seen.count == 2 { break }
      }
      #expect(seen == [SIGWINCH, SIGURG])
    }
  }

  @Test func `one who waits is cancelled`() async throws {
    try await withLoopTask { loop in
      let waiting = Task {
        for try await _ in try loop.signals(.windowChange) { return }
      }
      try await loop.sleep(for: .milliseconds(1))
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
    }
  }

  @Test func `one that can't be watched is told`() async throws {
    try await withLoopTask { loop in
      #expect(throws: UVError.invalidArgument) { try loop.signals(.windowChange, .kill) }
    }
  }
}

extension Signal.Number {
  /// Ignored by default, as the change of a window's size is: no other test has to fear it.
  fileprivate static let urgent = Signal.Number(rawValue: SIGURG)
}
