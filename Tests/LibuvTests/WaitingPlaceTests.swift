import TestSupport
import Testing

@testable import Libuv

@Suite struct WaitingPlaceTests {
  @Test func `a task waits until it is woken, again and again`() async throws {
    try await withLoopTask { loop in
      let thread = currentThread()
      let place = WaitingPlace(loop.executor)
      let timer = try Timer(loop.loop)
      var isNow = false
      try timer.start(after: .zero, repeating: .milliseconds(1)) { _ in
        isNow.toggle()
        if isNow { place.wakeNow() } else { place.wake() }
      }
      for _ in 0..<20 {
        try await place.wait(isolation: loop)
        #expect(currentThread() == thread)
        #expect(!place.isTaken)
      }
      timer.close()
    }
  }

  @Test func `waking an empty place does nothing`() async throws {
    try await withLoopTask { loop in
      let place = WaitingPlace(loop.executor)
      place.wake()
      place.wakeNow()
      #expect(!place.isTaken)
    }
  }

  @Test func `a cancellation ends the wait, and no later one`() async throws {
    try await withLoopTask { loop in
      let place = WaitingPlace(loop.executor)
      let bound = loop.executor.bind(place)
      for _ in 0..<5 {
        let waiting = Task { try await bound.value(on: loop.loop).wait(isolation: loop) }
        try await loop.turn { place.isTaken }
        // From another thread, with a wake on its heels: one of the two is late.
        async let cancelling: Void = cancel(waiting)
        place.wake()
        await cancelling
        _ = await waiting.result
      }
      let timer = try Timer(loop.loop)
      try timer.start(after: .milliseconds(5)) { timer in
        place.wake()
        timer.close()
      }
      try await place.wait(isolation: loop)
    }
  }

  @Test func `a wait through cancellation is one`() async throws {
    try await withLoopTask { loop in
      let place = WaitingPlace(loop.executor)
      let bound = loop.executor.bind(place)
      let waiting = Task { await bound.value(on: loop.loop).waitThroughCancellation(isolation: loop) }
      waiting.cancel()
      try await loop.turn { bound.value(on: loop.loop).isTaken }
      try await loop.sleep(for: .milliseconds(5))
      #expect(place.isTaken)
      place.wake()
      await waiting.value
    }
  }
}

@concurrent private func cancel(_ task: Task<Void, any Error>) async { task.cancel() }
