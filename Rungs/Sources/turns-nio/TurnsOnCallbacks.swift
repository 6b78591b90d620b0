import NIOCore
import NIOPosix
import Rung

/// Turns of SwiftNIO's event loop, with callbacks: `turns-nio timers|wakeups COUNT`.
@main
struct TurnsOnCallbacks {
  static func main() throws {
    let turns = Arguments.turns()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    switch turns.kind {
    case .timers: try fire(turns.count, on: group.next())
    case .wakeups: beWoken(turns.count, on: group.next())
    }
    try group.syncShutdownGracefully()
  }

  private static func fire(_ count: Int, on eventLoop: any EventLoop) throws {
    guard count > 0 else { return }
    let isDone = eventLoop.makePromise(of: Void.self)
    let countdown = NIOLoopBoundBox.makeBoxSendingValue(count, eventLoop: eventLoop)
    let interval = TimeAmount.milliseconds(1)
    eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
      countdown.value -= 1
      if countdown.value == 0 { task.cancel(promise: isDone) }
    }
    try isDone.futureResult.wait()
  }

  /// The loop has a thread of its own, so that which starts the program is the other one.
  private static func beWoken(_ count: Int, on eventLoop: any EventLoop) {
    let handled = Semaphore()
    for _ in 0..<count {
      eventLoop.execute { handled.signal() }
      handled.wait()
    }
  }
}
