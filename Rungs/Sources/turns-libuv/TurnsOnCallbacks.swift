import Libuv
import Rung

/// Turns of Libuv's loop, with callbacks: `turns-libuv timers|wakeups COUNT`.
@main
struct TurnsOnCallbacks {
  static func main() throws {
    let turns = Arguments.turns()
    guard turns.count > 0 else { return }
    switch turns.kind {
    case .timers: try fire(turns.count)
    case .wakeups: try beWoken(turns.count)
    }
  }

  private static func fire(_ count: Int) throws {
    let loop = try Loop()
    let interval = Duration.milliseconds(1)
    var left = count
    try Timer(loop).start(after: interval, repeating: interval) { timer in
      left -= 1
      if left == 0 { timer.close() }
    }
    loop.run()
    try loop.close()
  }

  private static func beWoken(_ count: Int) throws {
    let loop = try Loop()
    let remote = try loop.remote
    // What comes through the remote doesn't keep the loop running.
    let hold = LoopBound(try Async(loop) { _ in }, on: loop)
    let handled = Semaphore()
    let thread = BackgroundThread {
      for _ in 0..<count {
        remote.execute { _ in handled.signal() }
        handled.wait()
      }
      remote.execute { loop in hold.value(on: loop).close() }
    }
    loop.run()
    thread.join()
    try loop.close()
  }
}
