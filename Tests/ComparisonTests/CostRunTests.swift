import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct CostRunTests {
    private static let hasTools =
      SearchPath.has("valgrind") && SearchPath.has("objcopy") && SearchPath.has("size")

    private struct Told {
      var results: CostResults
      var kept: [CostResults] = []
      var steps: [String] = []
      var problems: [String] = []
    }

    private func measure(
      _ rungs: [Rung],
      base: String = "a",
      _ change: (inout CostSettings) -> Void
    ) throws -> Told {
      var told: Told?
      try withLadderFolder(rungs) { ladder, folder in
        var settings = CostSettings(rungs: rungs.map(\.id), base: base, work: [])
        settings.connections = []
        settings.hasSizes = false
        settings.starts = 0
        settings.speed = nil
        change(&settings)
        var run = try CostRun(
          settings,
          in: ladder,
          on: try Processors(.none),
          logFolder: folder,
          tool: "test"
        )
        run.patience = .seconds(60)
        var seen = Told(results: run.beginning)
        run.keep = { seen.kept.append($0) }
        run.onProgress = { progress in
          switch progress {
          case .step(let rung, let what, let number, let total):
            seen.steps.append("\(number)/\(total) \(rung) \(what)")
          case .starts(let round, let total): seen.steps.append("start \(round)/\(total)")
          case .problem(let rung, let sentence): seen.problems.append("\(rung): \(sentence)")
          case .speed, .comparison: break
          }
        }
        seen.results = try run.run()
        told = seen
      }
      return try #require(told)
    }

    @Test(.enabled(if: hasTools)) func `instructions, and what was measured by the same program once`() throws
    {
      let rungs = ["a", "b"].map { MadeUpLadder.rung($0, timers: MadeUpLadder.counting) }
      let told = try measure(rungs) { settings in
        settings.counters = ["a": [.timer: [.instructions]], "b": [.timer: [.instructions]]]
        settings.points = 2
      }
      #expect(told.steps == ["1/2 A instructions of a timer"])
      let costs = told.results.rungs.map { $0.cost(of: .timer)?.instructions }
      #expect(costs[0] != nil && costs[0] == costs[1])
      #expect(told.results.problems == nil)
      #expect(told.results.rungs.map(\.version) == ["1", "1"])
      #expect(told.kept.count >= 2, "after each rung, and at the end")
    }

    @Test(.enabled(if: hasTools && MadeUpLadder.python.hasPrefix("/"))) func `size and memory of one start`()
      throws
    {
      let told = try measure([MadeUpLadder.rung("a")]) { settings in
        settings.connections = [1, 5]
        settings.hasSizes = true
      }
      let cost = try #require(told.results.rungs.first)
      #expect(cost.problems == [])
      #expect(cost.memory.map(\.connections) == [1, 5])
      #expect(try #require(cost.size).libraries.count > 0)
    }

    @Test func `starts in rounds, and speed after them`() throws {
      let told = try measure([MadeUpLadder.rung("a"), MadeUpLadder.rung("b")]) { settings in
        settings.starts = 2
        var speed = CostSettings.Speed()
        speed.rounds = 1
        speed.durationSeconds = 0.1
        speed.warmupSeconds = 0
        speed.cells = [Cell(.persistent, connections: 2)]
        settings.speed = speed
      }
      #expect(told.steps == ["start 1/2", "start 2/2"])
      #expect(told.results.rungs.allSatisfy { $0.startMilliseconds != nil && $0.problems == [] })
      #expect(told.results.rungs[0].startRatio == nil)
      #expect(told.results.rungs[1].startRatio?.rounds == 2)
      let speed = try #require(told.results.speed)
      #expect(speed.isComplete)
      #expect(speed.entrants.map(\.id) == ["a", "b", "a-again"])
      #expect(speed.samples.count == 3)
      #expect(speed.latencyRates.isEmpty)
    }

    @Test func `a rung that can't be started is left out, and says why`() throws {
      let told = try measure([MadeUpLadder.rung("a"), MadeUpLadder.rung("raw", echo: ["./echo", "{port}"])]) {
        $0.starts = 1
      }
      #expect(told.results.rungs[1].problems == ["It was left out: it isn't built: `make rungs` builds it."])
      #expect(told.results.rungs[1].isLeftOut && !told.results.rungs[1].hasFailed)
      #expect(!told.results.rungs[0].isLeftOut)
      #expect(told.results.rungs[0].startMilliseconds != nil)
    }

    @Test(.enabled(if: hasTools)) func `a rung that fails says why, and stops nobody`() throws {
      let failing = ["sh", "-c", "echo no luck; exit 3 # $0", "{count}"]
      let rungs = [
        MadeUpLadder.rung("a", timers: failing, wakeups: failing),
        MadeUpLadder.rung("b", timers: MadeUpLadder.counting),
      ]
      let told = try measure(rungs) { settings in
        settings.counters["a"] = [.timer: Set(Counter.allCases), .wakeup: [.instructions]]
        settings.counters["b"] = [.timer: [.instructions]]
        settings.points = 2
      }
      let problem = "Instructions of a timer: it ended badly: exit 3; it printed: no luck."
      #expect(told.results.rungs[0].problems.first == problem)
      #expect(told.problems.first == "A: \(problem)")
      #expect(
        told.results.rungs[0].problems.count == 2,
        "allocations and system calls are of no use without instructions"
      )
      #expect(told.results.rungs[0].hasFailed)
      #expect(told.results.rungs[1].cost(of: .timer) != nil)
    }

    @Test func `an unknown rung is told`() throws {
      try withLadderFolder([MadeUpLadder.rung("a")]) { ladder, folder in
        var settings = CostSettings(rungs: ["x"], base: "x", work: [])
        settings.hasSizes = false
        #expect(throws: UnknownRung.self) {
          try CostRun(settings, in: ladder, on: try Processors(.none), logFolder: folder, tool: "test")
        }
      }
    }

    @Test func `what keeping throws ends it`() throws {
      struct Full: Error {}
      try withLadderFolder([MadeUpLadder.rung("a")]) { ladder, folder in
        var settings = CostSettings(rungs: ["a"], base: "a", work: [])
        settings.hasSizes = false
        settings.connections = []
        settings.starts = 0
        settings.speed = nil
        var run = try CostRun(
          settings,
          in: ladder,
          on: try Processors(.none),
          logFolder: folder,
          tool: "test"
        )
        run.keep = { _ in throw Full() }
        #expect(throws: Full.self) { try run.run() }
      }
    }
  }
#endif
