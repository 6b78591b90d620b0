import TestSupport
import Testing

@testable import Libuv

@Suite struct LockedTests {
  @Test func `four threads change one value, and no change is lost`() {
    let count = Locked(0)
    let threads = (0..<4).map { _ in
      BackgroundThread {
        for _ in 0..<10_000 { count.withLock { $0 += 1 } }
      }
    }
    for thread in threads { thread.join() }
    #expect(count.withLock { $0 } == 40_000)
  }

  @Test func `the value goes with the lock`() {
    final class Canary: Sendable {}
    weak var canary: Canary?
    do {
      let made = Canary()
      canary = made
      let locked = Locked<Canary?>(made)
      #expect(locked.withLock { $0 } === made)
    }
    #expect(canary == nil)
  }
}
