import LoadGenerator
import Testing

@testable import Comparison

@Suite struct TimeLeftTests {
  private var settings: Settings {
    var settings = Settings(.standard, peers: ["a"], base: "a")
    settings.warmupSeconds = 1
    settings.durationSeconds = 4
    settings.latencySeconds = 2
    return settings
  }

  private let closed = Step(round: 1, entrant: "a", cell: Cell(.persistent, connections: 1), share: nil)
  private let open = Step(round: 1, entrant: "a", cell: Cell(.persistent, connections: 1), share: 0.5)

  @Test func `before anything was measured the settings tell, with a second for each start`() {
    let left = TimeLeft(settings)
    #expect(left.seconds(closed: 10, open: 0) == 60)
    #expect(left.seconds(closed: 0, open: 10) == 40)
    #expect(left.seconds(closed: 0, open: 0) == 0)
  }

  @Test func `then the mean of what was tells, each kind for itself`() {
    let left = TimeLeft(settings)
    left.took(7, closed)
    left.took(9, closed)
    #expect(left.seconds(closed: 10, open: 10) == 120)
    left.took(5, open)
    #expect(left.seconds(closed: 1, open: 10) == 58)
  }
}
