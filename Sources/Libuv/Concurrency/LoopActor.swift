/// An actor that lives on a loop: its methods run on the loop's thread, among the loop's callbacks.
///
/// What belongs to a loop isn't `Sendable`. Inside such an actor it is at home, and the compiler sees to it that it
/// stays there: no other thread can name it.
///
/// ```swift
/// actor Counter: LoopActor {
///   nonisolated let executor: LoopExecutor
///   private var clients: [TCP] = []
///
///   init(on executor: LoopExecutor) { self.executor = executor }
///
///   func serve() throws {
///     let server = try TCP(loop)
///     try server.bind(to: "127.0.0.1:4000")
///     try server.listen { client throws(UVError) in self.assumeIsolated { $0.clients.append(client) } }
///   }
/// }
/// ```
///
/// Actors of one loop call each other without a change of thread or a wait, unless the one who is called waits itself.
/// In callbacks of the loop `assumeIsolated` gives the actor's state: they run on its thread. libuv knows no actors.
public protocol LoopActor: Actor {
  /// The executor of the loop that it lives on.
  nonisolated var executor: LoopExecutor { get }
}

extension LoopActor {
  /// The executor of its loop, for Swift.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// The loop that it lives on.
  public var loop: Loop { executor.ownLoop }
}

/// A loop as an actor: what the body of ``withLoop(_:)`` and ``Loop/run(readBufferSize:_:)`` belongs to.
public actor LoopScope: LoopActor {
  /// The executor of its loop.
  public nonisolated let executor: LoopExecutor

  package init(_ executor: LoopExecutor) { self.executor = executor }
}
