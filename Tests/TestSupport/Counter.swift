public import Libuv

/// Counts what tasks have done.
public actor Counter: LoopActor {
  /// The executor of its loop.
  public nonisolated let executor: LoopExecutor
  /// How much it is.
  public private(set) var value = 0

  /// Makes one that has counted nothing.
  public init(on executor: LoopExecutor) { self.executor = executor }

  /// One more.
  public func add() { value += 1 }
}
