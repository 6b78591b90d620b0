import Libuv
import TestSupport
import Testing

@Suite struct LoopTaskExecutorTests {
  @Test func `with it as a preference, functions of no actor run on the loop's thread`() async throws {
    try await withLoopTask { loop in
      let thread = currentThread()
      #expect(await threadOfNoActor() != thread)
      await withTaskExecutorPreference(loop.executor.taskExecutor) {
        #expect(await threadOfNoActor() == thread)
        async let child = threadOfNoActor()
        #expect(await child == thread, "child tasks have it too")
      }
    }
  }

  @Test func `a task with the preference goes to the loop's actors and back`() async throws {
    try await withLoopTask { loop in
      let thread = currentThread()
      let counter = Counter(on: loop.executor)
      let pair = try await connectedPair(loop)
      let task = Task(executorPreference: loop.executor.taskExecutor) {
        for _ in 0..<100 {
          await counter.add()
          #expect(await threadOfNoActor() == thread)
        }
        try await pair.client.write("hello")
        return try await pair.server.readText(as: "hello")
      }
      try await #expect(task.value == "hello")
      #expect(await counter.value == 100)
    }
  }
}

@concurrent private func threadOfNoActor() async -> UInt { currentThread() }
