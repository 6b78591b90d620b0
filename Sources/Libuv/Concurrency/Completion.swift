/// What a task waits for once: a connect, a timer, an address. It belongs to the loop's thread.
final class Completion<Value> {
  private let place: WaitingPlace
  private var result: Result<Value, any Error>?

  init(_ executor: LoopExecutor) { place = WaitingPlace(executor) }

  /// Ends the wait, unless it has ended.
  func finish(_ result: Result<Value, any Error>) {
    guard self.result == nil else { return }
    self.result = result
    place.wake()
  }

  /// Ends the wait with an error of libuv, or well.
  func finish(_ error: UVError?) where Value == Void {
    finish(error.map { .failure($0) } ?? .success(()))
  }

  /// Waits until it is finished.
  ///
  /// - Throws: what it is finished with, `CancellationError`.
  func wait(isolation: isolated (any Actor)?) async throws -> Value {
    place.willLook()
    while result == nil { try await place.wait(isolation: isolation) }
    return try result!.get()
  }

  /// Waits until it is finished, also when the task is cancelled.
  func waitThroughCancellation(isolation: isolated (any Actor)?) async -> Result<Value, any Error> {
    place.willLook()
    while result == nil { await place.waitThroughCancellation(isolation: isolation) }
    return result!
  }
}

extension LoopExecutor {
  /// Waits until what `begin` has begun is finished, or the task is cancelled.
  ///
  /// Here and not an actor's, so that the compiler knows all types where it is called: it looks them up at run time otherwise,
  /// with each wait.
  ///
  /// - Parameters:
  ///   - isolation: an actor of this executor.
  ///   - begin: begins it, and has it finish the completion on the loop's thread; returns what is to be done when
  ///     the task was cancelled before: to give up what was begun.
  /// - Throws: what `begin` throws, what it is finished with, `CancellationError`.
  func wait<Value>(
    isolation: isolated any Actor,
    _ begin: (Completion<Value>) throws -> () -> Void
  ) async throws -> Value {
    try Task.checkCancellation()
    let completion = Completion<Value>(self)
    let giveUp = try begin(completion)
    do {
      return try await completion.wait(isolation: isolation)
    } catch let error as CancellationError {
      giveUp()
      throw error
    }
  }
}

extension LoopActor {
  /// Waits until what `begin` has begun is finished, or the task is cancelled.
  func wait<Value>(_ begin: (Completion<Value>) throws -> () -> Void) async throws -> Value {
    try await executor.wait(isolation: self, begin)
  }
}
