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

@Suite struct LoopThreadTests {
  private final class Token: Sendable {}
  private struct Refusal: Error, Equatable {
    let reason: String
  }

  // MARK: Running

  @Test func `a loop thread calls its body on a thread of its own and runs what that has made`() throws {
    let threads = Locked<[UInt]>([])
    let thread = try LoopThread { loop in
      threads.withLock { $0.append(currentThread()) }
      try Timer(loop).start(after: .milliseconds(1)) { timer in
        threads.withLock { $0.append(currentThread()) }
        timer.close()
      }
    }
    try thread.join()
    let seen = threads.withLock { $0 }
    #expect(seen.count == 2)
    #expect(seen.first == seen.last)
    #expect(seen.first != currentThread())
  }

  @Test func `a body that makes nothing ends the thread, and its loop takes no more work`() throws {
    let thread = try LoopThread { _ in }
    try thread.join()
    #expect(!thread.remote.execute { _ in Issue.record("called") })
  }

  @Test func `the body may run the loop itself`() throws {
    let calls = Locked(0)
    let thread = try LoopThread { loop in
      try withTimer(loop) { calls.withLock { $0 += 1 } }
      loop.run()
      try withTimer(loop) { calls.withLock { $0 += 1 } }
    }
    try thread.join()
    #expect(calls.withLock { $0 } == 2)
  }

  @Test func `the remote takes work from other threads and has it carried out on the loop's`() throws {
    let home = Locked<UInt>(0)
    let count = Locked(0)
    let strays = Locked(0)
    let thread = try LoopThread { loop in
      home.withLock { $0 = currentThread() }
      try waitForWork(loop)
    }
    let remote = thread.remote
    let others = (0..<4).map { _ in
      BackgroundThread {
        for _ in 0..<1000 {
          let isTaken = remote.execute { _ in
            count.withLock { $0 += 1 }
            if currentThread() != home.withLock({ $0 }) { strays.withLock { $0 += 1 } }
          }
          if !isTaken { Issue.record("work was refused by an open loop") }
        }
      }
    }
    for other in others { other.join() }
    #expect(remote.execute { $0.closeAll() })
    try thread.join()
    #expect(count.withLock { $0 } == 4000)
    #expect(strays.withLock { $0 } == 0)
  }

  @Test func `work that is given at once is carried out, though the body makes nothing`() throws {
    // Whether the loop is still open is the thread's haste; taken work is carried out in either case.
    for _ in 0..<50 {
      let isDone = Locked(false)
      let thread = try LoopThread { _ in }
      let isTaken = thread.remote.execute { _ in isDone.withLock { $0 = true } }
      try thread.join()
      #expect(isDone.withLock { $0 } == isTaken)
    }
  }

  @Test func `work is carried out with the thread's own loop, after the body`() throws {
    let loops = Locked<[ObjectIdentifier]>([])
    let goes = Locked(false)
    let thread = try LoopThread { loop in
      let deadline = ContinuousClock.now + .seconds(30)
      while !goes.withLock({ $0 }), ContinuousClock.now < deadline { sched_yield() }
      loops.withLock { $0.append(ObjectIdentifier(loop)) }
    }
    #expect(
      thread.remote.execute { loop in loops.withLock { $0.append(ObjectIdentifier(loop)) } },
      "the remote is there before the body has returned"
    )
    goes.withLock { $0 = true }
    try thread.join()
    let seen = loops.withLock { $0 }
    #expect(seen.count == 2)
    #expect(seen.first == seen.last)
  }

  @Test func `a box crosses to its loop through the remote`() throws {
    let boxed = Locked<LoopBound<Async>?>(nil)
    let thread = try LoopThread { loop in
      let async = try Async(loop) { _ in }
      boxed.withLock { $0 = LoopBound(async, on: loop) }
    }
    thread.remote.execute { loop in boxed.withLock { $0 }?.value(on: loop).close() }
    try thread.join()
  }

  @Test func `many loop threads run side by side`() throws {
    let threads = try (0..<16).map { _ in
      try LoopThread { loop in try waitForWork(loop) }
    }
    for thread in threads { #expect(thread.remote.execute { $0.closeAll() }) }
    for thread in threads { try thread.join() }
  }

  // MARK: Failing

  @Test func `what the body throws is thrown by join, each time`() throws {
    let thread = try LoopThread { _ in throw Refusal(reason: "not today") }
    for _ in 0..<3 {
      #expect(throws: Refusal(reason: "not today")) { try thread.join() }
    }
  }

  @Test func `a body that throws leaves nothing open, and what it started doesn't run on`() throws {
    let completions = Locked(0)
    let thread = try LoopThread { loop in
      for _ in 0..<10 {
        let timer = try Timer(loop)
        try timer.start(after: .zero) { _ in Issue.record("called") }
        timer.whenClosed { completions.withLock { $0 += 1 } }
      }
      let server = try TCP(loop)
      try server.bind(to: "127.0.0.1:0")
      try server.listen { _ throws(UVError) in Issue.record("called") }
      try server.bind(to: "127.0.0.1:0")
    }
    #expect(throws: UVError.invalidArgument) { try thread.join() }
    #expect(completions.withLock { $0 } == 10)
    #expect(!thread.remote.execute { _ in })
  }

  @Test func `a completion that makes a handle doesn't keep a thread whose body threw`() throws {
    let completions = Locked(0)
    let thread = try LoopThread { loop in
      try Timer(loop).whenClosed {
        let timer = try? Timer(loop)
        try? timer?.start(after: .seconds(3600)) { _ in }
        timer?.whenClosed { completions.withLock { $0 += 1 } }
      }
      throw Refusal(reason: "")
    }
    #expect(throws: Refusal.self) { try thread.join() }
    #expect(completions.withLock { $0 } == 1)
  }

  @Test func `a name resolution under way is waited for when the body throws`() throws {
    let results = Locked(0)
    let thread = try LoopThread { loop in
      try loop.resolve("127.0.0.1", port: 80) { _ in results.withLock { $0 += 1 } }
      throw Refusal(reason: "")
    }
    #expect(throws: Refusal.self) { try thread.join() }
    #expect(results.withLock { $0 } == 1)
  }

  @Test func `work that was taken is carried out though the body throws`() throws {
    for _ in 0..<50 {
      let isDone = Locked(false)
      let thread = try LoopThread { _ in throw Refusal(reason: "") }
      let isTaken = thread.remote.execute { _ in isDone.withLock { $0 = true } }
      #expect(throws: Refusal.self) { try thread.join() }
      #expect(isDone.withLock { $0 } == isTaken)
    }
  }

  @Test func `handles left open are reported by join, with their lines, and closed`() throws {
    let completions = Locked(0)
    let line = #line + 2
    let thread = try LoopThread { loop in
      let timer = try Timer(loop)
      timer.whenClosed { completions.withLock { $0 += 1 } }
    }
    for _ in 0..<2 {
      let error = #expect(throws: OpenHandles.self) { try thread.join() }
      #expect(error?.handles.map(\.description) == ["timer made at \(#fileID):\(line)"])
    }
    #expect(completions.withLock { $0 } == 1)
    #expect(!thread.remote.execute { _ in })
  }

  @Test func `a loop that is stopped ends the thread, which reports what was open`() throws {
    let thread = try LoopThread { loop in try waitForWork(loop) }
    #expect(thread.remote.execute { $0.stop() })
    let error = #expect(throws: OpenHandles.self) { try thread.join() }
    #expect(error?.handles.map(\.type) == ["async"])
  }

  @Test func `a loop thread without descriptors for its loop isn't made, and its body not called`() async {
    await #expect(processExitsWith: .success) {
      // What libuv makes once for the process is made with the first loop.
      try Loop().close()
      setDescriptorLimit(0)
      for _ in 0..<20 {
        let error = #expect(throws: UVError.self) { _ = try LoopThread { _ in Issue.record("called") } }
        #expect(error == .tooManyOpenFiles)
      }
      setDescriptorLimit(100)
      try LoopThread { _ in }.join()
    }
  }

  #if os(Linux)
    @Test func `a thread that the system refuses is an error`() async {
      await #expect(processExitsWith: .success) {
        // libuv gives its threads stacks of this size: more than there are addresses.
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_STACK.rawValue)
        try #require(getrlimit(resource, &limit) == 0)
        limit.rlim_cur = 1 << 60
        try #require(setrlimit(resource, &limit) == 0)
        let error = #expect(throws: UVError.self) { _ = try LoopThread { _ in Issue.record("called") } }
        #expect(error?.operation.description == "thread")
      }
    }
  #endif

  @Test func `joining on the thread itself traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let box = Locked<LoopThread?>(nil)
      let thread = try LoopThread { loop in try waitForWork(loop) }
      box.withLock { $0 = thread }
      thread.remote.execute { _ in try? box.withLock { $0 }?.join() }
      try thread.join()
    }
    expectTrap(result, saying: "a thread can't wait for its own end: call join() on another thread")
  }

  // MARK: Joining and dropping

  @Test func `several threads may wait for one`() throws {
    let thread = try LoopThread { loop in try waitForWork(loop) }
    let ends = Locked(0)
    let others = (0..<4).map { _ in
      BackgroundThread {
        #expect(throws: Never.self) { try thread.join() }
        ends.withLock { $0 += 1 }
      }
    }
    #expect(thread.remote.execute { $0.closeAll() })
    for other in others { other.join() }
    #expect(ends.withLock { $0 } == 4)
  }

  @Test func `what the body captured is gone when the thread has ended`() throws {
    weak var freed: Token?
    let thread: LoopThread
    do {
      let token = Token()
      freed = token
      thread = try LoopThread { _ in _ = token }
    }
    try thread.join()
    #expect(freed == nil)
  }

  @Test func `a loop thread that is dropped runs on to its end`() throws {
    let isEnded = Locked(false)
    let remote: LoopRemote
    do {
      let thread = try LoopThread { loop in
        try Async(loop) { _ in }.whenClosed { isEnded.withLock { $0 = true } }
      }
      remote = thread.remote
    }
    #expect(remote.execute { $0.closeAll() })
    let deadline = ContinuousClock.now + .seconds(30)
    while !isEnded.withLock({ $0 }), ContinuousClock.now < deadline { sched_yield() }
    #expect(isEnded.withLock { $0 })
    while remote.execute({ _ in }), ContinuousClock.now < deadline { sched_yield() }
    #expect(!remote.execute { _ in }, "its loop is closed")
  }

  @Test func `a loop thread may be dropped on its own thread`() throws {
    let held = Locked<LoopThread?>(nil)
    let isDropped = Locked(false)
    let remote: LoopRemote
    do {
      let thread = try LoopThread { loop in try waitForWork(loop) }
      remote = thread.remote
      held.withLock { $0 = thread }
    }
    remote.execute { loop in
      let last = held.withLock { held in
        defer { held = nil }
        return held
      }
      _ = consume last
      isDropped.withLock { $0 = true }
      loop.closeAll()
    }
    let deadline = ContinuousClock.now + .seconds(30)
    while remote.execute({ _ in }), ContinuousClock.now < deadline { sched_yield() }
    #expect(isDropped.withLock { $0 })
  }

  @Test func `loop threads are made and joined a thousand times over`() throws {
    for _ in 0..<1000 { try LoopThread { _ in }.join() }
  }
}

/// Keeps the loop running until its handles are closed.
private func waitForWork(_ loop: Loop) throws(UVError) {
  _ = try Async(loop) { _ in }
}

private func withTimer(_ loop: Loop, _ handler: @escaping () -> Void) throws(UVError) {
  try Timer(loop).start(after: .zero) { timer in
    handler()
    timer.close()
  }
}

extension Loop {
  fileprivate func closeAll() {
    walk { $0.close() }
  }
}
