import TestSupport
import Testing

@testable import Libuv

@Suite struct LoopBoundTests {
  private final class Token {}

  @Test func `a value crosses another thread and comes back to its loop`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let timer = try Timer(loop)
      try timer.start(after: .seconds(3600)) { _ in Issue.record("nothing closed the timer") }
      let home = currentThread()
      let box = LoopBound(timer, on: loop)
      let thread = BackgroundThread {
        remote.execute { loop in
          #expect(currentThread() == home)
          box.value(on: loop).close()
        }
      }
      try run(loop) { timer.state == .closed }
      thread.join()
    }
  }

  @Test func `the box can be opened again and again, and its copies too`() throws {
    try withLoop { loop in
      let token = Token()
      let box = LoopBound(token, on: loop)
      let copy = box
      for _ in 0..<3 {
        #expect(box.value(on: loop) === token)
        #expect(copy.value(on: loop) === token)
      }
      #expect(LoopBound(7, on: loop).value(on: loop) == 7)
    }
  }

  @Test func `the value goes with the last box, and the box doesn't keep its loop`() throws {
    weak var token: Token?
    weak var freedLoop: Loop?
    do {
      var box: LoopBound<Token>?
      do {
        let made = Token()
        token = made
        let loop = try Loop()
        freedLoop = loop
        box = LoopBound(made, on: loop)
        try loop.close()
      }
      #expect(freedLoop == nil)
      #expect(token != nil)
      _ = box
      box = nil
    }
    #expect(token == nil)
  }

  @Test func `work that is done lets go of its box on the loop's thread`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      weak var freed: Token?
      do {
        let token = Token()
        freed = token
        let box = LoopBound(token, on: loop)
        remote.execute { loop in _ = box.value(on: loop) }
      }
      #expect(freed != nil)
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test func `another loop gets no value`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (loop, other) = try (Loop(), Loop())
      let box = LoopBound(7, on: loop)
      _ = box.value(on: other)
    }
    expectTrap(result, saying: "this value belongs to another loop: open the box in work for the remote")
  }

  @Test func `a loop that is made when the box's is gone gets no value`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let box = LoopBound(7, on: try Loop())
      // One of them would get the memory of the first.
      for loop in try (0..<100).map({ _ in try Loop() }) { _ = box.value(on: loop) }
    }
    expectTrap(result, saying: "this value belongs to another loop")
  }

  #if DEBUG
    @Test func `opening the box on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        let box = LoopBound(7, on: loop)
        BackgroundThread { _ = box.value(on: loop) }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }

    @Test func `making a box on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { _ = LoopBound(7, on: loop) }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif
}
