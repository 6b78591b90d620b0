import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct PacerTests {
  private let millisecond: UInt64 = 1_000_000

  @Test func `clients are woken in the order of their times`() throws {
    try withLoop { loop in
      var order: [Int] = []
      let pacer = try Pacer(loop) { client, _ in order.append(client) }
      let now = Loop.nanoseconds
      for client in [3, 1, 4, 0, 2] { try pacer.wake(client, at: now + UInt64(client) * millisecond) }
      #expect(order.isEmpty, "never from within the call")
      loop.run()
      #expect(order == [0, 1, 2, 3, 4])
      pacer.close()
    }
  }

  @Test func `nobody is woken early`() throws {
    try withLoop { loop in
      var due: [Int: UInt64] = [:]
      var woken = 0
      let pacer = try Pacer(loop) { client, now in
        woken += 1
        #expect(now >= due[client] ?? .max)
        #expect(Loop.nanoseconds >= now)
      }
      let now = Loop.nanoseconds
      for client in 0..<200 {
        let time = now + .random(in: 0...20) * millisecond + .random(in: 0..<millisecond)
        due[client] = time
        try pacer.wake(client, at: time)
      }
      loop.run()
      #expect(woken == 200)
      pacer.close()
    }
  }

  @Test func `two clients with the same time are both woken`() throws {
    try withLoop { loop in
      var woken: Set<Int> = []
      let pacer = try Pacer(loop) { client, _ in woken.insert(client) }
      let time = Loop.nanoseconds + millisecond
      try pacer.wake(1, at: time)
      try pacer.wake(2, at: time)
      loop.run()
      #expect(woken == [1, 2])
      pacer.close()
    }
  }

  @Test func `a time that has passed means soon, and not at once`() throws {
    try withLoop { loop in
      var woken: [Int] = []
      let pacer = try Pacer(loop) { client, _ in woken.append(client) }
      try pacer.wake(1, at: 0)
      try pacer.wake(2, at: Loop.nanoseconds - 1)
      #expect(woken.isEmpty)
      loop.run()
      #expect(woken == [1, 2])
      pacer.close()
    }
  }

  @Test func `an earlier time comes first, though a later one was asked for before`() throws {
    try withLoop { loop in
      var woken: [Int] = []
      var pacer: Pacer?
      pacer = try Pacer(loop) { client, _ in
        woken.append(client)
        // The other one is an hour away.
        pacer?.close()
      }
      let now = Loop.nanoseconds
      try pacer?.wake(1, at: now + 3_600_000 * millisecond)
      try pacer?.wake(2, at: now + millisecond)
      loop.run()
      #expect(woken == [2])
      pacer = nil
    }
  }

  @Test func `a client that is woken may ask for its next time, early or late`() throws {
    try withLoop { loop in
      var times: [UInt64] = []
      var pacer: Pacer?
      pacer = try Pacer(loop) { client, now in
        times.append(now)
        guard times.count < 20 else { return }
        // Now and then one that has passed already.
        do { try pacer?.wake(client, at: times.count % 3 == 0 ? now - 1 : now + millisecond / 2) } catch {
          Issue.record(error)
        }
      }
      try pacer?.wake(0, at: Loop.nanoseconds)
      loop.run()
      #expect(times.count == 20)
      #expect(times == times.sorted())
      pacer?.close()
      pacer = nil
    }
  }

  @Test func `clients that are always late leave the loop its other work`() throws {
    try withLoop { loop in
      var woken = 0
      var pacer: Pacer?
      pacer = try Pacer(loop) { client, now in
        woken += 1
        do { try pacer?.wake(client, at: now) } catch { Issue.record(error) }
      }
      try pacer?.wake(0, at: 0)
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(1), repeating: .milliseconds(1)) { timer in
        // On a busy machine its time may come before the pacer has had its first turn.
        guard woken > 0 else { return }
        timer.close()
        pacer?.close()
      }
      loop.run()
      #expect(woken > 0)
      pacer = nil
    }
  }

  @Test func `many clients are all woken, each as often as it asked`() throws {
    try withLoop { loop in
      var counts = Array(repeating: 0, count: 2000)
      let pacer = try Pacer(loop) { client, _ in counts[client] += 1 }
      let now = Loop.nanoseconds
      for round in 0..<3 {
        for client in counts.indices {
          try pacer.wake(client, at: now + UInt64(round) * millisecond + UInt64(client * 7919 % 2000) * 1000)
        }
      }
      loop.run()
      #expect(counts.allSatisfy { $0 == 3 })
      pacer.close()
    }
  }

  @Test func `closing while clients are woken ends it at once`() throws {
    try withLoop { loop in
      var woken: [Int] = []
      var pacer: Pacer?
      pacer = try Pacer(loop) { client, _ in
        woken.append(client)
        if client == 2 { pacer?.close() }
      }
      for client in 0..<5 { try pacer?.wake(client, at: UInt64(client)) }
      loop.run()
      #expect(woken == [0, 1, 2])
      pacer = nil
    }
  }

  @Test func `after closing nobody is woken`() throws {
    try withLoop { loop in
      let pacer = try Pacer(loop) { client, _ in Issue.record("\(client) was woken") }
      try pacer.wake(1, at: Loop.nanoseconds)
      pacer.close()
      try pacer.wake(2, at: Loop.nanoseconds)
      loop.run()
      pacer.close()
    }
  }

  @Test func `a pacer keeps the loop running only while somebody is to be woken`() throws {
    try withLoop { loop in
      var woken = 0
      let pacer = try Pacer(loop) { _, _ in woken += 1 }
      #expect(!loop.isAlive)
      try pacer.wake(0, at: Loop.nanoseconds + millisecond)
      #expect(loop.isAlive)
      loop.run()
      #expect(woken == 1)
      #expect(!loop.isAlive)
      pacer.close()
    }
  }
}
