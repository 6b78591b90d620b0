// What lives on a loop can't be used by a task that runs elsewhere.
import Libuv

actor Server: LoopActor {
  nonisolated let executor: LoopExecutor
  private var client: TCP?

  init(on executor: LoopExecutor) { self.executor = executor }

  func detach() {
    guard let client else { return }
    Task.detached { client.close() }
    // expected-error@-1 {{risks causing data races}}
    // expected-note@-2 {{captures}}
  }
}
