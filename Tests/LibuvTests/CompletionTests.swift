import TestSupport
import Testing

@testable import Libuv

@Suite struct CompletionTests {
  @Test func `the first result counts, whether somebody waits or not`() async throws {
    try await withLoopTask { loop in
      let early = Completion<Int>(loop.executor)
      early.finish(.success(1))
      early.finish(.success(2))
      try await #expect(early.wait(isolation: loop) == 1)

      let late = Completion<Int>(loop.executor)
      let timer = try Timer(loop.loop)
      try timer.start(after: .zero) { timer in
        late.finish(.success(1))
        late.finish(.failure(CancellationError()))
        timer.close()
      }
      try await #expect(late.wait(isolation: loop) == 1)
    }
  }

  @Test func `an error of libuv is thrown, and none is a success`() async throws {
    try await withLoopTask { loop in
      let failed = Completion<Void>(loop.executor)
      failed.finish(UVError.canceled)
      await #expect(throws: UVError.canceled) { try await failed.wait(isolation: loop) }
      let well = Completion<Void>(loop.executor)
      well.finish(nil)
      try await well.wait(isolation: loop)
    }
  }

  @Test func `what was begun is given up when the task is cancelled, and only then`() async throws {
    try await withLoopTask { loop in
      let begun = Counter(on: loop.executor)
      let givenUp = Counter(on: loop.executor)
      let waiting = Task {
        try await loop.wait { (_: Completion<Void>) in
          begun.assumeIsolated { $0.add() }
          return { givenUp.assumeIsolated { $0.add() } }
        }
      }
      // It waits in the same job.
      try await loop.turn { await begun.value == 1 }
      #expect(await givenUp.value == 0)
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      #expect(await givenUp.value == 1)
      try await loop.wait { (completion: Completion<Void>) in
        completion.finish(nil)
        return { givenUp.assumeIsolated { $0.add() } }
      }
      #expect(await givenUp.value == 1)
    }
  }
}
