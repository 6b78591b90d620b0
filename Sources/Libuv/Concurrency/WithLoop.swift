extension Loop {
  /// Makes a loop on the calling thread, runs an asynchronous body on it to its end, and closes it: a whole program.
  ///
  /// ```swift
  /// @main
  /// struct Clock {
  ///   static func main() throws {
  ///     try Loop.run { loop in
  ///       while true {
  ///         try await loop.sleep(for: .seconds(1))
  ///         print("tick")
  ///       }
  ///     }
  ///   }
  /// }
  /// ```
  ///
  /// The body runs on the loop's thread. A closure that it gives to a task or a task group does so too when it uses `loop`,
  /// and a function when it takes an actor of the loop as an `isolated` parameter; others run on Swift's own threads, unless
  /// the task prefers ``LoopExecutor/taskExecutor``.
  ///
  /// When the body has ended, handles that are still open are closed, and who waits for them is told so: `UVError.canceled`.
  /// After that nothing of the loop may be used: a task that calls one of its actors ends the process.
  ///
  /// Asynchronous functions can't call it, since the thread is kept until the body has ended: ``withLoop(_:)`` is theirs.
  ///
  /// - Parameters:
  ///   - readBufferSize: the size in bytes of the one buffer that all streams of the loop read into.
  ///   - body: is given its loop as an actor: what it does belongs to that actor.
  /// - Returns: what `body` returns.
  /// - Throws: what `body` throws; the ``UVError`` of making the loop.
  @available(*, noasync, message: "use withLoop")
  public static func run<Value: Sendable>(
    readBufferSize: Int = 65536,
    _ body: @escaping @Sendable (isolated LoopScope) async throws -> Value
  ) throws -> Value {
    let loop = try Loop(readBufferSize: readBufferSize)
    // Whatever happens: nothing of the loop is left.
    defer { loop.closeAll() }
    let executor = try loop.executor
    try loop.keepRunning()
    let outcome = Outcome<Value>()
    let bound = executor.bind(outcome)
    LoopScope(executor).start(body) { result in
      executor.perform { loop in
        bound.value(on: loop).result = result
        loop.letEnd()
        // What is open ends with the body.
        loop.stop()
      }
    }
    loop.run()
    guard let result = outcome.result else {
      fatalError("the loop was stopped before its body had ended: don't call stop() in it")
    }
    return try result.get()
  }

  /// What the body of ``run(readBufferSize:_:)`` brings.
  private final class Outcome<Value> {
    var result: Result<Value, any Error>?
  }
}

extension LoopScope {
  /// Begins a task that carries out a body, on the loop from its first step. To be called on the loop's thread.
  package nonisolated func start<Value: Sendable>(
    _ body: @escaping @Sendable (isolated LoopScope) async throws -> Value,
    then completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    assumeIsolated { scope in
      _ = Task {
        do {
          completion(.success(try await body(scope)))
        } catch {
          completion(.failure(error))
        }
      }
    }
  }
}

/// Makes a loop on a thread of its own, runs an asynchronous body on it to its end, and closes it.
///
/// ```swift
/// let answer = try await withLoop { loop in
///   let connection = try await loop.connect(to: "127.0.0.1:4000")
///   try await connection.write("hello")
///   return try await connection.read().map { String(decoding: $0, as: UTF8.self) }
/// }
/// ```
///
/// The body is part of the calling task: cancelling that cancels the body and its task groups. It runs on the loop's thread,
/// as that of ``Loop/run(readBufferSize:_:)`` does; what is said there of tasks and open handles holds here too.
///
/// - Parameter body: is given its loop as an actor: what it does belongs to that actor.
/// - Returns: what `body` returns.
/// - Throws: what `body` throws; the ``UVError`` of making the thread or the loop.
public func withLoop<Value: Sendable>(
  _ body: @Sendable (isolated LoopScope) async throws -> Value
) async throws -> Value {
  let thread = try LoopThread { loop in try loop.keepRunning() }
  let made: Result<LoopExecutor, UVError> = await withCheckedContinuation { continuation in
    let isTaken = thread.remote.execute { loop in
      do throws(UVError) {
        continuation.resume(returning: .success(try loop.executor))
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    precondition(isTaken, "the loop ended before it began")
  }
  defer {
    thread.remote.execute { loop in
      loop.letEnd()
      loop.walk { $0.close() }
    }
    // What was forgotten is closed; there is nobody to tell.
    try? thread.join()
  }
  return try await body(LoopScope(try made.get()))
}
