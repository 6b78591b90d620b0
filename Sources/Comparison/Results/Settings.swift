public import LoadGenerator

/// What is compared, and how.
public struct Settings: Codable, Sendable, Equatable {
  /// A set of settings for a purpose.
  public enum Profile: String, Codable, Sendable, CaseIterable {
    /// A first look, in less than three minutes for six servers.
    case quick
    /// Figures to publish, in about two and a half hours for twenty servers.
    case standard
    /// The benchmark of 2015 again: 2000 persistent clients, and 3000 that reconnect, for 30 seconds each.
    case full
  }

  /// The profile that the others come from, where they were not given.
  public var profile: Profile
  /// The names of the peers' folders.
  public var peers: [String]
  /// The peer that the others are divided by.
  public var base: String
  /// Whether the base takes part a second time: the ratio of the two tells how far the others can be trusted.
  public var hasTwin: Bool
  /// How often each server is started for each workload.
  public var rounds: Int
  /// How long is measured, in seconds.
  public var durationSeconds: Double
  /// How long load is made before, in seconds.
  public var warmupSeconds: Double
  /// What each server is loaded with, one after the other.
  public var cells: [Cell]
  /// The shares of the slowest server's capacity at which the latency of all is measured; empty for none. All of them
  /// are for ``latencyCell``; the other workloads have the one in the middle.
  public var latencyShares: [Double]
  /// How often each server is started for each workload and share.
  public var latencyRounds: Int
  /// How long is measured at each share, in seconds.
  public var latencySeconds: Double
  /// What the order of the servers, and the intervals, are drawn from.
  public var seed: UInt64

  /// The settings of a profile.
  public init(_ profile: Profile, peers: [String], base: String) {
    self.profile = profile
    self.peers = peers
    self.base = base
    hasTwin = profile != .quick
    seed = 1
    switch profile {
    case .quick:
      rounds = 2
      durationSeconds = 2
      warmupSeconds = 0.5
      cells = Self.product([.persistent, .reconnect], [100], [64])
      latencyShares = [0.5]
      latencySeconds = 1
    case .standard:
      rounds = 10
      durationSeconds = 5
      warmupSeconds = 1.5
      cells = Self.product([.persistent, .reconnect], [100, 2000], [64])
      latencyShares = [0.25, 0.5, 0.75]
      latencySeconds = 2
    case .full:
      rounds = 6
      durationSeconds = 30
      warmupSeconds = 3
      cells = [Cell(.persistent, connections: 2000), Cell(.reconnect, connections: 3000)]
      latencyShares = [0.25, 0.5, 0.75]
      latencySeconds = 5
    }
    latencyRounds = Self.latencyRounds(of: rounds)
  }

  /// As many as an interval needs, and no more than all.
  public static func latencyRounds(of rounds: Int) -> Int { min(rounds, Ratio.leastRounds) }

  /// Every strategy with every number of connections and every size.
  public static func product(
    _ strategies: [Workload.Strategy],
    _ connections: [Int],
    _ sizes: [Int]
  ) -> [Cell] {
    strategies.flatMap { strategy in
      connections.flatMap { connections in
        sizes.map { Cell(strategy, connections: connections, size: $0) }
      }
    }
  }

  /// The workloads of a profile with other strategies, connections or sizes; clients whose number isn't given keep the
  /// one that the profile has for their strategy.
  public static func cells(
    of usual: [Cell],
    strategies: [Workload.Strategy]?,
    connections: [Int]?,
    sizes: [Int]?
  ) -> [Cell] {
    (strategies ?? distinct(usual.map(\.strategy))).flatMap { strategy in
      product(
        [strategy],
        connections ?? distinct(usual.filter { $0.strategy == strategy }.map(\.connections)),
        sizes ?? distinct(usual.map(\.size))
      )
    }
  }

  /// Each once, in their order.
  static func distinct<Value: Equatable>(_ values: [Value]) -> [Value] {
    values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The workload whose latency is measured at all shares: the first with persistent clients, as their requests don't
  /// wait for connections; or else the first.
  public var latencyCell: Cell? {
    latencyShares.isEmpty ? nil : cells.first { $0.strategy == .persistent } ?? cells.first
  }

  /// The share at which the latency of each workload is measured; nil for none.
  public var middleShare: Double? {
    let shares = latencyShares.sorted()
    return shares.isEmpty ? nil : shares[shares.count / 2]
  }

  /// The shares at which the latency of a workload is measured.
  public func latencyShares(of cell: Cell) -> [Double] {
    cell == latencyCell ? latencyShares : middleShare.map { [$0] } ?? []
  }
}

/// A workload of the comparison: each server meets it in each round.
public struct Cell: Codable, Sendable, Hashable {
  /// What clients do with their connections.
  public var strategy: Workload.Strategy
  /// How many clients there are.
  public var connections: Int
  /// The size of a request, in bytes.
  public var size: Int

  /// A workload.
  public init(_ strategy: Workload.Strategy, connections: Int, size: Int = 64) {
    self.strategy = strategy
    self.connections = connections
    self.size = size
  }

  /// For a heading: `100 persistent clients, 64 bytes`.
  public var title: String {
    let kind = strategy == .persistent ? "persistent" : "reconnecting"
    return "\(connections) \(kind) client\(connections == 1 ? "" : "s"), \(size) byte\(size == 1 ? "" : "s")"
  }

  /// For a file or an anchor: `persistent-100-64`.
  public var name: String { "\(strategy.rawValue)-\(connections)-\(size)" }
}
