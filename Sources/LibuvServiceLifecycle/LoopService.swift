public import Libuv
public import ServiceLifecycle

/// A service on a libuv loop of its own, for a `ServiceGroup` of swift-service-lifecycle.
///
/// ```swift
/// let echo = LoopService { loop in
///   let listener = try loop.listen(on: "127.0.0.1:4000")
///   try await listener.forEachConnection { connection in
///     while let bytes = try await connection.read() { try await connection.write(bytes) }
///   }
/// }
/// try await ServiceGroup(services: [echo], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// A graceful shutdown of the group cancels the body, which ends then as it does when its task is cancelled; so does a
/// cancellation. The body runs on the loop's thread, which is made when the service is run and ends with it.
public struct LoopService: Service {
  private let body: @Sendable (isolated LoopScope) async throws -> Void

  /// A service that does nothing until it is run.
  ///
  /// - Parameter body: what it does, until it is cancelled. It is given its loop as an actor, as by `withLoop`.
  public init(_ body: @escaping @Sendable (isolated LoopScope) async throws -> Void) { self.body = body }

  /// Makes a loop on a thread of its own, runs the body to its end, and closes the loop. May be called on any thread.
  ///
  /// - Throws: what the body throws, but no `CancellationError` in a graceful shutdown: that is how it ends in good order;
  ///   the `UVError` of making the thread or the loop.
  public func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await withLoop(body) }
    } catch is CancellationError where Task.isShuttingDownGracefully {}
  }
}
