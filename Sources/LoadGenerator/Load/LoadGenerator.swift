internal import Libuv

/// Makes the load of a ``Workload``, and measures what the server does with it.
///
/// ```swift
/// var workload = Workload(target: "127.0.0.1:4000")
/// workload.connections = 50
/// let outcome = try LoadGenerator(workload).run()
/// print(outcome.verdict, outcome.responsesPerSecond)
/// ```
public struct LoadGenerator {
  /// How a run goes on.
  public enum Progress: Sendable {
    /// Connections are being made.
    case connecting
    /// The load has begun; the measured time begins in so many seconds.
    case loading(warmup: Double)
    /// A second of the measured time is over.
    case interval(Interval)
    /// The measured time is over; the requests under way are followed to their end.
    case finishing
  }

  private let workload: Workload

  /// Called on the calling thread as the run goes on.
  public var onProgress: (Progress) -> Void = { _ in }
  /// Whether SIGINT and SIGTERM end the run early; a second one ends the process.
  public var handlesSignals = false

  /// A generator that does nothing yet.
  public init(_ workload: Workload) {
    self.workload = workload
  }

  /// Raises this process's limit of open files as far as it may, and makes sure that it suffices.
  ///
  /// - Throws: ``TooFewDescriptors`` when it doesn't.
  public static func requireDescriptors(
    for connections: Int,
    _ strategy: Workload.Strategy,
    threads: Int = 1
  ) throws(TooFewDescriptors) {
    // Each loop takes about a dozen; a reconnecting client has one that closes beside the next one.
    let perClient = strategy == .reconnect ? 2 : 1
    let needed = connections * perClient + 16 * (threads + 1)
    let limit = DescriptorLimit.raise()
    guard needed <= limit else {
      throw TooFewDescriptors(needed: needed, limit: limit, connections: connections)
    }
  }

  /// Makes the load, and returns when all is done.
  ///
  /// - Throws: ``TooFewDescriptors`` when the process may not open so many connections, `UVError` when a loop or thread
  ///   can't be made.
  public func run() throws -> Outcome {
    workload.requireSense()
    try Self.requireDescriptors(for: workload.connections, workload.strategy, threads: workload.threads)
    let loop = try Loop()
    let coordinator = try Coordinator(workload, on: loop, onProgress: onProgress)
    if handlesSignals { try coordinator.handleSignals() }
    var failure: (any Error)?
    do { try coordinator.start() } catch { failure = error }
    loop.run()
    try coordinator.join()
    try loop.close()
    if let failure { throw failure }
    return coordinator.outcome
  }
}

/// The process may not open as many files as the connections need.
public struct TooFewDescriptors: Error, Sendable, CustomStringConvertible {
  /// How many are needed.
  public let needed: Int
  /// How many the process may open.
  public let limit: Int
  /// The connections that need them.
  public let connections: Int

  /// A sentence that says what to do.
  public var description: String {
    """
    \(connections) connections need \(needed) open files, and this process may have \(limit): raise `ulimit -n`, \
    or ask for fewer connections
    """
  }
}
