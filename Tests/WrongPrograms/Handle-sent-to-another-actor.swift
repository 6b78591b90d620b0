// What lives on a loop can't be handed from an actor of that loop to one that is elsewhere.
import Libuv

actor Server: LoopActor {
  nonisolated let executor: LoopExecutor
  private var client: TCP?

  init(on executor: LoopExecutor) { self.executor = executor }

  func hand(to other: Elsewhere) async {
    guard let client else { return }
    await other.take(client)
    // expected-error@-1 {{sending 'client' risks causing data races}}
    // expected-note@-2 {{'self'-isolated}}
  }
}

actor Elsewhere {
  func take(_ client: TCP) { client.close() }
}
