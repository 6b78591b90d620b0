/// Signals that the process gets. It belongs to its loop's thread.
public struct Signals: AsyncSequence {
  /// Which signal came.
  public typealias Element = Signal.Number
  /// `CancellationError`.
  public typealias Failure = any Error

  private let watch: Watch

  init(_ numbers: [Signal.Number], _ loop: Loop, _ executor: LoopExecutor) throws(UVError) {
    watch = Watch(executor)
    for number in numbers { try watch.add(number, loop) }
  }

  /// Begins with the first signal that has come and nobody has asked for.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(watch: watch) }

  /// Asks for one signal after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    /// Which signal came.
    public typealias Element = Signal.Number

    fileprivate let watch: Watch

    /// The next signal. To be called on the loop's thread.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Element? {
      try await watch.inbox.next(isolation: actor)
    }
  }

  /// Watches until nobody can ask any more.
  fileprivate final class Watch {
    let inbox: Inbox<Signal.Number>
    private var signals: [Signal] = []

    private let executor: LoopExecutor

    init(_ executor: LoopExecutor) {
      self.executor = executor
      inbox = Inbox(executor)
    }

    deinit {
      nonisolated(unsafe) let signals = signals
      executor.perform { _ in
        for signal in unsafe signals { signal.close() }
      }
    }

    func add(_ number: Signal.Number, _ loop: Loop) throws(UVError) {
      let signal = try Signal(loop)
      signals.append(signal)
      // It is there to be waited for, not to keep the loop running.
      signal.unref()
      // When the loop ends before.
      signal.whenClosed { [inbox] in inbox.finish() }
      try signal.start(number) { [inbox] _ in inbox.put(number) }
    }
  }
}
