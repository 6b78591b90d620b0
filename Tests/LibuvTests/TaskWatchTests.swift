import TestSupport
import Testing

@testable import Libuv

@Suite struct TaskWatchTests {
  @Test func `it knows whether its task was cancelled, and no earlier one`() {
    let watch = TaskWatch()
    #expect(!watch.cancel(0), "nobody is watched")
    let first = watch.begin()
    #expect(!watch.isCancelled)
    #expect(watch.cancel(first))
    #expect(watch.isCancelled)
    watch.end()
    #expect(!watch.isCancelled)
    #expect(!watch.cancel(first), "nobody is watched")
    let second = watch.begin()
    #expect(!watch.cancel(first), "it comes late")
    #expect(!watch.isCancelled)
    #expect(watch.cancel(second))
    watch.end()
  }

  @Test func `a second task at once ends the process`() async {
    await #expect(processExitsWith: .failure) {
      let watch = TaskWatch()
      _ = watch.begin()
      _ = watch.begin()
    }
  }

  @Test func `the jobs of its task are known`() async throws {
    try await withLoopTask { loop in
      let watch = TaskWatch()
      _ = watch.begin()
      let place = WaitingPlace(loop.executor, watch: watch)
      for _ in 0..<3 {
        try loop.wakeSoon(place)
        place.beginWatchedWait()
        await place.gate.pass()
        #expect(place.didWaitWatched)
        try place.endWatchedWait()
      }
      watch.end()
    }
  }

  @Test func `another task is told apart, and waits all the same`() async throws {
    try await withLoopTask { loop in
      let watch = TaskWatch()
      _ = watch.begin()
      let place = WaitingPlace(loop.executor, watch: watch)
      let other = Task {
        _ = loop
        place.beginWatchedWait()
        await place.gate.pass()
        #expect(!place.didWaitWatched)
        try place.endWatchedWait()
        try await place.wait(isolation: loop)
      }
      try await loop.turn { place.isTaken }
      place.wake()
      try await other.value
      watch.end()
    }
  }

  @Test func `a watched task that is cancelled does not wait`() async throws {
    try await withLoopTask { loop in
      let watch = TaskWatch()
      let number = watch.begin()
      let place = WaitingPlace(loop.executor, watch: watch)
      #expect(watch.cancel(number))
      place.beginWatchedWait()
      await place.gate.pass()
      #expect(!place.didWaitWatched)
      #expect(throws: CancellationError.self) { try place.endWatchedWait() }
      watch.end()
    }
  }

  @Test func `a watched task that is cancelled while it waits is told so`() async throws {
    try await withLoopTask { loop in
      let watch = TaskWatch()
      let number = watch.begin()
      let place = WaitingPlace(loop.executor, watch: watch)
      let timer = try Timer(loop.loop)
      try timer.start(after: .zero) { timer in
        #expect(watch.cancel(number))
        place.wake()
        timer.close()
      }
      place.beginWatchedWait()
      await place.gate.pass()
      #expect(throws: CancellationError.self) { try place.endWatchedWait() }
      watch.end()
    }
  }
}

extension LoopScope {
  /// Wakes whoever waits in the turn to come.
  fileprivate func wakeSoon(_ place: WaitingPlace) throws {
    let timer = try Timer(loop)
    try timer.start(after: .zero) { timer in
      place.wake()
      timer.close()
    }
  }
}
