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

  /// All servers in an order that is drawn for each round: what drifts, or hums, meets one as it does another. The same
  /// seed draws the same order, also when a comparison goes on later.
  private func rounds(_ count: Int, stream: Int, _ shares: (Cell) -> [Double?]) -> [[Step]] {
    (0..<count).map { index in
      var generator = SeededGenerator(seed: settings.seed, stream: 2 * index + stream)
      let steps = entrants.flatMap { entrant in
        settings.cells.flatMap { cell in
          shares(cell).map { Step(round: index + 1, entrant: entrant, cell: cell, share: $0) }
        }
      }
      return steps.shuffled(using: &generator)
    }
  }
}

extension Sample {
  /// What it was a sample of.
  var step: Step { Step(round: round, entrant: entrant, cell: cell, share: share) }
}
