extension LoopActor {
  /// Finds the addresses of a host, off the loop's thread. The libuv function is `uv_getaddrinfo`.
  ///
  /// - Returns: at least one address, in the system's order of preference.
  /// - Throws: the ``UVError``, such as ``UVError/resolverUnknownName``; `CancellationError`: a query that the system has
  ///   begun goes on to its end, and its answer is dropped.
  public func resolve(_ host: String, port: UInt16) async throws -> [SocketAddress] {
    try await wait { completion in
      let resolution = try loop.resolve(host, port: port) { outcome in
        completion.finish(outcome.mapError { $0 as any Error })
      }
      return { resolution.cancel() }
    }
  }

  /// Waits for a time, and at most two milliseconds longer if the loop is idle. The libuv function is `uv_timer_start`.
  ///
  /// - Throws: `CancellationError`.
  public func sleep(for duration: Duration) async throws {
    try await sleep(until: ContinuousClock.now + duration)
  }

  /// Waits until a point in time.
  func sleep(until deadline: ContinuousClock.Instant) async throws {
    try await executor.sleep(until: deadline, isolation: self)
  }

  /// The signals that the process gets, from now on, one after the other. The libuv function is `uv_signal_start`.
  ///
  /// Until the sequence is dropped the system's default action is off for these signals. Equal ones that come close
  /// together may count as one.
  ///
  /// - Throws: ``UVError/invalidArgument`` for a signal that can't be watched, such as SIGKILL.
  public func signals(_ numbers: Signal.Number...) throws(UVError) -> Signals {
    try Signals(numbers, loop, executor)
  }
}

extension LoopExecutor {
  /// Waits until a point in time, on an actor of this executor.
  fileprivate func sleep(until deadline: ContinuousClock.Instant, isolation: isolated any Actor) async throws
  {
    let timer = try Timer(ownLoop)
    defer { timer.close() }
    repeat {
      // From now on, not from the beginning of the turn.
      ownLoop.updateTime()
      let duration = deadline - ContinuousClock.now
      try await wait(isolation: isolation) { completion in
        try timer.start(after: max(.zero, duration)) { _ in completion.finish(nil) }
        // When the loop ends before.
        timer.whenClosed { completion.finish(UVError.canceled.during("sleep")) }
        return {}
      }
      // libuv's timers count in whole milliseconds, and may be early by a part of one.
    } while ContinuousClock.now < deadline
  }
}
