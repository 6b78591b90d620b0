import TestSupport
import Testing

@testable import Libuv

@Suite struct TimerTests {
  @Test func `a timer calls its handler once`() throws {
    try withLoop { loop in
      var calls = 0
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(1)) { timer in
        calls += 1
        timer.close()
      }
      loop.run()
      #expect(calls == 1)
    }
  }

  @Test func `a forgotten timer is reported with the line that made it`() throws {
    let loop = try Loop()
    let timer = try Timer(loop)
    let line = #line - 1
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.type) == ["timer"])
    #expect(error?.handles.first?.origin == "\(#fileID):\(line)")
    timer.close()
    try loop.close()
    #expect(timer.state == .closed)
  }

  @Test func `the handler gets its timer, which is no longer active`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var isCalled = false
      try timer.start(after: .zero) { caller in
        #expect(caller === timer)
        #expect(!caller.isActive)
        isCalled = true
      }
      #expect(timer.isActive)
      loop.run()
      #expect(isCalled)
      timer.close()
    }
  }

  @Test func `a timer never comes too early`() throws {
    try withLoop { loop in
      loop.updateTime()
      let start = ContinuousClock.now
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(20)) { $0.close() }
      loop.run()
      // libuv's clock counts whole milliseconds, so the turn may have begun almost one before `start`.
      #expect(ContinuousClock.now - start > .milliseconds(19))
    }
  }

  @Test func `timers are called in the order of their times`() throws {
    try withLoop { loop in
      var order: [Int] = []
      for delay in [5, 1, 4, 2, 3] {
        try Timer(loop).start(after: .milliseconds(delay)) { timer in
          order.append(delay)
          timer.close()
        }
      }
      loop.run()
      #expect(order == [1, 2, 3, 4, 5])
    }
  }

  @Test func `timers with the same time are called in the order in which they were started`() throws {
    try withLoop { loop in
      var order: [Int] = []
      let timers = try (0..<20).map { _ in try Timer(loop) }
      let started = Array(timers.indices).reversed()
      for number in started {
        try timers[number].start(after: .milliseconds(1)) { timer in
          order.append(number)
          timer.close()
        }
      }
      loop.run()
      #expect(order == Array(started))
    }
  }

  // MARK: Repeating

  @Test func `a repeating timer goes on until it is stopped`() throws {
    try withLoop { loop in
      var calls = 0
      let timer = try Timer(loop)
      try timer.start(after: .zero, repeating: .milliseconds(1)) { timer in
        calls += 1
        #expect(timer.isActive)
        #expect(timer.dueIn == .milliseconds(1))
        if calls == 5 { timer.stop() }
      }
      loop.run()
      #expect(calls == 5)
      #expect(!timer.isActive)
      timer.close()
    }
  }

  @Test func `the first delay and the interval are apart`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      try timer.start(after: .seconds(3600), repeating: .milliseconds(1)) { _ in Issue.record("too early") }
      #expect(timer.dueIn == .seconds(3600))
      try timer.start(after: .zero, repeating: .seconds(3600)) { timer in
        #expect(timer.dueIn == .seconds(3600))
        timer.close()
      }
      #expect(timer.dueIn == .zero)
      loop.run()
      #expect(timer.state == .closed)
    }
  }

  @Test(arguments: [Duration.zero, .nanoseconds(1), .seconds(-1), .microseconds(999)])
  func `an interval below a millisecond counts as one`(interval: Duration) throws {
    try withLoop { loop in
      var calls = 0
      try Timer(loop).start(after: .zero, repeating: interval) { timer in
        calls += 1
        #expect(timer.dueIn == .milliseconds(1))
        if calls == 2 { timer.close() }
      }
      loop.run()
      #expect(calls == 2)
    }
  }

  // MARK: Stopping and starting anew

  @Test func `a stopped timer isn't called, and can be started again`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      timer.stop()
      try timer.start(after: .zero) { _ in Issue.record("called though stopped") }
      timer.stop()
      timer.stop()
      #expect(!timer.isActive)
      #expect(!loop.run())
      var isCalled = false
      try timer.start(after: .zero) { _ in isCalled = true }
      loop.run()
      #expect(isCalled)
      timer.close()
    }
  }

  @Test func `a timer that is started anew has the new time and handler only`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var calls = 0
      try timer.start(after: .zero, repeating: .milliseconds(1)) { _ in Issue.record("the old handler") }
      try timer.start(after: .milliseconds(2)) { _ in calls += 1 }
      #expect(timer.dueIn == .milliseconds(2))
      loop.run()
      #expect(calls == 1)
      timer.close()
    }
  }

  @Test func `a handler may start its timer anew with another handler`() throws {
    try withLoop { loop in
      var order: [Int] = []
      try Timer(loop).start(after: .zero) { timer in
        order.append(1)
        do {
          try timer.start(after: .milliseconds(1)) { timer in
            order.append(2)
            timer.close()
          }
        } catch {
          Issue.record(error)
        }
        order.append(0)
      }
      loop.run()
      #expect(order == [1, 0, 2])
    }
  }

  @Test func `a timer that starts itself anew with no delay lets the loop turn in between`() throws {
    try withLoop { loop in
      var turns = 0
      let prepare = try Prepare(loop)
      try prepare.start { _ in turns += 1 }
      var turnsOfCalls: [Int] = []
      func called(_ timer: Libuv.Timer) {
        turnsOfCalls.append(turns)
        guard turnsOfCalls.count < 10 else {
          timer.close()
          prepare.close()
          return
        }
        do {
          try timer.start(after: .zero, handler: called)
        } catch {
          Issue.record(error)
        }
      }
      try Timer(loop).start(after: .zero, handler: called)
      loop.run()
      #expect(Set(turnsOfCalls).count == 10)
    }
  }

  @Test func `a handler may stop another timer that is due in the same turn`() throws {
    try withLoop { loop in
      let second = try Timer(loop)
      try Timer(loop).start(after: .zero) { first in
        second.stop()
        first.close()
      }
      try second.start(after: .zero) { _ in Issue.record("called though stopped") }
      loop.run()
      second.close()
    }
  }

  // MARK: Times

  @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(-1), .seconds(Int64.min)])
  func `zero or less means the next turn, not at once`(delay: Duration) throws {
    try withLoop { loop in
      var isCalled = false
      let timer = try Timer(loop)
      try timer.start(after: delay) { timer in
        isCalled = true
        timer.close()
      }
      #expect(!isCalled)
      #expect(timer.dueIn == .zero)
      loop.run(.noWait)
      #expect(isCalled)
    }
  }

  @Test(
    arguments: [
      (Duration.zero, 0),
      (.nanoseconds(1), 1),
      (Duration(secondsComponent: 0, attosecondsComponent: 1), 1),
      (.microseconds(999), 1),
      (.milliseconds(1), 1),
      (.milliseconds(1) + .nanoseconds(1), 2),
      (.microseconds(1500), 2),
      (.seconds(1), 1000),
      (.seconds(1) + .nanoseconds(1), 1001),
      (.seconds(2) - .nanoseconds(1), 2000),
      (.nanoseconds(-1), 0),
      (.seconds(-1), 0),
      (.seconds(Int64.min), 0),
      (.seconds(Int64.max), .max),
    ] as [(Duration, UInt64)]
  )
  func `times are rounded up to whole milliseconds`(time: Duration, milliseconds: UInt64) {
    #expect(time.wholeMilliseconds == milliseconds)
  }

  @Test func `no time is too long to be told in milliseconds`() {
    // Around the points where milliseconds no longer fit 63 and 64 bits.
    for edge in [Int64.max / 1000, Int64(UInt64.max / 1000)] {
      for seconds in edge - 2...edge + 2 {
        let time = Duration(secondsComponent: seconds, attosecondsComponent: 999_999_999_999_999_999)
        #expect(time.wholeMilliseconds >= UInt64(Int64.max / 1000 - 2) * 1000)
      }
    }
  }

  @Test(arguments: [Duration.seconds(Int64.max), .seconds(Int64(UInt32.max)), .milliseconds(Int64.max)])
  func `a huge time is far away, and does not overflow to the past`(delay: Duration) throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      try timer.start(after: delay, repeating: delay) { _ in Issue.record("called") }
      for _ in 0..<3 { #expect(loop.run(.noWait)) }
      #expect(try #require(timer.dueIn) > .seconds(Int64(UInt32.max) - 60))
      timer.close()
    }
  }

  @Test func `the time until the next call is counted down, and nil when the timer doesn't run`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      #expect(timer.dueIn == nil)
      try timer.start(after: .seconds(1000)) { _ in Issue.record("called") }
      let start = loop.now
      #expect(timer.dueIn == .seconds(1000))
      repeat { loop.updateTime() } while loop.now - start < .milliseconds(2)
      #expect(timer.dueIn == .seconds(1000) - (loop.now - start))
      timer.stop()
      #expect(timer.dueIn == nil)
      timer.close()
      #expect(timer.dueIn == nil)
    }
  }

  @Test func `a timer that is overdue is due in zero`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(1)) { $0.close() }
      let start = loop.now
      repeat { loop.updateTime() } while loop.now - start < .milliseconds(3)
      #expect(timer.dueIn == .zero)
    }
  }

  // MARK: Keeping the loop

  @Test func `an unreferenced timer lets the loop end, and is called when something else keeps it`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var isCalled = false
      try timer.start(after: .milliseconds(1)) { _ in isCalled = true }
      timer.unref()
      #expect(!loop.run())
      #expect(timer.isActive)
      #expect(!isCalled)
      try Timer(loop).start(after: .milliseconds(20)) { $0.close() }
      loop.run()
      #expect(isCalled)
      timer.close()
    }
  }
}
