import Glibc
import Testing

@testable import uvecho_tools

@Suite struct WallClockTests {
  @Test func `it tells the seconds since 1970`() {
    let before = Double(time(nil))
    let now = WallClock.now
    let after = Double(time(nil))
    // `time` may lag by a tick of the kernel.
    #expect(now > before - 1)
    #expect(now < after + 2)
  }

  @Test func `it tells parts of a second`() {
    #expect((0..<1000).contains { _ in WallClock.now.truncatingRemainder(dividingBy: 1) != 0 })
  }
}
