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
    #expect(
      cautions.contains { $0.hasPrefix("With 100 persistent clients, 64 bytes the clients were too slow") }
    )
    results.entrants[0].problem = "it isn't built"
    #expect(Document(results).cautions.contains { $0.hasPrefix("The base, C libuv, has no figures") })
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
