internal import LoadGenerator

/// What of a ladder is measured, and how.
public struct CostSettings: Sendable, Equatable {
  /// The rungs, by their names.
  public var rungs: [String]
  /// The rung that the others are divided by.
  public var base: String
  /// What is counted, of which work of which rung.
  public var counters: [String: [Work: Set<Counter>]]
  /// How many runs with more and more work the line of a count goes through.
  public var points = 3
  /// With how many idle connections memory is looked at, in rising order; none for not at all.
  public var connections = [1, 1000, 10_000]
  /// Whether the size of programs is measured.
  public var hasSizes = true
  /// How often each server is started to see how long that takes; 0 for not at all.
  public var starts = 15
  /// What is measured of speed, in interleaved rounds; nil for nothing.
  public var speed: Speed? = Speed()
  /// What orders and intervals are drawn from.
  public var seed: UInt64 = 1

  /// How speed is measured.
  public struct Speed: Sendable, Equatable {
    /// How often each server is started for each workload.
    public var rounds = 10
    /// How long is measured, in seconds.
    public var durationSeconds = 3.0
    /// Load before that, in seconds.
    public var warmupSeconds = 1.0
    /// What the servers are loaded with.
    public var cells = [
      Cell(.persistent, connections: 1), Cell(.persistent, connections: 100),
      Cell(.persistent, connections: 3000),
      Cell(.reconnect, connections: 100),
    ]

    /// The usual measurement.
    public init() {}
  }

  /// All that can be measured of some rungs.
  public init(rungs: [String], base: String, work: [Work] = Work.allCases) {
    self.rungs = rungs
    self.base = base
    let all = Dictionary(uniqueKeysWithValues: work.map { ($0, Set(Counter.allCases)) })
    counters = Dictionary(rungs.map { ($0, all) }) { first, _ in first }
  }

  /// The comparison that speed is measured by.
  func comparison(_ speed: Speed, of rungs: [String]) -> Settings {
    var settings = Settings(.standard, peers: rungs, base: base)
    settings.rounds = speed.rounds
    settings.durationSeconds = speed.durationSeconds
    settings.warmupSeconds = speed.warmupSeconds
    settings.cells = speed.cells
    settings.latencyShares = []
    settings.latencyRounds = Settings.latencyRounds(of: speed.rounds)
    settings.seed = seed
    return settings
  }
}
