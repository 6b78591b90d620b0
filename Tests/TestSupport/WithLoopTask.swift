public import Libuv
public import Testing

/// Makes a loop on a thread of its own, carries out an asynchronous body on it, and proves that the loop closes with no
/// handle left.
///
/// The body is a part of the test's task, and no thread of Swift's pool is kept from other tests meanwhile.
///
/// A test that hangs fails: after the deadline what is still open is named, and closed.
///
/// - Parameters:
///   - deadline: how long the body may take. Far more than it needs: it is there for tests that hang, and other tests may
///     keep the threads of Swift's pool, which its tasks need, for a while.
///   - body: the test. What it throws is thrown on.
public func withLoopTask(
  deadline: Duration = .seconds(300),
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @Sendable (isolated LoopScope) async throws -> Void
) async throws {
  let thread = try LoopThread { loop in try loop.keepRunning() }
  let scope = try await withCheckedContinuation { continuation in
    thread.remote.execute { loop in
      do {
        let watchdog = try Libuv.Timer(loop)
        watchdog.unref()
        try watchdog.start(after: deadline) { watchdog in
          watchdog.close()
          loop.walk { handle in
            Issue.record("still open after \(deadline): \(handle)", sourceLocation: sourceLocation)
            handle.close()
          }
        }
        let bound = LoopBound(watchdog, on: loop)
        continuation.resume(returning: Result { (scope: LoopScope(try loop.executor), watchdog: bound) })
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }.get()
  let result: Result<Void, any Error>
  do { result = .success(try await body(scope.scope)) } catch { result = .failure(error) }
  thread.remote.execute { loop in
    scope.watchdog.value(on: loop).close()
    loop.letEnd()
    // Lets a test that has failed end.
    if case .failure = result { loop.walk { $0.close() } }
  }
  #expect(throws: Never.self, "the loop closes with no handle left", sourceLocation: sourceLocation) {
    try thread.join()
  }
  try result.get()
}

/// Two ends of one TCP connection on a loop.
public func connectedPair(_ loop: isolated LoopScope) async throws -> Pair<Connection> {
  let listener = try loop.listen(on: "127.0.0.1:0")
  let client = try await loop.connect(to: listener.address)
  let server = try #require(try await listener.next())
  await listener.close()
  return Pair(client: client, server: server)
}

extension LoopActor {
  /// Lets the loop turn until something is so; fails the test when it isn't within the deadline.
  public func turn(
    deadline: Duration = .seconds(120),
    sourceLocation: SourceLocation = #_sourceLocation,
    until condition: nonisolated(nonsending) () async throws -> Bool
  ) async throws {
    let end = ContinuousClock.now + deadline
    while try await !condition() {
      try #require(ContinuousClock.now < end, "not so after \(deadline)", sourceLocation: sourceLocation)
      try await sleep(for: .milliseconds(1))
    }
  }
}
