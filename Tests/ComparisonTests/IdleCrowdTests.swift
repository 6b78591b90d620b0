import Libuv
import TestSupport
import Testing

@testable import Comparison

@Suite struct IdleCrowdTests {
  private func withCrowd(
    _ fault: FaultyServer.Fault,
    _ body: (IdleCrowd) throws -> Void
  ) throws -> FaultyServer.Counters {
    try withDeadline {
      let server = try FaultyServer(fault, requestSize: 64)
      let crowd = try IdleCrowd(of: server.address, atOnce: 7)
      try body(crowd)
      try crowd.leave()
      server.stop()
      return server.counters
    }
  }

  @Test func `a crowd grows, and each has one echo`() throws {
    let counters = try withCrowd(.none) { crowd in
      try #expect(crowd.grow(to: 1, patience: .seconds(60)))
      #expect(crowd.standing == 1)
      try #expect(crowd.grow(to: 40, patience: .seconds(60)))
      try #expect(crowd.grow(to: 40, patience: .seconds(60)), "they stand already")
      #expect(crowd.standing == 40)
    }
    #expect(counters.connections == 40)
    #expect(counters.requests == 40)
  }

  @Test func `one that has no echo in time keeps it from standing`() throws {
    let counters = try withCrowd(.mute) { crowd in
      try #expect(!crowd.grow(to: 20, patience: .milliseconds(200)))
      #expect(crowd.standing == 0)
    }
    #expect(counters.connections <= 7, "no more than are made at once")
  }

  @Test func `one that fails keeps it from standing`() throws {
    _ = try withCrowd(.closesAfterAccept) { crowd in
      try #expect(!crowd.grow(to: 20, patience: .seconds(60)))
    }
  }

  @Test func `an interruption ends the wait`() throws {
    _ = try withCrowd(.mute) { crowd in
      let stands = try crowd.grow(to: 20, patience: .seconds(60)) { true }
      #expect(!stands)
    }
  }
}
