public import Libuv
public import Logging

/// The echo server as a process's whole business: a loop, a server, and the signals that end it.
public struct Service {
  /// How a service ended.
  public struct Outcome: Sendable {
    /// What the server did.
    public let statistics: Statistics
    /// The second signal, if it took two: then it ended at once, not in good order.
    public let interruption: Signal.Number?
  }

  /// A loop takes about a dozen file descriptors, a listener keeps eight in reserve, and clients want some.
  static let fewestDescriptors = 32

  private let configuration: Configuration
  private let logger: Logger

  /// Called with the addresses when the server listens.
  public var onListening: ([SocketAddress]) -> Void = { _ in }
  /// Called now and then with live figures, if the configuration wants them.
  public var onStatistics: (Statistics) -> Void = { _ in }

  /// A service that does nothing yet.
  public init(_ configuration: Configuration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  /// Serves until a signal: SIGTERM or SIGINT drains, a second one ends at once.
  ///
  /// - Throws: ``StartError`` when it can't listen, ``TooFewDescriptors`` when there is no room for clients, `UVError`
  ///   when the loop can't be made.
  public func run() throws -> Outcome {
    let limit = DescriptorLimit.raise()
    guard limit >= Self.fewestDescriptors else { throw TooFewDescriptors(limit: limit) }
    let loop = try Loop()
    let server = EchoServer(configuration, on: loop, logger: logger)
    let signals = [try Signal(loop), try Signal(loop)]
    let statisticsTimer = try Timer(loop)
    var startError: StartError?
    var interruption: Signal.Number?
    var isEnding = false

    func stop() {
      for signal in signals { signal.close() }
      statisticsTimer.close()
    }
    for (signal, number) in zip(signals, [Signal.Number.terminate, .interrupt]) {
      try signal.start(number) { _ in
        if isEnding {
          interruption = number
          server.reset()
        } else {
          isEnding = true
          server.drain(then: stop)
        }
      }
    }
    if let interval = configuration.statisticsInterval {
      try statisticsTimer.start(after: interval, repeating: interval) { _ in onStatistics(server.statistics) }
    }
    server.start { outcome in
      switch outcome {
      case .success(let addresses):
        onListening(addresses)
      case .failure(let error):
        // A signal that comes while names are resolved is no failure.
        if !isEnding { startError = error }
        stop()
      }
    }
    loop.run()
    try loop.close()
    if let startError { throw startError }
    return Outcome(statistics: server.statistics, interruption: interruption)
  }
}

/// The process may open so few files that a server could not serve.
public struct TooFewDescriptors: Error, Sendable, CustomStringConvertible {
  /// How many it may open.
  public let limit: Int

  /// A sentence that says what to do.
  public var description: String {
    "at most \(limit) open files are too few to serve: raise `ulimit -n` to \(Service.fewestDescriptors) or more"
  }
}
