import LoadGenerator
import Testing

@testable import Comparison

@Suite struct DocumentResultsTests {
  private func facts(_ results: Results) -> [String: String] {
    Dictionary(uniqueKeysWithValues: Document(results).facts.map { ($0.name, $0.text) })
  }

  @Test func `the facts say what, when and where`() {
    let facts = facts(steady)
    #expect(facts["what"] == "5 servers, one of them twice; 1 could not take part")
    #expect(facts["base"] == "C libuv (libuv 1.44.2)")
    #expect(facts["workloads"] == "100 persistent clients, 64 bytes; 3000 reconnecting clients, 64 bytes")
    #expect(facts["profile"] == "standard: 10 rounds, 5 s after 1.5 s of warm-up; for latency 6 rounds, 2 s")
    #expect(facts["when"] == "2026-03-01 09:30 UTC to 11:42 UTC")
    #expect(facts["processor"] == "Imaginary 9000, 4 processors, 16.0 GB of memory")
    #expect(facts["pinning"] == "servers on processor 3, clients on processor 0")
    #expect(facts["system"] == "Debian GNU/Linux 12, Linux 6.1.0")
    #expect(facts["made by"] == "uvecho 0.1.0")
    var results = steady
    results.program = "0123456789abcdef"
    #expect(self.facts(results)["made by"] == "uvecho 0.1.0, file 0123456789ab")
  }

  @Test func `a night is two days, and what isn't ISO 8601 stays as it is`() {
    var results = steady
    results.updatedAt = "2026-03-02T01:00:00Z"
    results.machine.serverProcessor = nil
    let facts = facts(results)
    #expect(facts["when"] == "2026-03-01 09:30 UTC to 2026-03-02 01:00 UTC")
    #expect(facts["pinning"]?.hasPrefix("none") == true)
    #expect(Document.readable("yesterday") == "yesterday")
  }

  @Test func `what an interval of few rounds is has its own word`() {
    #expect(steady.settings.interval == "95 % interval")
    #expect(sampleResults(rounds: 5, noise: 0).settings.interval == "range of the rounds")
    let text = MarkdownReport(sampleResults(rounds: 2, noise: 0)).text
    #expect(text.contains("each with the range of the rounds."))
    #expect(text.contains("its range of the rounds is in parentheses"))
    #expect(!text.contains("95 % interval"))
  }

  @Test func `the latency's extent is a fact only where it is another one`() {
    var results = steady
    results.settings.latencyRounds = 10
    results.settings.latencySeconds = 5
    #expect(facts(results)["profile"] == "standard: 10 rounds, 5 s after 1.5 s of warm-up")
    results.settings.latencySeconds = 4
    #expect(facts(results)["profile"]?.hasSuffix("; for latency 10 rounds, 4 s") == true)
    results.settings.latencyShares = []
    #expect(facts(results)["profile"]?.contains("latency") == false)
  }

  @Test func `cautions tell what to know first`() {
    #expect(Document(steady).cautions == steady.machine.notes)
    var results = steady
    results.isComplete = false
    results.settings.rounds = 3
    results.settings.hasTwin = false
    for index in results.summaries.indices where results.summaries[index].entrant == "c-libuv" {
      results.summaries[index].isLowerBound = true
    }
    let cautions = Document(results).cautions
    #expect(cautions.contains { $0.hasPrefix("Rounds are missing") })
    #expect(cautions.contains { $0.hasPrefix("With 3 rounds an interval is the whole range") })
    #expect(cautions.contains { $0.hasPrefix("The base took part once") })
    let slow = "The clients were too slow for the base with "
    #expect(cautions.contains { $0.hasPrefix(slow + "all workloads: its rate is a lower bound there") })
    for index in results.summaries.indices where results.summaries[index].cell.strategy == .reconnect {
      results.summaries[index].isLowerBound = false
    }
    let first = slow + "100 persistent clients, 64 bytes: its rate"
    #expect(Document(results).cautions.contains { $0.hasPrefix(first) })
    results.entrants[0].problem = "it isn't built"
    #expect(Document(results).cautions.contains { $0.hasPrefix("The base, C libuv, has no figures") })
  }

  @Test func `a base that isn't its own equal is a caution for each workload`() {
    func cautions(_ change: (inout Results) -> Void) -> [String] {
      var results = steady
      for index in results.summaries.indices where results.summaries[index].entrant == "c-libuv-again" {
        results.summaries[index].ratio = Ratio(value: 1.04, low: 1.02, high: 1.06, rounds: 10)
      }
      change(&results)
      return Document(results).cautions.filter { $0.contains("differs from itself") }
    }
    #expect(
      cautions { _ in } == [
        "With 100 persistent clients, 64 bytes the base differs from itself: 1.04 (1.02–1.06). Differences of that size "
          + "mean nothing there.",
        "With 3000 reconnecting clients, 64 bytes the base differs from itself: 1.04 (1.02–1.06). Differences of that "
          + "size mean nothing there. By chance alone one of 2 workloads does so in 10 % of all comparisons.",
      ]
    )
    // Nothing is known of the chance of a range.
    let ofFew = cautions { results in
      for index in results.summaries.indices { results.summaries[index].ratio?.rounds = 3 }
    }
    #expect(ofFew.count == 2 && !ofFew[1].contains("By chance"))
    let ofEqual = cautions { results in
      for index in results.summaries.indices { results.summaries[index].ratio?.low = 0.99 }
    }
    #expect(ofEqual.isEmpty)
  }

  @Test func `processor time comes first where the clients held back the base`() {
    func order(_ results: Results) -> [String] {
      Document(results).sections.map(\.id).filter { $0 == "throughput" || $0 == "processor" }
    }
    #expect(order(steady) == ["throughput", "processor"])
    #expect(order(held(["c-libuv"])) == ["processor", "throughput"])
    #expect(order(held(["go"])) == ["throughput", "processor"])
  }

  @Test func `results of nothing have sections that say so`() {
    var results = steady
    results.samples = []
    results.summaries = []
    results.latencyRates = []
    let document = Document(results)
    #expect(!document.sections.contains { $0.id == "findings" || $0.id == "twin" || $0.id == "rounds" })
    #expect(document.sections.contains { $0.id == "throughput" })
    results.entrants = []
    results.settings.cells = []
    #expect(Document(results).sections.map(\.id) == ["left-out", "method", "again"])
  }
}
