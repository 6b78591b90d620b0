import Libuv
import TestSupport
import Testing

@Suite struct WithLoopTests {
  // MARK: A whole program

  @Test func `a program's result is returned, and runs on the calling thread`() throws {
    let thread = currentThread()
    let text = try Loop.run { loop in
      #expect(currentThread() == thread)
      let pair = try await connectedPair(loop)
      try await pair.client.write("hello")
      return try await pair.server.readText(as: "hello")
    }
    #expect(text == "hello")
  }

  @Test func `a program's error is thrown, and what it left open is closed`() throws {
    struct Failed: Error {}
    #expect(throws: Failed.self) {
      try Loop.run { loop in
        try Timer(loop.loop).start(after: .seconds(3600)) { _ in }
        _ = try loop.listen(on: "127.0.0.1:0")
        throw Failed()
      }
    }
  }

  @Test func `the tasks of a group are the program's own`() throws {
    let sum = try Loop.run { loop in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<10 {
          group.addTask {
            try await loop.sleep(for: .milliseconds(number))
            return number
          }
        }
        var sum = 0
        for try await number in group { sum += number }
        return sum
      }
    }
    #expect(sum == 45)
  }

  @Test func `a loop that is stopped before its body has ended says so`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try runStopped()
    }
    expectTrap(result, saying: "the loop was stopped before its body had ended")
  }

  @Test func `a loop of a task that is stopped before its body has ended says so`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try await withLoop { loop in
        loop.loop.stop()
        try await loop.sleep(for: .seconds(3600))
      }
    }
    expectTrap(result, saying: "the loop was stopped before its body had ended")
  }

  @Test func `who waits when the loop ends is told so`() async throws {
    let (sleeping, signaled) = try await withLoop { loop in
      let sleeping = Task { try await loop.sleep(for: .seconds(3600)) }
      let signaled = Task {
        _ = loop
        for try await _ in try loop.signals(.windowChange) {}
      }
      try await loop.sleep(for: .milliseconds(1))
      return (sleeping, signaled)
    }
    await #expect(throws: UVError.canceled) { try await sleeping.value }
    try await signaled.value
  }

  // MARK: A part of a task

  @Test(.timeLimit(.minutes(5)))
  func `a body runs on a thread of its own, and its result is returned`() async throws {
    let threads = try await Libuv.withLoop { loop in
      let thread = currentThread()
      try await loop.sleep(for: .milliseconds(1))
      return [thread, currentThread()]
    }
    #expect(threads[0] == threads[1])
  }

  @Test(.timeLimit(.minutes(5)))
  func `a body's error is thrown, and what it left open is closed`() async throws {
    struct Failed: Error {}
    await #expect(throws: Failed.self) {
      try await Libuv.withLoop { loop in
        try Timer(loop.loop).start(after: .seconds(3600)) { _ in }
        throw Failed()
      }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `cancelling the calling task cancels the body`() async throws {
    let task = Task {
      try await Libuv.withLoop { loop in try await loop.sleep(for: .seconds(3600)) }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test(.timeLimit(.minutes(5)))
  func `many at once have each their own`() async throws {
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await Libuv.withLoop { loop in
            let pair = try await connectedPair(loop)
            try await pair.client.write("hello")
            return try await pair.server.readText(as: "hello").count
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(count == 100)
  }
}

private func runStopped() throws {
  try Loop.run { loop in
    loop.loop.stop()
    try await loop.sleep(for: .seconds(3600))
  }
}
