import TestSupport
import Testing

@testable import Libuv

@Suite struct InboxTests {
  @Test func `what was put in comes out in order, then the end`() async throws {
    try await withLoopTask { loop in
      let inbox = Inbox<Int>(loop.executor)
      for number in 0..<3 { inbox.put(number) }
      inbox.finish()
      inbox.put(4)
      #expect(inbox.count == 3)
      for number in 0..<3 { try await #expect(inbox.next(isolation: loop) == number) }
      try await #expect(inbox.next(isolation: loop) == nil)
      try await #expect(inbox.next(isolation: loop) == nil)
    }
  }

  @Test func `who asks first waits`() async throws {
    try await withLoopTask { loop in
      let inbox = Inbox<Int>(loop.executor)
      let timer = try Timer(loop.loop)
      var number = 0
      try timer.start(after: .zero, repeating: .milliseconds(1)) { timer in
        number += 1
        inbox.put(number)
        if number == 5 {
          inbox.finish()
          timer.close()
        }
      }
      var numbers: [Int] = []
      while let number = try await inbox.next(isolation: loop) { numbers.append(number) }
      #expect(numbers == [1, 2, 3, 4, 5])
    }
  }

  @Test func `what it was finished with is thrown, after what was there`() async throws {
    struct Failed: Error {}
    try await withLoopTask { loop in
      let inbox = Inbox<Int>(loop.executor)
      inbox.put(1)
      inbox.finish(.failure(Failed()))
      inbox.finish()
      try await #expect(inbox.next(isolation: loop) == 1)
      await #expect(throws: Failed.self) { try await inbox.next(isolation: loop) }
    }
  }

  @Test func `who comes after one that was cancelled waits as ever`() async throws {
    try await withLoopTask { loop in
      let inbox = Inbox<Int>(loop.executor)
      let bound = loop.executor.bind(inbox)
      let first = Task { try await bound.value(on: loop.loop).next(isolation: loop) }
      try await loop.turn { bound.value(on: loop.loop).isAskedFor }
      // The first one has not gone on yet when the second one comes.
      first.cancel()
      let timer = try Timer(loop.loop)
      try timer.start(after: .milliseconds(5)) { timer in
        inbox.put(7)
        timer.close()
      }
      try await #expect(inbox.next(isolation: loop) == 7)
      await #expect(throws: CancellationError.self) { try await first.value }
    }
  }
}
