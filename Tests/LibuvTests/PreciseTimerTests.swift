import TestSupport
import Testing

@testable import Libuv

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct PreciseTimerTests {
  private final class Token {}

  private static let millisecond: UInt64 = 1_000_000
  private static let hour: UInt64 = 3_600_000_000_000

  // MARK: Times

  @Test func `a precise timer calls its handler once, and is no longer active then`() throws {
    try withLoop { loop in
      var calls = 0
      var made: PreciseTimer?
      let timer = try PreciseTimer(loop) { timer in
        calls += 1
        #expect(timer === made)
        #expect(!timer.isActive)
      }
      made = timer
      #expect(timer.loop === loop)
      #expect(!timer.isActive)
      try timer.start(at: Loop.nanoseconds + 100_000)
      #expect(timer.isActive)
      loop.run()
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(calls == 1)
      #expect(!timer.isActive)
      timer.close()
      made = nil
    }
  }

  @Test func `a precise timer never comes early`() throws {
    try withLoop { loop in
      var due: UInt64 = 0
      var calls = 0
      let timer = try PreciseTimer(loop) { timer in
        #expect(Loop.nanoseconds >= due)
        calls += 1
        guard calls < 200 else { return timer.close() }
        due = Loop.nanoseconds + UInt64(calls) * 997
        expectStarted(timer, at: due)
      }
      due = Loop.nanoseconds + 1
      try timer.start(at: due)
      loop.run()
      #expect(calls == 200)
    }
  }

  #if os(Linux)
    @Test func `timers 100 microseconds apart come in the order of their times`() throws {
      try withLoop { loop in
        var order: [Int] = []
        // Long enough for all to be set in time, also under valgrind.
        let start = Loop.nanoseconds + 100 * Self.millisecond
        for number in [5, 1, 4, 2, 3, 0] {
          let due = start + UInt64(number) * 100_000
          try PreciseTimer(loop) { timer in
            #expect(Loop.nanoseconds >= due)
            order.append(number)
            timer.close()
          }
          .start(at: due)
        }
        loop.run()
        #expect(order == [0, 1, 2, 3, 4, 5])
      }
    }

    @Test func `a time within the millisecond doesn't wait for its end`() throws {
      try withLoop { loop in
        // The machine may be busy; the best of many is far below what a timer of milliseconds could do.
        var best = UInt64.max
        var calls = 0
        var start: UInt64 = 0
        let timer = try PreciseTimer(loop) { timer in
          best = min(best, Loop.nanoseconds - start)
          calls += 1
          guard calls < 1000 else { return timer.close() }
          start = Loop.nanoseconds
          expectStarted(timer, at: start + 50_000)
        }
        start = Loop.nanoseconds
        try timer.start(at: start + 50_000)
        loop.run()
        #expect((50_000..<900_000).contains(best))
      }
    }
  #endif

  @Test(arguments: [0, 1, 1_000_000_000] as [UInt64])
  func `a time that has passed means as soon as possible, but not at once`(time: UInt64) throws {
    try withLoop { loop in
      var calls = 0
      let timer = try PreciseTimer(loop) { timer in
        calls += 1
        if calls == 10 { timer.close() } else { expectStarted(timer, at: time) }
      }
      try timer.start(at: time)
      #expect(calls == 0)
      #expect(timer.isActive)
      loop.run()
      #expect(calls == 10)
    }
  }

  @Test(arguments: [.max, .max - 1, 1 << 63, 1 << 63 - 1] as [UInt64])
  func `a huge time is far away, and does not overflow to the past`(time: UInt64) throws {
    try withLoop { loop in
      let timer = try PreciseTimer(loop) { _ in Issue.record("called") }
      try timer.start(at: time)
      for _ in 0..<3 { #expect(loop.run(.noWait)) }
      #expect(timer.isActive)
      timer.close()
    }
  }

  @Test func `a timer that starts itself anew for the past lets the loop turn in between`() throws {
    try withLoop { loop in
      var turns = 0
      let prepare = try Prepare(loop)
      try prepare.start { _ in turns += 1 }
      var turnsOfCalls: [Int] = []
      let timer = try PreciseTimer(loop) { timer in
        turnsOfCalls.append(turns)
        if turnsOfCalls.count < 10 { return expectStarted(timer, at: 0) }
        timer.close()
        prepare.close()
      }
      try timer.start(at: 0)
      loop.run()
      #expect(Set(turnsOfCalls).count == 10)
    }
  }

  // MARK: Starting anew and stopping

  @Test func `a later start replaces the earlier time`() throws {
    try withLoop { loop in
      var calls = 0
      let timer = try PreciseTimer(loop) { _ in calls += 1 }
      let due = Loop.nanoseconds + 3 * Self.millisecond
      try timer.start(at: 0)
      try timer.start(at: due)
      loop.run()
      #expect(Loop.nanoseconds >= due)
      try timer.start(at: Loop.nanoseconds + Self.hour)
      try timer.start(at: 0)
      loop.run()
      #expect(calls == 2)
      timer.close()
    }
  }

  @Test func `a stopped timer isn't called, and can be started again`() throws {
    try withLoop { loop in
      var calls = 0
      let timer = try PreciseTimer(loop) { _ in calls += 1 }
      timer.stop()
      try timer.start(at: 0)
      timer.stop()
      timer.stop()
      #expect(!timer.isActive)
      #expect(!loop.run())
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(calls == 0)
      try timer.start(at: 0)
      loop.run()
      #expect(calls == 1)
      timer.close()
    }
  }

  @Test func `a handler may stop another timer that is due in the same turn`() throws {
    try withLoop { loop in
      var calls = 0
      var timers: [PreciseTimer] = []
      for _ in 0..<10 {
        timers.append(
          try PreciseTimer(loop) { _ in
            calls += 1
            for timer in timers { timer.stop() }
          }
        )
      }
      for timer in timers { try timer.start(at: 0) }
      loop.run()
      #expect(calls == 1)
      for timer in timers { timer.close() }
      timers = []
    }
  }

  @Test func `a handler may give another timer that is due in the same turn a later time`() throws {
    try withLoop { loop in
      var due: UInt64 = 0
      var calls = 0
      var timers: [PreciseTimer] = []
      for _ in 0..<2 {
        timers.append(
          try PreciseTimer(loop) { caller in
            calls += 1
            #expect(Loop.nanoseconds >= due)
            guard calls == 1 else { return }
            due = Loop.nanoseconds + 2 * Self.millisecond
            for timer in timers where timer !== caller { expectStarted(timer, at: due) }
          }
        )
      }
      for timer in timers { try timer.start(at: 0) }
      loop.run()
      #expect(calls == 2)
      for timer in timers { timer.close() }
      timers = []
    }
  }

  // MARK: Keeping the loop

  @Test func `it keeps its loop running only while it is active`() throws {
    try withLoop { loop in
      let timer = try PreciseTimer(loop) { _ in Issue.record("called") }
      #expect(!loop.isAlive)
      #expect(!loop.run())
      for _ in 0..<2 {
        try timer.start(at: Loop.nanoseconds + Self.hour)
        #expect(loop.isAlive)
      }
      timer.stop()
      #expect(!loop.isAlive)
      timer.close()
    }
  }

  // MARK: Closing

  @Test func `a timer may be closed in its handler, more than once`() throws {
    try withLoop { loop in
      var calls = 0
      var completions = 0
      let timer = try PreciseTimer(loop) { timer in
        calls += 1
        timer.close { completions += 1 }
        timer.close()
        timer.stop()
        #expect(throws: UVError.badHandle) { try timer.start(at: 0) }
        #expect(!timer.isActive)
      }
      try timer.start(at: 0)
      loop.run()
      #expect(calls == 1)
      #expect(completions == 1)
      timer.close { completions += 1 }
      #expect(completions == 2, "at once when it is closed already")
    }
  }

  @Test func `calls on a closed timer throw or do nothing`() throws {
    try withLoop { loop in
      let timer = try PreciseTimer(loop) { _ in Issue.record("called") }
      try timer.start(at: Loop.nanoseconds)
      timer.close()
      for _ in 0..<2 {
        let error = #expect(throws: UVError.badHandle) { try timer.start(at: 0) }
        #expect(error?.operation.description == "timer")
        timer.stop()
        timer.close()
        #expect(!timer.isActive)
        loop.run()
      }
    }
  }

  @Test func `a forgotten timer is reported with the line that made it`() throws {
    let loop = try Loop()
    let line = #line + 1
    let timer = try PreciseTimer(loop) { _ in }
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.origin) == ["\(#fileID):\(line)"])
    timer.close()
    try loop.close()
  }

  @Test func `a timer that nobody holds lives until it is closed, and is freed then`() throws {
    try withLoop { loop in
      weak var freed: PreciseTimer?
      weak var token: Token?
      var calls = 0
      do {
        let made = Token()
        token = made
        let timer = try PreciseTimer(loop) { _ in
          _ = made
          calls += 1
        }
        freed = timer
        try timer.start(at: 0)
      }
      loop.run()
      #expect(calls == 1)
      #expect(freed != nil)
      #expect(token != nil)
      freed?.close()
      loop.run()
      #expect(freed == nil)
      #expect(token == nil)
    }
  }

  @Test func `what the handler captured is freed at the close, though the timer is still held`() throws {
    try withLoop { loop in
      weak var token: Token?
      let timer: PreciseTimer
      do {
        let made = Token()
        token = made
        timer = try PreciseTimer(loop) { _ in _ = made }
      }
      #expect(token != nil)
      timer.close()
      loop.run()
      #expect(token == nil)
      #expect(!timer.isActive)
    }
  }

  // MARK: Descriptors and memory

  #if os(Linux)
    @Test func `timers give their descriptors back, also when the loop's handles are closed in a walk`() async
    {
      await #expect(processExitsWith: .success) {
        let loop = try Loop()
        setDescriptorLimit(64)
        for round in 0..<500 {
          let timer = try PreciseTimer(loop) { $0.close() }
          try timer.start(at: 0)
          if round % 3 == 0 { loop.walk { $0.close() } }
          if round % 3 == 1 { timer.close() }
          loop.run()
        }
        try loop.close()
      }
    }

    @Test func `a timer without a descriptor is an error, and leaves nothing open`() async {
      await #expect(processExitsWith: .success) {
        let loop = try Loop()
        setDescriptorLimit(0)
        for _ in 0..<10 {
          let error = #expect(throws: UVError.tooManyOpenFiles) {
            try PreciseTimer(loop) { _ in Issue.record("called") }
          }
          #expect(error?.operation.description == "timer")
        }
        try loop.close()
        // The leak check at the end needs some.
        setDescriptorLimit(100)
      }
    }
  #endif

  #if os(Linux)
    // A sanitizer's memory is not the program's own.
    @Test(.enabled(if: getenv("SANITIZER") == nil))
    func `starting anew in the handler again and again takes no memory`() async {
      await #expect(processExitsWith: .success) {
        try withLoop { loop in
          var calls = 0
          var before = 0
          let timer = try PreciseTimer(loop) { timer in
            calls += 1
            // The first calls may fill caches.
            if calls == 1000 { before = residentPages() }
            if calls < 101_000 { expectStarted(timer, at: 0) } else { timer.close() }
          }
          try timer.start(at: 0)
          loop.run()
          #expect(calls == 101_000)
          // The smallest allocation is 32 bytes: one for each call would be 780 pages.
          #expect(residentPages() < before + 300)
        }
      }
    }
  #endif

  #if DEBUG
    @Test func `starting a timer on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let loop = try Loop()
        nonisolated(unsafe) let timer = try PreciseTimer(loop) { _ in }
        BackgroundThread { try? timer.start(at: 0) }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif

  @Test func `making a timer on a closed loop traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.close()
      _ = try PreciseTimer(loop) { _ in }
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }
}

private func expectStarted(_ timer: PreciseTimer, at time: UInt64) {
  do {
    try timer.start(at: time)
  } catch {
    Issue.record(error)
  }
}

#if os(Linux)
  /// How many pages of memory the process has.
  private func residentPages() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let fields = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.split(separator: UInt8(ascii: " "))
    return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) ?? 0 : 0
  }
#endif
