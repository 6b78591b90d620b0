/// What a run has brought.
public struct Outcome: Sendable {
  /// What was asked.
  public let workload: Workload
  /// Whether it was ended early, by a signal.
  public let isInterrupted: Bool
  /// Whether the figures can be trusted.
  public let verdict: Verdict
  /// How long was measured, in seconds.
  public let seconds: Double

  /// Requests that began in the measured time, each followed to its end.
  public let requests: Int
  /// Their replies.
  public let responses: Int
  /// Requests that were to begin in the measured time, by the schedule of an open loop.
  public let scheduled: Int?
  /// Replies with a wrong, a surplus or a missing byte, over the whole run.
  public let corrupt: Int
  /// Failures over the whole run, by kind.
  public let errors: [Failure: Int]
  /// Bytes of the requests, and of their replies.
  public let bytesSent: Int
  /// Bytes of the replies to the requests.
  public let bytesReceived: Int
  /// Connections made over the whole run.
  public let connectionsMade: Int
  /// All bytes of the whole run.
  public let ledger: Ledger

  /// Requests a second that began in the measured time.
  public let requestsPerSecond: Double
  /// Replies a second that became whole in the measured time.
  public let responsesPerSecond: Double
  /// Rate times mean latency, of the connections, in a closed loop: 1 when all of the time is accounted for.
  public let littlesLaw: Double?

  /// From a request's intended beginning to its reply's last byte. In a closed loop nothing is intended, and it is the
  /// same as ``raw``.
  public let corrected: Times
  /// From a request's true beginning to its reply's last byte.
  public let raw: Times
  /// From a request's (intended) beginning to its reply's first byte.
  public let firstByte: Times
  /// From the beginning of a connection until it stood, over the whole run.
  public let connect: Times
  /// How much later than intended requests began; in an open loop.
  public let lag: Times?

  /// The measured time, second by second.
  public let intervals: [IntervalFigures]
  /// The client's own use.
  public let client: ClientUsage
  /// The server's, if its process was given.
  public let server: ServerUsage?
}

/// The figures of one ``Interval``, without its histogram.
public struct IntervalFigures: Sendable {
  /// When it began, in seconds from the beginning of the measured time.
  public let start: Double
  /// How long it was, in seconds.
  public let seconds: Double
  /// Requests that began in it.
  public let requests: Int
  /// Replies that became whole in it.
  public let responses: Int
  /// Failures in it.
  public let errors: Int
  /// The most connections that stood at once in it.
  public let connections: Int
  /// The times of its replies.
  public let latency: Latency

  /// The figures of an interval.
  public init(_ interval: Interval) {
    start = Double(interval.start) / 1e9
    seconds = Double(interval.length) / 1e9
    requests = interval.requests
    responses = interval.responses
    errors = interval.errors
    connections = interval.connections
    latency = Latency(interval.times)
  }
}

/// What making the load took.
public struct ClientUsage: Sendable {
  /// Processor time in the measured time, in seconds.
  public let processorSeconds: Double
  /// Of the processors that the threads with the clients could have used, the share that they did.
  public let processorShare: Double
  /// The share of the time for which these threads could have run, and had to wait for a processor.
  public let waitingShare: Double
  /// The most memory that was resident, in bytes; nil where the system doesn't tell.
  public let peakBytes: Int?
}

/// What the server's process took.
public struct ServerUsage: Sendable {
  /// Its number.
  public let process: Int
  /// Processor time in user space in the measured time, in seconds.
  public let userSeconds: Double
  /// Processor time in the kernel in the measured time, in seconds.
  public let systemSeconds: Double
  /// Memory that was resident at the end of the measured time, in bytes.
  public let residentBytes: Int
  /// The most memory that was resident, in bytes.
  public let peakBytes: Int

  /// Processor time in the measured time, in seconds.
  public var processorSeconds: Double { userSeconds + systemSeconds }
}
