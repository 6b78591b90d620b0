import Testing

@testable import Comparison

@Suite struct DocumentCostTests {
  private func facts(_ results: CostResults) -> [String: String] {
    Dictionary(uniqueKeysWithValues: Document(results).facts.map { ($0.name, $0.text) })
  }

  @Test func `the facts tell what, where and when`() {
    let facts = facts(sampleCost)
    #expect(
      facts["what"]
        == "11 rungs; 1 without figures: what an echo, a connection, a timer and a wake-up cost"
    )
    #expect(facts["base"] == "C libuv (libuv 1.44.2)")
    #expect(facts["speed"] == "4 workloads, 10 rounds")
    #expect(facts["when"] == "2026-03-01 09:30 UTC")
    #expect(facts["made by"] == "uvecho 0.1.0")
    #expect(self.facts(slowCost)["speed"] == "left out")
  }

  @Test func `sections are those that there is something for`() {
    #expect(
      Document(sampleCost).sections.map(\.id) == [
        "findings", "ladder", "slices", "explanation", "speed", "terms", "method", "speed-method", "again",
      ]
    )
    #expect(
      Document(slowCost).sections.map(\.id) == [
        "findings", "ladder", "slices", "explanation", "terms", "method", "again",
      ]
    )
    #expect(Document(cost([])).sections.map(\.id) == ["method", "again"])
    #expect(Document(cost([rung("c-libuv")])).sections.map(\.id) == ["ladder", "method", "again"])
  }

  @Test func `what could not be measured is told, the same of several once`() {
    let results = cost([
      rung("c-libuv") { $0.work = [work(.echo, [.libuv: 10])] },
      rung("a", "A") { $0.problems = ["it isn't built", "no strace"] },
      rung("b", "B") { $0.problems = ["it isn't built"] },
      rung("c", "C"),
    ])
    #expect(
      Array(Document(results).cautions.dropLast()) == [
        "A and B: it isn't built", "A: no strace", "C: it has no figures",
      ]
    )
  }

  @Test func `what is wrong with the whole stands before all else`() {
    var results = slowCost
    results.problems = ["It was ended early."]
    #expect(Document(results).cautions.first == "It was ended early.")
  }

  @Test func `lines that aren't straight are told`() {
    let cautions = Document(slowCost).cautions
    #expect(
      cautions.contains {
        $0.hasPrefix(
          "The counts of Libuv, tasks (an echo 3.1 %, a connection 3.1 %, a timer 3.1 %, a wake-up 3.1 %) are"
        )
      }
    )
    let straight = cost([rung("c-libuv") { $0.work = [work(.echo, [.libuv: 10], worst: Slope.tolerance)] }])
    #expect(Document(straight).cautions == straight.machine.notes)
  }

  @Test func `a base without figures is told, and one that isn't there`() {
    let sentence =
      "The base, c-libuv, has no figures: nothing can be held against it, and there are no ratios."
    #expect(Document(cost([rung("a")])).cautions.first == sentence)
    #expect(Document(cost([rung("c-libuv")])).cautions.first == sentence)
  }

  @Test func `a base that differs from itself is told`() throws {
    var results = sampleCost
    var speed = try #require(results.speed)
    let place = try #require(speed.summaries.firstIndex { $0.entrant == "c-libuv-again" })
    speed.summaries[place].ratio = Ratio(value: 1.1, low: 1.05, high: 1.2, rounds: 10)
    results.speed = speed
    #expect(
      Document(results).cautions.contains { $0.contains("the base differs from itself: 1.10 (1.05–1.20)") }
    )
  }

  @Test func `small shares keep a digit`() {
    #expect(Numbers.share(0) == "0 %")
    #expect(Numbers.share(0.000_001) == "less than 0.001 %")
    #expect(Numbers.share(0.000_04) == "0.004 %")
    #expect(Numbers.share(0.003) == "0.3 %")
    #expect(Numbers.share(0.5) == "50 %")
  }
}
