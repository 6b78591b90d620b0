import TestSupport
import Testing

@testable import Libuv

@Suite struct LoopExecutorTests {
  @Test func `a task of the loop runs on its thread, from the first step to the last`() async throws {
    try await withLoopTask { loop in
      let thread = currentThread()
      #expect(currentThread() == thread)
      try await loop.sleep(for: .milliseconds(1))
      #expect(currentThread() == thread)
      await elsewhere()
      #expect(currentThread() == thread, "it comes back from Swift's own threads")
    }
  }

  @Test func `a callback of libuv may assume to be on the loop's actors`() throws {
    try withLoop { loop in
      let counter = Counter(on: try loop.executor)
      let timer = try Timer(loop)
      try timer.start(after: .zero) { timer in
        counter.assumeIsolated { $0.add() }
        timer.close()
      }
      loop.run()
      #expect(counter.assumeIsolated { $0.value } == 1)
    }
  }

  @Test func `who is on another thread may not assume it`() async {
    await #expect(processExitsWith: .failure) {
      try withLoop { loop in
        let counter = Counter(on: try loop.executor)
        BackgroundThread { counter.assumeIsolated { $0.add() } }.join()
      }
    }
  }

  @Test func `jobs from other threads are all run, on the loop's`() async throws {
    try await withLoopTask { loop in
      let thread = currentThread()
      let counter = Counter(on: loop.executor)
      await withTaskGroup { group in
        for _ in 0..<1000 {
          group.addTask {
            await counter.add()
            await counter.check { currentThread() == thread }
          }
        }
      }
      #expect(await counter.value == 1000)
    }
  }

  @Test func `tasks that never wait leave the loop its input, output and timers`() async throws {
    try await withLoopTask { loop in
      let counter = Counter(on: loop.executor)
      let spinning = Task {
        _ = loop
        while !Task.isCancelled {
          await counter.add()
          await Task.yield()
        }
      }
      let pair = try await connectedPair(loop)
      for _ in 0..<10 {
        try await pair.client.write("hello")
        try await #expect(pair.server.readText(as: "hello") == "hello")
        try await loop.sleep(for: .milliseconds(1))
      }
      spinning.cancel()
      await spinning.value
      #expect(await counter.value > 0)
    }
  }

  @Test func `more jobs than a batch are all run`() async throws {
    try await withLoopTask { loop in
      let counter = Counter(on: loop.executor)
      let tasks = (0..<LoopExecutor.batchSize * 3 + 1).map { _ in
        Task {
          _ = loop
          await counter.add()
        }
      }
      for task in tasks { await task.value }
      #expect(await counter.value == tasks.count)
    }
  }

  @Test func `jobs keep a loop running that has nothing else to do`() throws {
    try withLoop { loop in
      let counter = Counter(on: try loop.executor)
      counter.assumeIsolated { $0.count(to: 10) }
      loop.run()
      #expect(counter.assumeIsolated { $0.value } == 10)
    }
  }

  @Test func `a loop without jobs turns as if it had no executor`() throws {
    try withLoop { loop in
      _ = try loop.executor
      #expect(!loop.run(.noWait), "nothing keeps it alive")
    }
  }

  @Test func `jobs that came before the close are run by it`() throws {
    let loop = try Loop()
    let counter = Counter(on: try loop.executor)
    counter.assumeIsolated { $0.count(to: 3) }
    try loop.close()
    #expect(counter.assumeIsolated { $0.value } == 3)
  }

  @Test func `a job for a closed loop ends the process`() async {
    await #expect(processExitsWith: .failure) {
      let counter = try {
        let loop = try Loop()
        let counter = Counter(on: try loop.executor)
        try loop.close()
        return counter
      }()
      await counter.add()
    }
  }

  @Test func `an executor has one loop, and that one executor`() throws {
    try withLoop { loop in
      #expect(try loop.executor === loop.executor)
      let counter = Counter(on: try loop.executor)
      let own = ObjectIdentifier(loop)
      #expect(counter.assumeIsolated { ObjectIdentifier($0.loop) } == own)
    }
  }
}

/// Runs on one of Swift's own threads.
@concurrent private func elsewhere() async {}

extension Counter {
  /// Each step in a job of its own.
  fileprivate func count(to end: Int) {
    guard value < end else { return }
    add()
    Task { count(to: end) }
  }

  fileprivate func check(_ condition: @Sendable () -> Bool) { #expect(condition()) }
}
