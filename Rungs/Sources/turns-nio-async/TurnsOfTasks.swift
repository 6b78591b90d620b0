import NIOCore
import NIOPosix
import Rung

/// Turns of SwiftNIO's event loop, for a task: `turns-nio-async timers|wakeups COUNT`.
@main
struct TurnsOfTasks {
  static func main() async throws {
    let turns = Arguments.turns()
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    switch turns.kind {
    case .timers: try await fire(turns.count, on: group.next())
    case .wakeups: try await beWoken(turns.count, on: group.next())
    }
    try await group.shutdownGracefully()
  }

  private static func fire(_ count: Int, on eventLoop: any EventLoop) async throws {
    for _ in 0..<count { try await eventLoop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get() }
  }

  /// Tasks have threads of Swift's own, so theirs is the other one.
  private static func beWoken(_ count: Int, on eventLoop: any EventLoop) async throws {
    for _ in 0..<count { try await eventLoop.submit {}.get() }
  }
}
