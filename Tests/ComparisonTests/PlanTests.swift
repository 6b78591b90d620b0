import LoadGenerator
import Testing

@testable import Comparison

@Suite struct PlanTests {
  private let cells = [
    Cell(.persistent, connections: 10), Cell(.persistent, connections: 20), Cell(.reconnect, connections: 10),
  ]

  private func results(seed: UInt64 = 1, shares: [Double] = [0.25, 0.5, 0.75]) -> Results {
    var settings = Settings(.standard, peers: ["a", "b", "gone"], base: "a")
    settings.rounds = 4
    settings.latencyRounds = 2
    settings.cells = cells
    settings.latencyShares = shares
    settings.seed = seed
    return Results(
      tool: "test",
      startedAt: "2026-01-01T00:00:00Z",
      settings: settings,
      machine: Machine(processor: "p", processors: 1, memoryBytes: 1, system: "s", kernel: "k"),
      entrants: ["a", "b", "gone", "a-again"].map { id in
        Entrant(
          id: id,
          peer: id == "a-again" ? "a" : id,
          name: id,
          language: "",
          runtime: "",
          isTwin: id == "a-again",
          problem: id == "gone" ? "it isn't installed" : nil
        )
      }
    )
  }

  @Test func `in each round each server that is there meets each workload once`() {
    let rounds = Plan(results()).closedRounds
    #expect(rounds.count == 4)
    for (index, round) in rounds.enumerated() {
      #expect(round.count == 9)
      let wanted = ["a", "b", "a-again"].flatMap { entrant in
        cells.map { Step(round: index + 1, entrant: entrant, cell: $0, share: nil) }
      }
      #expect(Set(round) == Set(wanted))
    }
  }

  @Test func `latency has all shares with one workload, and the middle one with the others`() {
    let rounds = Plan(results()).openRounds
    #expect(rounds.count == 2)
    for (index, round) in rounds.enumerated() {
      let wanted = ["a", "b", "a-again"].flatMap { entrant -> [Step] in
        [(cells[0], 0.25), (cells[0], 0.5), (cells[0], 0.75), (cells[1], 0.5), (cells[2], 0.5)].map {
          Step(round: index + 1, entrant: entrant, cell: $0, share: $1)
        }
      }
      #expect(round.count == wanted.count)
      #expect(Set(round) == Set(wanted))
    }
  }

  @Test func `the servers of a workload follow each other`() {
    let plan = Plan(results())
    for round in plan.closedRounds + plan.openRounds {
      var seen: [Step] = []
      for step in round.map({ Step(round: 0, entrant: "", cell: $0.cell, share: $0.share) })
      where seen.last != step {
        #expect(!seen.contains(step))
        seen.append(step)
      }
    }
  }

  @Test func `without shares there is no latency to measure`() {
    #expect(Plan(results(shares: [])).openRounds.isEmpty)
  }

  @Test func `each round has an order of its own, which the seed decides`() {
    let plan = Plan(results())
    func order(_ steps: [Step]) -> [String] { steps.map { "\($0.entrant) \($0.cell.name)" } }
    let orders = plan.closedRounds.map(order)
    #expect(Set(orders).count == orders.count)
    #expect(Plan(results()).closedRounds == plan.closedRounds)
    #expect(Plan(results()).openRounds == plan.openRounds)
    #expect(Plan(results(seed: 2)).closedRounds.map(order) != orders)
  }

  @Test func `over many rounds each place is taken by each server about as often`() {
    var many = results()
    many.settings.rounds = 900
    var first: [String: Int] = [:]
    for round in Plan(many).closedRounds { first[round[0].entrant, default: 0] += 1 }
    // A third each: six standard deviations are 85.
    for entrant in ["a", "b", "a-again"] { #expect((215...385).contains(first[entrant] ?? 0)) }
  }

  @Test func `a sample knows its step`() {
    let sample = Sample(entrant: "a", round: 3, cell: cells[1], share: 0.5, ratePerSecond: 10)
    #expect(sample.step == Step(round: 3, entrant: "a", cell: cells[1], share: 0.5))
  }
}
