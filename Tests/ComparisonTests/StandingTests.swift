import Testing

@testable import Comparison

@Suite struct StandingTests {
  private let results = steady
  private var first: Cell { results.settings.cells[0] }

  private func standing(_ results: Results, _ id: String, _ cell: Cell? = nil) throws -> Standing {
    try #require(results.standings(cell ?? first).first { $0.entrant.id == id })
  }

  @Test func `the most responses come first, and those without figures last`() {
    #expect(
      results.standings(first).map(\.entrant.id) == [
        "c-libuv", "uvecho", "c-libuv-again", "go", "elixir", "python-twisted", "dart",
      ]
    )
    #expect(results.standings(results.settings.cells[1]).suffix(2).map(\.entrant.id) == ["elixir", "dart"])
  }

  @Test func `without a base the rates decide`() {
    var results = results
    results.settings.base = "nobody"
    results.summarize()
    #expect(
      results.standings(first).map(\.entrant.id).prefix(4) == ["c-libuv", "uvecho", "c-libuv-again", "go"]
    )
    #expect(results.standings(first).allSatisfy { $0.ratio == nil })
  }

  @Test func `roles are told by the entrants`() throws {
    #expect(try standing(results, "uvecho").role == .own)
    #expect(try standing(results, "c-libuv").role == .base)
    #expect(try standing(results, "c-libuv").isBase)
    #expect(try standing(results, "c-libuv-again").role == .twin)
    #expect(try standing(results, "go").role == .other)
  }

  @Test func `clients that were too slow make a bound of a ratio, on either side of it`() throws {
    func held(_ ids: Set<String>) -> Results {
      var results = results
      for index in results.summaries.indices where ids.contains(results.summaries[index].entrant) {
        results.summaries[index].isLowerBound = true
      }
      return results
    }
    #expect(try standing(results, "go").ratioBound == .exact)
    #expect(try standing(held(["go"]), "go").ratioBound == .atLeast)
    #expect(try standing(held(["c-libuv"]), "go").ratioBound == .atMost)
    #expect(try standing(held(["go", "c-libuv"]), "go").ratioBound == .unknown)
    #expect(try standing(held(["c-libuv"]), "c-libuv").ratioBound == .exact)
  }

  @Test func `troubles say why there are no figures`() throws {
    #expect(try standing(results, "go").troubles == [])
    #expect(try standing(results, "dart").troubles == ["it isn't installed: bin/dart is missing"])
    let crashed = try standing(results, "elixir", results.settings.cells[1]).troubles
    #expect(
      crashed == [
        "455 connection reset, 30 connection refused", "nothing came back", "it ended under load: SIGSEGV",
        "survived 0 of 10",
      ]
    )
    var results = results
    results.summaries.removeAll { $0.entrant == "go" }
    #expect(try standing(results, "go").troubles == ["it was not measured"])
  }

  @Test func `what a report chooses by itself`() {
    #expect(results.headlineCell == results.settings.cells[0])
    #expect(results.memoryCell == results.settings.cells[0])
    #expect(results.baseName == "C libuv")
    #expect(results.name(of: "go") == "Go")
    #expect(results.name(of: "nobody") == "nobody")
  }
  @Test func `each workload has its own rates, the lowest first`() {
    var results = results
    results.latencyRates.reverse()
    let second = results.settings.cells[1]
    #expect(results.latencyRates(of: first).map(\.perSecond) == [4500, 9000, 13_500])
    #expect(results.middleRate(of: first)?.perSecond == 9000)
    #expect(results.latencyRates(of: second).map(\.share) == [0.5])
    #expect(results.middleRate(of: second)?.cell == second)
    results.settings.latencyShares = []
    #expect(results.middleRate(of: first) == nil)
  }

  @Test func `the lowest come first by any figure, and those without it last`() {
    let standings = results.standings(first)
    #expect(
      standings.lowestFirst { $0.summary?.idleBytes?.median }.map(\.entrant.id) == [
        "c-libuv", "c-libuv-again", "go", "uvecho", "python-twisted", "elixir", "dart",
      ]
    )
    // Those that are equal stay where they were.
    #expect(standings.lowestFirst { _ in 1 }.map(\.entrant.id) == standings.map(\.entrant.id))
  }
}
