import Libuv
import Rung

/// Turns of Libuv's loop, with tasks: `turns-tasks timers|wakeups COUNT`.
@main
struct TurnsOfTasks {
  static func main() throws {
    let turns = Arguments.turns()
    switch turns.kind {
    case .timers: try fire(turns.count)
    case .wakeups: try beWoken(turns.count)
    }
  }

  private static func fire(_ count: Int) throws {
    try Loop.run { loop in
      for _ in 0..<count { try await loop.sleep(for: .milliseconds(1)) }
    }
  }

  /// Tasks that belong to nobody have threads of Swift's own: one of them calls an actor of the loop, and waits for it.
  private static func beWoken(_ count: Int) throws {
    try Loop.run { loop in
      let bell = Bell(on: loop.executor)
      let executor = loop.executor
      await Task.detached {
        for _ in 0..<count {
          // It also keeps the compiler from leaving out the way back, where nothing would be done.
          precondition(executor.isIsolatingCurrentContext() == false, "the loop would call itself")
          await bell.ring()
        }
      }.value
    }
  }
}

/// What another thread wakes the loop with.
private actor Bell: LoopActor {
  nonisolated let executor: LoopExecutor
  private var rings = 0

  init(on executor: LoopExecutor) { self.executor = executor }

  func ring() { rings += 1 }
}
