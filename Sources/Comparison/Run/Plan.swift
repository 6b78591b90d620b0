internal import LoadGenerator

/// One start of a server that a comparison needs.
public struct Step: Hashable, Sendable {
  /// In which round, from one.
  public let round: Int
  /// Whose server.
  public let entrant: String
  /// The workload.
  public let cell: Cell
  /// The share of the slowest server's capacity; nil in a closed loop.
  public let share: Double?
}

/// In which order servers are started.
struct Plan {
  let settings: Settings
  /// Those that take part.
  let entrants: [String]

  init(_ results: Results) {
    settings = results.settings
    entrants = results.entrants.filter { $0.problem == nil }.map(\.id)
  }

  /// The rounds of closed loops, which tell the capacities; in each, every server meets every workload.
  var closedRounds: [[Step]] {
    rounds(settings.rounds, stream: 0) { cell in [nil] }
  }

  /// The rounds at fixed rates.
  var openRounds: [[Step]] {
    rounds(settings.latencyShares.isEmpty ? 0 : settings.latencyRounds, stream: 1) { cell in
      settings.latencyShares(of: cell)
    }
  }

  /// In each round one workload after the other, and for each of them all servers, in orders that are drawn: what drifts,
  /// or hums, meets one server as it does another, and those that are compared follow each other closely. The same seed
  /// draws the same orders, also when a comparison goes on later.
  private func rounds(_ count: Int, stream: Int, _ shares: (Cell) -> [Double?]) -> [[Step]] {
    (0..<count).map { index in
      var generator = SeededGenerator(seed: settings.seed, stream: 2 * index + stream)
      let loads = settings.cells.flatMap { cell in shares(cell).map { (cell: cell, share: $0) } }
      return loads.shuffled(using: &generator).flatMap { load in
        entrants.shuffled(using: &generator).map { entrant in
          Step(round: index + 1, entrant: entrant, cell: load.cell, share: load.share)
        }
      }
    }
  }
}

extension Sample {
  /// What it was a sample of.
  var step: Step { Step(round: round, entrant: entrant, cell: cell, share: share) }
}
