public import Libuv

extension EchoServer {
  /// Serves until the calling task is cancelled, and then drains, as SIGTERM has a ``Service`` do.
  ///
  /// - Parameters:
  ///   - isolation: the actor of the loop that calls this: leave it out.
  ///   - onListening: called with the addresses when the server listens.
  /// - Throws: ``StartError``; `UVError` when the loop's remote can't be made. A cancellation is no error: it is how this
  ///   ends.
  public func serve(
    isolation: isolated (any Actor)? = #isolation,
    onListening: ([SocketAddress]) -> Void = { _ in }
  ) async throws {
    let remote = try loop.remote
    let bound = LoopBound(self, on: loop)
    let addresses = try await withCheckedContinuation { continuation in
      start { continuation.resume(returning: $0) }
    }.get()
    onListening(addresses)
    await withTaskCancellationHandler {
      // Keeps the closure on the loop's thread.
      _ = isolation
      await withCheckedContinuation { continuation in
        if hasEndedServing { continuation.resume() } else { resumeServing = { continuation.resume() } }
      }
    } onCancel: {
      // In a turn of the loop to come, also when the task was cancelled before.
      remote.execute { loop in
        let server = bound.value(on: loop)
        server.drain { server.didEndServing() }
      }
    }
  }

  private func didEndServing() {
    hasEndedServing = true
    resumeServing?()
    resumeServing = nil
  }
}
