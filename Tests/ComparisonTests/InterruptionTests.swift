import Testing

@testable import Comparison

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct InterruptionTests {
  /// Whether a signal that this process sends itself is noted within half a minute.
  private static func isNoted(_ signal: Int32) -> Bool {
    guard let interruption = try? Interruption(), !interruption.hasCome, kill(getpid(), signal) == 0 else {
      return false
    }
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      guard interruption.hasCome else { continue }
      // It stays noted.
      return interruption.hasCome && (try? interruption.end()) != nil
    }
    return false
  }

  // Other tests of this process would meet the signals.

  @Test func `SIGINT is noted, and ends nothing`() async {
    await #expect(processExitsWith: .success) { exit(Self.isNoted(SIGINT) ? 0 : 1) }
  }

  @Test func `SIGTERM is noted, and ends nothing`() async {
    await #expect(processExitsWith: .success) { exit(Self.isNoted(SIGTERM) ? 0 : 1) }
  }

  @Test func `SIGHUP is noted, and ends nothing`() async {
    await #expect(processExitsWith: .success) { exit(Self.isNoted(SIGHUP) ? 0 : 1) }
  }

  @Test func `afterwards a signal ends the process again`() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let interruption = try Interruption()
      #expect(!interruption.hasCome)
      try interruption.end()
      kill(getpid(), SIGTERM)
      // The kernel may take its time.
      while true { sched_yield() }
    }
  }
}
