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

@Suite struct LoopTests {
  // MARK: Making

  @Test func `the version that runs is at least the one that was compiled against`() throws {
    let (compiled, running) = Loop.libuvVersion
    let numbers = [compiled, running].map { $0.split(separator: ".").compactMap { Int($0) } }
    #expect(numbers[0].count == 3)
    #expect(numbers[1].count == 3)
    #expect(numbers[0][0] == 1)
    #expect(!numbers[1].lexicographicallyPrecedes(numbers[0]))
  }

  @Test func `a read buffer of one byte still reads everything`() throws {
    let loop = try Loop(readBufferSize: 1)
    let pair = try tcpPair(loop)
    var received: [[UInt8]] = []
    try pair.client.read { stream, event throws(UVError) in
      switch event {
      case .bytes(let bytes): received.append(bytes.withUnsafeBytes { Array($0) })
      case .end: stream.close()
      case .failure(let error): Issue.record(error)
      }
    }
    try pair.server.write("abc")
    pair.server.finish()
    try run(loop) { pair.client.state == .closed && pair.server.state == .closed }
    #expect(received == [Array("a".utf8), Array("b".utf8), Array("c".utf8)])
    try loop.close()
  }

  @Test func `a loop without a read buffer is refused with a sentence`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Loop(readBufferSize: 0)
    }
    expectTrap(result, saying: "a loop's read buffer holds at least one byte")
  }

  @Test func `making a loop fails without a trace when descriptors run out`() async {
    await #expect(processExitsWith: .success) {
      // What libuv makes once for the process is made with the first loop.
      try Loop().close()
      let before = openDescriptorCount()
      var failures = 0
      var loop: Loop?
      for limit in 0..<1024 where loop == nil {
        limitDescriptors(to: limit)
        // Often enough to be told from what the rest of the process does with descriptors.
        for _ in 0..<20 where loop == nil {
          do throws(UVError) {
            loop = try Loop()
          } catch {
            failures += 1
            #expect(error == .tooManyOpenFiles)
            #expect(error.operation.description == "loop")
          }
        }
      }
      // A loop of libuv 1.44 takes an epoll descriptor, an event descriptor and a pipe.
      #expect(failures >= 40)
      try #require(loop).close()
      #expect(openDescriptorCount() < before + 10, "nothing stays open")
    }
  }

  // MARK: Running

  @Test func `a loop with nothing to do returns at once`() throws {
    let loop = try Loop()
    #expect(!loop.isAlive)
    #expect(!loop.run())
    #expect(!loop.run(.once))
    #expect(!loop.run(.noWait))
    try loop.close()
  }

  @Test func `one turn without waiting returns though a timer is not due`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      try timer.start(after: .seconds(3600)) { _ in Issue.record("called too early") }
      #expect(loop.isAlive)
      #expect(loop.run(.noWait), "the timer is still active")
      timer.close()
    }
  }

  @Test func `one turn waits for a timer`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var isCalled = false
      try timer.start(after: .milliseconds(2)) { _ in isCalled = true }
      while !isCalled { loop.run(.once) }
      #expect(!loop.run(.once), "nothing is left")
      timer.close()
    }
  }

  @Test func `stop returns from run after the turn, and the loop can run on`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var calls = 0
      try timer.start(after: .zero, repeating: .milliseconds(1)) { timer in
        calls += 1
        if calls == 2 { loop.stop() }
        if calls == 4 { timer.close() }
      }
      #expect(loop.run(), "the timer is still active")
      #expect(calls == 2)
      #expect(!loop.run())
      #expect(calls == 4)
    }
  }

  @Test func `a loop runs again after it was done`() throws {
    let loop = try Loop()
    for _ in 0..<3 {
      var isCalled = false
      let timer = try Timer(loop)
      try timer.start(after: .zero) { timer in
        isCalled = true
        timer.close()
      }
      #expect(!loop.run())
      #expect(isCalled)
    }
    try loop.close()
  }

  @Test func `run inside run traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      let timer = try Timer(loop)
      try timer.start(after: .zero) { _ in loop.run(.noWait) }
      loop.run()
    }
    expectTrap(result, saying: "this loop is running already: don't call run() from one of its handlers")
  }

  @Test func `run inside a close completion traps when the loop is being closed`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try Timer(loop).close { loop.run() }
      try loop.close()
    }
    expectTrap(result, saying: "this loop is running already")
  }

  @Test func `running a closed loop traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.close()
      loop.run()
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }

  #if DEBUG
    @Test func `running a loop on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { loop.run() }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }

    @Test func `closing a loop on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { try? loop.close() }.join()
      }
      expectTrap(result, saying: "use loop.remote.execute { }")
    }

    @Test func `making a handle on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { _ = try? Timer(loop) }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif

  // MARK: Time

  @Test func `the clock in nanoseconds goes on within a turn, and at the rate of other clocks`() {
    let (start, clock) = (Loop.nanoseconds, ContinuousClock.now)
    var before = start
    while ContinuousClock.now - clock < .milliseconds(5) {
      let now = Loop.nanoseconds
      #expect(now >= before)
      before = now
    }
    let elapsed = Duration.nanoseconds(Int64(Loop.nanoseconds - start))
    #expect(elapsed >= .milliseconds(5))
    #expect(elapsed < ContinuousClock.now - clock + .milliseconds(1))
  }

  @Test func `all threads have one clock in nanoseconds`() {
    let start = Loop.nanoseconds
    let there = Locked<UInt64>(0)
    BackgroundThread { there.withLock { $0 = Loop.nanoseconds } }.join()
    #expect((start...Loop.nanoseconds).contains(there.withLock { $0 }))
  }

  @Test func `the time stands still within a turn until it is updated`() throws {
    try withLoop { loop in
      let start = loop.now
      let clock = ContinuousClock.now
      while ContinuousClock.now - clock < .milliseconds(3) {}
      #expect(loop.now == start)
      loop.updateTime()
      #expect(loop.now - start >= .milliseconds(2))
    }
  }

  // MARK: Walking

  @Test func `walk sees each handle that is not closed, and not the library's own`() throws {
    let loop = try Loop()
    _ = try loop.remote
    let timer = try Timer(loop)
    let idle = try Idle(loop)
    var seen: [Handle.State: [String]] = [:]
    idle.close()
    loop.walk { seen[$0.state, default: []].append($0.typeName) }
    #expect(seen == [.open: ["timer"], .closing: ["idle"]])
    timer.close()
    loop.run()
    loop.walk { Issue.record("still there: \($0)") }
    try loop.close()
  }

  @Test func `walk may close handles and make new ones, which it doesn't see`() throws {
    let loop = try Loop()
    for _ in 0..<3 { _ = try Timer(loop) }
    var seen = 0
    try loop.walk { handle in
      seen += 1
      handle.close()
      _ = try Idle(loop)
    }
    #expect(seen == 3)
    var open: [String] = []
    loop.walk { handle in
      if handle.state == .open { open.append(handle.typeName) }
      handle.close()
    }
    #expect(open == ["idle", "idle", "idle"])
    try loop.close()
  }

  @Test func `walk ends with the first error and throws it`() throws {
    let loop = try Loop()
    let timers = try (0..<3).map { _ in try Timer(loop) }
    var seen = 0
    #expect(throws: UVError.canceled) {
      try loop.walk { _ in
        seen += 1
        throw UVError.canceled
      }
    }
    #expect(seen == 1)
    for timer in timers { timer.close() }
    try loop.close()
  }

  // MARK: Closing

  @Test func `closing twice does nothing the second time`() throws {
    let loop = try Loop()
    try loop.close()
    try loop.close()
  }

  @Test func `a closed loop can be asked and stopped without touching freed memory`() throws {
    let loop = try Loop()
    let start = loop.now
    try loop.close()
    let time = loop.now
    #expect((start...start + .seconds(60)).contains(time))
    #expect(!loop.isAlive)
    loop.stop()
    loop.updateTime()
    #expect(loop.now == time)
    loop.walk { _ in Issue.record("no handle is left") }
  }

  @Test func `making a handle on a closed loop traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.close()
      _ = try Timer(loop)
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }

  @Test func `resolving on a closed loop traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.close()
      try loop.resolve("127.0.0.1", port: 80) { _ in }
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }

  @Test func `a closed loop has no remote, and asking for it traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      _ = try loop.remote
      try loop.close()
      _ = try loop.remote
    }
    expectTrap(result, saying: "this loop is closed: make a new one")
  }

  @Test func `closing names every open handle with its type and line, and the loop can still run`() throws {
    let loop = try Loop()
    let timer = try Timer(loop)
    let signal = try Signal(loop)
    let line = #line
    try Idle(loop).close()
    let error = try #require(throws: OpenHandles.self) { try loop.close() }
    #expect(
      Set(error.handles.map(\.description)) == [
        "timer made at \(#fileID):\(line - 2)",
        "signal made at \(#fileID):\(line - 1)",
      ]
    )
    #expect(error.resolutions == 0)
    #expect(error.description.hasPrefix("the loop can't be closed, it has open handles: "))
    for handle in error.handles { #expect(error.description.contains(handle.description)) }
    var isCalled = false
    try timer.start(after: .zero) { _ in isCalled = true }
    loop.run()
    #expect(isCalled)
    timer.close()
    #expect(throws: OpenHandles.self) { try loop.close() }
    signal.close()
    try loop.close()
  }

  @Test func `handles that nobody holds any more are reported too`() throws {
    let loop = try Loop()
    do { _ = try Timer(loop) }
    let error = try #require(throws: OpenHandles.self) { try loop.close() }
    #expect(error.handles.count == 1)
    loop.walk { $0.close() }
    try loop.close()
  }

  @Test func `closing calls the completions of the handles that are closing`() throws {
    let loop = try Loop()
    var completions = 0
    for _ in 0..<10 { try Timer(loop).close { completions += 1 } }
    try loop.close()
    #expect(completions == 10)
  }

  @Test func `a handle that a completion makes while the loop closes is refused`() throws {
    let loop = try Loop()
    var late: Idle?
    try Timer(loop).close {
      late = try? Idle(loop)
    }
    let error = try #require(throws: OpenHandles.self) { try loop.close() }
    #expect(error.handles.map(\.type) == ["idle"])
    try #require(late).close()
    try loop.close()
  }

  @Test func `a running timer that a completion starts while the loop closes does not keep close waiting`()
    throws
  {
    let loop = try Loop()
    var calls = 0
    try Timer(loop).close {
      do {
        try Timer(loop).start(after: .zero, repeating: .milliseconds(1)) { timer in
          calls += 1
          // A close that waits for it would wait for ever.
          if calls == 100 { timer.close() }
        }
      } catch {
        Issue.record(error)
      }
    }
    #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(calls < 100)
    loop.walk { $0.close() }
    try loop.close()
  }

  @Test func `a completion may close further handles and add completions while the loop closes`() throws {
    let loop = try Loop()
    var order: [Int] = []
    let second = try Timer(loop)
    try Timer(loop).close {
      order.append(1)
      second.close {
        order.append(2)
        second.close { order.append(3) }
      }
    }
    #expect(throws: OpenHandles.self, "the second timer is open") { try loop.close() }
    while order.count < 3 { loop.run(.noWait) }
    #expect(order == [1, 2, 3])
    try loop.close()
  }

  @Test func `closing a loop from one of its handlers traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      let timer = try Timer(loop)
      try timer.start(after: .zero) { _ in try? loop.close() }
      loop.run()
    }
    expectTrap(result, saying: "close a loop after run() has returned, not from one of its handlers")
  }

  @Test func `closing a loop from a completion that its close calls traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try Timer(loop).close { try? loop.close() }
      try loop.close()
    }
    expectTrap(result, saying: "close a loop after run() has returned, not from one of its handlers")
  }

  @Test func `closing a loop from work that its close carries out traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let loop = try Loop()
      try loop.remote.execute { try? $0.close() }
      try loop.close()
    }
    expectTrap(result, saying: "close a loop after run() has returned, not from one of its handlers")
  }

  // MARK: Memory

  @Test func `a closed loop is freed, with and without a remote`() throws {
    for usesRemote in [false, true] {
      weak var freed: Loop?
      var remote: LoopRemote?
      do {
        let loop = try Loop()
        freed = loop
        if usesRemote { remote = try loop.remote }
        try loop.close()
      }
      #expect(freed == nil)
      #expect(remote?.execute { _ in } != true)
    }
  }

  @Test func `a loop with an open handle is kept alive by it`() throws {
    weak var kept: Loop?
    weak var timer: Libuv.Timer?
    do {
      let loop = try Loop()
      kept = loop
      let made = try Timer(loop)
      timer = made
    }
    do {
      let loop = try #require(kept)
      try #require(timer).close()
      try loop.close()
    }
    #expect(kept == nil)
    #expect(timer == nil)
  }

  @Test func `a loop without handles that is dropped, not closed, gives everything back`() async {
    await #expect(processExitsWith: .success) {
      let before = openDescriptorCount()
      for _ in 0..<100 {
        weak var freed: Loop?
        do {
          let loop = try Loop()
          freed = loop
        }
        #expect(freed == nil)
      }
      #expect(openDescriptorCount() < before + 10)
    }
  }

  @Test func `many loops live side by side on one thread`() throws {
    let loops = try (0..<10).map { _ in try Loop() }
    var calls: [Int] = []
    for (index, loop) in loops.enumerated() {
      try Timer(loop).start(after: .zero) { timer in
        calls.append(index)
        timer.close()
      }
    }
    for loop in loops.reversed() { loop.run() }
    #expect(calls == Array((0..<10).reversed()))
    for loop in loops { try loop.close() }
  }

  @Test func `a loop lives on a thread of its own`() throws {
    let outcome = Outcome()
    BackgroundThread {
      do {
        try withLoop { loop in
          try Timer(loop).start(after: .milliseconds(1)) { timer in
            outcome.isDone = true
            timer.close()
          }
        }
      } catch {
        Issue.record(error)
      }
    }
    .join()
    #expect(outcome.isDone)
  }
}

/// Written by one thread, read after that was joined.
private final class Outcome: @unchecked Sendable {
  var isDone = false
}

/// How many descriptors are open.
///
/// The rest of the process may open one for a moment.
private func openDescriptorCount() -> Int {
  (0..<4096).count { fcntl($0, F_GETFD) != -1 }
}

private func limitDescriptors(to count: Int) {
  #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    let resource = RLIMIT_NOFILE
  #endif
  var limit = rlimit()
  getrlimit(resource, &limit)
  limit.rlim_cur = rlim_t(count)
  #expect(setrlimit(resource, &limit) == 0)
}
