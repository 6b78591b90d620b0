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

extension LoopTaskExecutorTests {
  @Test(arguments: [false, true])
  func `a reader with the preference gets each byte, in order`(isOwnTask: Bool) async throws {
    try await withLoopTask { loop in
      let pair = try await connectedPair(loop)
      let bytes = testBytes(5_000_000)
      let reading = Task(executorPreference: loop.executor.taskExecutor) {
        guard isOwnTask else { return try await pair.server.readAll() }
        let all = Counter(on: loop.executor)
        try await pair.server.run { connection in
          let isSame = try await connection.readAll() == bytes
          if isSame { await all.add() }
        }
        return await all.value == 1 ? bytes : []
      }
      for piece in randomPieces(of: bytes, upTo: 200_000) { try await pair.client.write(Array(piece)) }
      try await pair.client.shutdown()
      let isSame = try await reading.value == bytes
      #expect(isSame)
    }
  }
}

@concurrent private func threadOfNoActor() async -> UInt { currentThread() }
