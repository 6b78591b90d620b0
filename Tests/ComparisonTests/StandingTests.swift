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

  @Test func `other styles of the own server are own, too, and its second start is a twin`() throws {
    var results = results
    results.entrants[2].id = "uvecho-async"
    #expect(try standing(results, "uvecho-async").role == .own)
    results.entrants[2].id = "uvecho-again"
    results.entrants[2].isTwin = true
    #expect(try standing(results, "uvecho-again").role == .twin)
  }

  @Test func `where the clients held back the base the least processor time comes first`() {
    var results = held(["c-libuv"])
    for index in results.summaries.indices where results.summaries[index].entrant == "go" {
      results.summaries[index].processorMicroseconds = Spread(median: 1, low: 1, high: 1)
    }
    #expect(results.isClientLimited(first))
    #expect(
      results.standings(first).map(\.entrant.id) == [
        "go", "c-libuv", "uvecho", "c-libuv-again", "elixir", "python-twisted", "dart",
      ]
    )
    // That of another one doesn't turn the order.
    results = held(["go"])
    #expect(!results.isClientLimited(first))
    #expect(results.standings(first).map(\.entrant.id) == self.results.standings(first).map(\.entrant.id))
  }

  @Test func `processor time is the median of the sums, not the sum of the medians`() throws {
    var results = results
    results.samples = results.samples.map { sample in
      var sample = sample
      // First most is in the kernel, then most is not.
      sample.server?.userSeconds = sample.round <= 5 ? 1 : 4
      sample.server?.systemSeconds = sample.round <= 5 ? 4 : sample.round == 6 ? 1 : 1.5
      return sample
    }
    results.summarize()
    let summary = try #require(results.summary(of: "go", first))
    let standing = try standing(results, "go")
    #expect(standing.processorMicroseconds == summary.processorMicroseconds?.median)
    let sum = try #require(summary.userMicroseconds).median + #require(summary.systemMicroseconds).median
    #expect(standing.processorMicroseconds != sum)
  }

  @Test func `limits are told with the rounds that they were in`() throws {
    #expect(try standing(results, "go").limits == "server")
    #expect(try standing(results, "dart").limits == nil)
    var results = results
    for index in results.summaries.indices {
      results.summaries[index].limiters = [.neither: 1, .both: 2, .client: 1, .server: 6]
    }
    #expect(try standing(results, "go").limits == "server 6, both 2, client 1, neither 1")
  }

  @Test func `a server that choked in most starts has no latency`() {
    #expect(results.latencySummary(of: "go", first, share: 0.5) != nil)
    let half = behind("go", in: 3, share: 0.5)
    #expect(half.latencySummary(of: "go", first, share: 0.5)?.validSamples == 3)
    let most = behind("go", in: 4, share: 0.5)
    #expect(most.latencySummary(of: "go", first, share: 0.5) == nil)
    #expect(most.summary(of: "go", first, share: 0.5)?.latency != nil)
  }

  @Test func `a percentile counts when ten requests took longer`() {
    func highest(_ responses: Int) -> Double {
      var results = results
      for index in results.samples.indices { results.samples[index].load?.responses = responses }
      return results.highestPercentile(of: "go", first, share: 0.5)
    }
    #expect(highest(100_000) == 99.99)
    #expect(highest(99_999) == 99.95)
    #expect(highest(10_000) == 99.9)
    #expect(highest(1000) == 99)
    #expect(highest(999) == 98.5)
    #expect(highest(0) == 0)
    #expect(results.highestPercentile(of: "dart", first, share: 0.5) == 0)
  }

  @Test func `clients that were too slow make a bound of a ratio, on either side of it`() throws {
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
    for index in results.summaries.indices where results.summaries[index].entrant == "go" {
      results.summaries[index].troubles = [
        "INVALID: 3 replies were corrupt", "it ended under load: signal 6",
      ]
    }
    #expect(
      try standing(results, "go").troubles == ["3 replies were corrupt", "it ended under load: SIGABRT"]
    )
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
