/// What one start of a server has brought.
public struct Sample: Codable, Sendable {
  /// Whose.
  public var entrant: String
  /// In which round, from one.
  public var round: Int
  /// The workload.
  public var cell: Cell
  /// The share of the slowest server's capacity, and the rate that it is; absent in a closed loop.
  public var share: Double?
  /// In requests a second.
  public var ratePerSecond: Double?
  /// Why there are no figures: a sentence.
  public var failure: String?
  /// From the start of the process until its port accepted, in milliseconds.
  public var startMilliseconds: Double?
  /// What the clients measured.
  public var load: LoadFigures?
  /// What the server's processes used.
  public var server: ServerFigures?
  /// How it stood afterwards.
  public var survival: Survival?

  /// A sample without figures.
  public init(
    entrant: String,
    round: Int,
    cell: Cell,
    share: Double? = nil,
    ratePerSecond: Double? = nil,
    failure: String? = nil
  ) {
    self.entrant = entrant
    self.round = round
    self.cell = cell
    self.share = share
    self.ratePerSecond = ratePerSecond
    self.failure = failure
  }

  /// Whether its figures can be trusted: a server that has ended meanwhile, or hangs, has figures of two states.
  public var isValid: Bool { load?.valid == true && serverFailure == nil }

  /// How the server failed, as against the measurement: it couldn't be started, ended, or hangs.
  public var serverFailure: String? {
    if let failure { return failure }
    guard let survival else { return nil }
    if let crashed = survival.crashed { return "it ended under load: \(crashed)" }
    return survival.answers ? nil : "it did not answer a new client after the load"
  }
}

/// What the clients of a run measured.
public struct LoadFigures: Codable, Sendable {
  /// What was the limit of a closed loop.
  public enum Limiter: String, Codable, CodingKeyRepresentable, Sendable, CaseIterable {
    /// The server's processor was busy.
    case server
    /// The clients' was: the rate is a lower bound.
    case client
    /// Both were.
    case both
    /// Neither was: the way between them, or the workload.
    case neither
  }

  /// In the generator's words.
  public var verdict: String
  /// Whether the figures can be trusted.
  public var valid: Bool
  /// What was the limit; absent in an open loop.
  public var limiter: Limiter?
  /// How long was measured, in seconds.
  public var seconds: Double
  /// Requests that began in that time.
  public var requests: Int
  /// Their replies.
  public var responses: Int
  /// Replies a second.
  public var responsesPerSecond: Double
  /// Connections made, over the whole run.
  public var connectionsMade: Int
  /// Failures over the whole run, by kind.
  public var errors: [String: Int]
  /// From the intended beginning to the last byte; in a closed loop from the true one.
  public var latency: LatencyFigures
  /// From the true beginning to the last byte; absent in a closed loop.
  public var rawLatency: LatencyFigures?
  /// The clients' processor time in the measured time, in seconds.
  public var clientSeconds: Double
  /// Of the clients' processor, the share that they used or waited for.
  public var clientShare: Double

  /// The figures of a run.
  public init(
    verdict: String,
    valid: Bool,
    limiter: Limiter?,
    seconds: Double,
    requests: Int,
    responses: Int,
    responsesPerSecond: Double,
    connectionsMade: Int,
    errors: [String: Int],
    latency: LatencyFigures,
    rawLatency: LatencyFigures?,
    clientSeconds: Double,
    clientShare: Double
  ) {
    self.verdict = verdict
    self.valid = valid
    self.limiter = limiter
    self.seconds = seconds
    self.requests = requests
    self.responses = responses
    self.responsesPerSecond = responsesPerSecond
    self.connectionsMade = connectionsMade
    self.errors = errors
    self.latency = latency
    self.rawLatency = rawLatency
    self.clientSeconds = clientSeconds
    self.clientShare = clientShare
  }
}

/// A distribution of times, in microseconds.
public struct LatencyFigures: Codable, Sendable, Equatable {
  /// The mean.
  public var mean: Double
  /// The standard deviation.
  public var stddev: Double
  /// The shortest.
  public var min: Double
  /// The longest.
  public var max: Double
  /// The times at ``percentiles``, in their order.
  public var curve: [Double]

  /// The percentiles that are kept: dense towards 100, where curves differ.
  public static let percentiles: [Double] = [
    1, 5, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 96, 97, 98, 98.5,
    99, 99.25, 99.5, 99.75, 99.9, 99.95, 99.99,
  ]

  /// The figures of a distribution.
  public init(mean: Double, stddev: Double, min: Double, max: Double, curve: [Double]) {
    self.mean = mean
    self.stddev = stddev
    self.min = min
    self.max = max
    self.curve = curve
  }

  /// The time that a share of all times doesn't exceed; `percentile` is one of ``percentiles``.
  public subscript(percentile: Double) -> Double {
    guard let place = Self.percentiles.firstIndex(of: percentile), place < curve.count else {
      preconditionFailure("the percentiles that are kept are \(Self.percentiles), not \(percentile)")
    }
    return curve[place]
  }
}

/// What the processes of a server used: its own, and those that it has started.
public struct ServerFigures: Codable, Sendable {
  /// Processor time in user space in the measured time, in seconds.
  public var userSeconds: Double
  /// Processor time in the kernel in the measured time, in seconds.
  public var systemSeconds: Double
  /// Resident memory when it was ready, after the connection that has tried its port, in bytes.
  public var idleBytes: Int
  /// Resident memory at the end of the measured time, in bytes.
  public var loadBytes: Int
  /// The most memory that was resident, in bytes.
  public var peakBytes: Int
  /// How much more memory is resident for each connection that stands and has had one reply, in bytes; absent in an
  /// open loop, where it isn't tried.
  public var bytesPerConnection: Double?
  /// The most threads that there were under load.
  public var threads: Int

  /// What a server used.
  public init(
    userSeconds: Double,
    systemSeconds: Double,
    idleBytes: Int,
    loadBytes: Int,
    peakBytes: Int,
    bytesPerConnection: Double?,
    threads: Int
  ) {
    self.userSeconds = userSeconds
    self.systemSeconds = systemSeconds
    self.idleBytes = idleBytes
    self.loadBytes = loadBytes
    self.peakBytes = peakBytes
    self.bytesPerConnection = bytesPerConnection
    self.threads = threads
  }
}

/// How a server stood after the load.
public struct Survival: Codable, Sendable, Equatable {
  /// How its process had ended before it was told to; absent when it had not.
  public var crashed: String?
  /// Whether a new connection had its reply.
  public var answers: Bool
  /// Sockets that it had open more than before the load, a second after the last client had gone.
  public var leftoverSockets: Int
  /// How it ended when it was told to (SIGTERM): `exit 0`, `SIGTERM`; absent when it had to be killed.
  public var end: String?

  /// How a server stood.
  public init(crashed: String? = nil, answers: Bool, leftoverSockets: Int, end: String?) {
    self.crashed = crashed
    self.answers = answers
    self.leftoverSockets = leftoverSockets
    self.end = end
  }

  /// Whether it ran on, answered, and ended in order when it was told to. A program may leave the end to the signal, and
  /// the JVM tells of the signal by its exit code.
  public var isWhole: Bool {
    crashed == nil && answers && end.map { ["exit 0", "exit 143", "SIGTERM"].contains($0) } == true
  }
}
