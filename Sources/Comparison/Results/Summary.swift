/// The figures of an entrant with a workload, over the rounds.
public struct Summary: Codable, Sendable {
  /// Whose.
  public var entrant: String
  /// The workload.
  public var cell: Cell
  /// The share of the slowest server's capacity; absent in a closed loop.
  public var share: Double?
  /// How many starts there were.
  public var samples: Int
  /// How many of them brought figures that can be trusted; the others are in no figure here.
  public var validSamples: Int
  /// Replies a second.
  public var responsesPerSecond: Spread?
  /// ... of the base's.
  public var ratio: Ratio?
  /// Whether the clients were the limit in at least half of the rounds: the rates are lower bounds.
  public var isLowerBound: Bool
  /// What was the limit, and in how many rounds.
  public var limiters: [LoadFigures.Limiter: Int]
  /// The server's processor time in user space for a reply, in microseconds.
  public var userMicroseconds: Spread?
  /// The server's processor time in the kernel for a reply, in microseconds.
  public var systemMicroseconds: Spread?
  /// The server's processor time for a reply, in microseconds.
  public var processorMicroseconds: Spread?
  /// ... of the base's.
  public var processorRatio: Ratio?
  /// The clients' processor time for a reply, in microseconds.
  public var clientMicroseconds: Spread?
  /// Latency: the median over the rounds of each figure.
  public var latency: LatencyFigures?
  /// The 99th percentile of the latency, of the base's.
  public var p99Ratio: Ratio?
  /// Resident memory when the server was ready, after the connection that has tried its port, in bytes.
  public var idleBytes: Spread?
  /// Resident memory at the end of the measured time, in bytes.
  public var loadBytes: Spread?
  /// More memory for each idle connection, in bytes.
  public var bytesPerConnection: Spread?
  /// From the start of the process until its port accepted, in milliseconds.
  public var startMilliseconds: Spread?
  /// Failures of all rounds, by kind.
  public var errors: [String: Int]
  /// In how many rounds the server ran on, answered, and ended in order when it was told to.
  public var survived: Int
  /// What went wrong, each once.
  public var troubles: [String]
}

/// A figure over the rounds.
public struct Spread: Codable, Sendable, Equatable {
  /// The middle one.
  public var median: Double
  /// The lowest.
  public var low: Double
  /// The highest.
  public var high: Double

  /// A spread.
  public init(median: Double, low: Double, high: Double) {
    self.median = median
    self.low = low
    self.high = high
  }

  /// The spread of some values; nil when there is none.
  public init?(_ values: [Double]) {
    guard let low = values.min(), let high = values.max(), let median = Statistics.median(values) else {
      return nil
    }
    self.init(median: median, low: low, high: high)
  }
}

/// A ratio with its 95 % interval.
public struct Ratio: Codable, Sendable, Equatable {
  /// The median of the rounds' ratios.
  public var value: Double
  /// The lower end of the interval.
  public var low: Double
  /// The upper end of the interval.
  public var high: Double
  /// In how many rounds both were measured.
  public var rounds: Int

  /// A ratio.
  public init(value: Double, low: Double, high: Double, rounds: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.rounds = rounds
  }

  /// Whether the interval holds 1: the two can't be told apart.
  public var isEqual: Bool { low <= 1 && high >= 1 }

  /// With fewer rounds the whole range of the values covers less than 95 %.
  public static let leastRounds = 6
}
