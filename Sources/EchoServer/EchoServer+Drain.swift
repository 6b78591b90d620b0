internal import Libuv
internal import Logging

/// The end in good order, under way.
struct Draining {
  let began: Duration
  let timer: Timer
  var completions: [() -> Void]
}

extension EchoServer {
  /// For how long nothing may have come from a client that counts as done.
  static let quietPeriod: Duration = .milliseconds(250)

  /// Ends in good order: accepts no more, echoes what comes, ends each connection with a FIN.
  ///
  /// A client that is quiet (all that it sent has gone back, and nothing came for a while) gets the FIN, and
  /// what it still sends is read and thrown away until it ends too. One that keeps sending is served for half of
  /// the grace period, and then gets its FIN at the first moment at which all has gone back. Who hasn't ended
  /// after the grace period is reset.
  ///
  /// - Parameter completion: called when no connection is left, also when another drain is under way.
  public func drain(then completion: @escaping () -> Void) {
    guard draining == nil else {
      draining?.completions.append(completion)
      return
    }
    isEnding = true
    loop.updateTime()
    for listener in listeners { listener.finish() }
    idleTimer?.close()
    idleTimer = nil
    do throws(UVError) {
      let timer = try Timer(loop)
      draining = Draining(began: loop.now, timer: timer, completions: [completion])
      try timer.start(after: .zero, repeating: .milliseconds(20)) { [unowned self] _ in
        finishQuietConnections()
      }
    } catch {
      preconditionFailure("a timer could not be started: \(error)")
    }
    logger.info("draining", metadata: ["open": "\(connectionCount)"])
    didCloseWhileDraining()
  }

  private func finishQuietConnections() {
    guard let draining else { return }
    let elapsed = loop.now - draining.began
    guard elapsed < configuration.grace else { return resetConnections() }
    let quietPeriod = elapsed * 2 < configuration.grace ? Self.quietPeriod : .zero
    for connection in connections
    where !connection.isFinishing && connection.stream.idleTime >= quietPeriod && connection.isQuiet {
      connection.finish()
    }
  }

  private func resetConnections() {
    for connection in connections { resetConnection(connection) }
  }

  func didCloseWhileDraining() {
    guard let draining, connectionCount == 0 else { return }
    self.draining = nil
    draining.timer.close()
    for completion in draining.completions { completion() }
  }

  /// Ends at once: what is open is reset.
  public func reset() {
    isEnding = true
    for listener in listeners { listener.close() }
    idleTimer?.close()
    idleTimer = nil
    resetConnections()
  }
}
