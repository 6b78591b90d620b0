// What lives on a loop can't be asked for from outside of the actor that has it.
import Libuv

actor Server: LoopActor {
  nonisolated let executor: LoopExecutor
  private var client: TCP?

  init(on executor: LoopExecutor) { self.executor = executor }

  func first() -> TCP? { client }
}

func look(_ server: Server) async {
  _ = await server.first()
  // expected-error@-1 {{non-Sendable 'TCP?'-typed result can not be returned}}
}
