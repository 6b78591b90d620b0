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

  /// The other thread speaks into a sequence, which a task on the loop listens to.
  private static func beWoken(_ count: Int) throws {
    let (wakeups, door) = AsyncStream.makeStream(of: Void.self)
    let handled = Semaphore()
    let thread = BackgroundThread {
      for _ in 0..<count {
        door.yield()
        handled.wait()
      }
      door.finish()
    }
    try Loop.run { _ in
      for await _ in wakeups { handled.signal() }
    }
    thread.join()
  }
}
