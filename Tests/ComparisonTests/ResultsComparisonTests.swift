import Testing

@testable import Comparison

@Suite struct ResultsComparisonTests {
  /// The text, with one space where a table has more to align its columns.
  private func text(_ before: Results, _ after: Results) -> String {
    ResultsComparison(before: before, after: after).text.replacing(#/\x20{2,}/#, with: " ")
  }

  /// Results whose server has other rates; its processor time for a reply goes with it.
  private func changed(_ id: String, by factor: Double) -> Results {
    var results = steady
    results.samples = results.samples.map { sample in
      guard sample.entrant == id else { return sample }
      var sample = sample
      sample.load?.responsesPerSecond *= factor
      if let curve = sample.load?.latency.curve, sample.share != nil {
        sample.load?.latency.curve = curve.map { $0 / factor }
      }
      return sample
    }
    results.summarize()
    return results
  }

  @Test func `what is the same is equal, and there is no warning`() {
    let text = self.text(steady, steady)
    #expect(
      text.contains(
        "\n| Go | 1.00 (1.00–1.00), equal | 1.00 (1.00–1.00), equal | 1.00 (1.00–1.00), equal "
          + "| 1.00 (1.00–1.00), equal |\n"
      )
    )
    #expect(
      text.occurrences(
        of: "\n| server | responses/s, of C libuv | responses/s | CPU/response | p99 at 50 % |\n"
      ) == 2
    )
    #expect(!text.contains("Note:"))
    #expect(text.contains("\n- Dart has no figures: it isn't installed: bin/dart is missing"))
  }

  @Test func `what is faster has a ratio with its interval`() {
    let text = self.text(steady, changed("go", by: 1.25))
    #expect(
      text.contains("\n| Go | 1.25 (1.25–1.25) | 1.25 (1.25–1.25) | 0.80 (0.80–0.80) | 0.80 (0.80–0.80) |\n")
    )
    #expect(text.contains("\n| Swift on libuv (uvecho) | 1.00 (1.00–1.00), equal |"))
  }

  @Test func `latency is compared at a share that both have, each workload at its own`() {
    var after = steady
    after.latencyRates.removeAll { $0.share == 0.5 }
    let text = self.text(steady, after)
    // Of 25 % and 75 % the upper one.
    #expect(text.occurrences(of: "| p99 at 75 % |") == 1)
    #expect(
      text.occurrences(of: "\n| server | responses/s, of C libuv | responses/s | CPU/response |\n") == 1
    )
  }

  @Test func `a base that has changed by itself is a warning`() {
    let text = self.text(steady, changed("c-libuv", by: 0.8))
    #expect(
      text.contains("Note: The base, C libuv, has changed by itself: 0.80 (0.80–0.80) of its responses")
    )
    // Once for each workload.
    #expect(text.occurrences(of: "has changed by itself") == 2)
    // And what has become of the ratio to it is told beside.
    #expect(text.contains("\n| Go | 1.25 (1.25–1.25) | 1.00 (1.00–1.00), equal |"))
    #expect(text.contains("\n| C libuv | 1 | 0.80 (0.80–0.80) |"))
  }

  @Test func `of another base there is no ratio`() {
    var after = steady
    after.settings.base = "go"
    let text = self.text(steady, after)
    #expect(text.contains("The base differs: c-libuv before, go after."))
    #expect(text.contains("\n| server | responses/s | CPU/response |"))
  }

  @Test func `another machine and other settings are warnings`() {
    var after = steady
    after.machine.processor = "Imaginary 9001"
    after.machine.kernel = "Linux 6.8.0"
    after.machine.serverProcessor = nil
    after.settings.durationSeconds = 30
    after.settings.rounds = 3
    after.entrants[2].version = "go1.25"
    after.settings.latencySeconds = 7
    after.latencyRates[1].perSecond *= 2
    let text = self.text(steady, after)
    #expect(text.contains("Note: The processor differs: Imaginary 9000 before, Imaginary 9001 after."))
    #expect(text.contains("The kernel differs: Linux 6.1.0 before, Linux 6.8.0 after."))
    #expect(text.contains("The pinning differs: servers on 3, clients on 0 before, none after."))
    #expect(text.contains("The measured time differs: 5 s before, 30 s after."))
    #expect(text.contains("The number of rounds differs: 10 before, 3 after."))
    #expect(text.contains("The version of Go differs: go1.19.8 before, go1.25 after."))
    #expect(
      text.contains(
        "The rate of the latency with 100 persistent clients, 64 bytes differs: 9,000/s before, 18,000/s after."
      )
    )
    #expect(!text.contains("The rate of the latency with 3000"))
    #expect(text.contains("The extent of the latency differs: 6 rounds, 2 s before, 6 rounds, 7 s after."))
    #expect(text.contains("With fewer than 6 rounds an interval covers less than 95 %."))
  }

  @Test func `what only one of them has is listed`() {
    var before = steady
    before.entrants.removeAll { $0.id == "go" }
    before.entrants[2].problem = "it isn't built"
    before.settings.cells.removeLast()
    var after = steady
    after.entrants.removeAll { $0.id == "uvecho" }
    let text = self.text(before, after)
    #expect(text.contains("\n- Swift on libuv (uvecho): only before\n"))
    #expect(text.contains("\n- Go: only after\n"))
    #expect(text.contains("\n- 3000 reconnecting clients, 64 bytes: only after\n"))
    #expect(text.contains("\n- CPython Twisted has figures only after: it isn't built"))
    #expect(!text.contains("## 3000 reconnecting"))
  }

  @Test func `of different loads there is no ratio of p99`() {
    func go(_ factor: Double) -> Bool {
      var after = steady
      for index in after.latencyRates.indices where after.latencyRates[index].cell == after.settings.cells[0]
      {
        after.latencyRates[index].perSecond *= factor
      }
      let text = self.text(steady, after)
      // The other workload's are the same.
      let hasOther = text.contains(
        "\n| Go | 1.00 (1.00–1.00), equal | 1.00 (1.00–1.00), equal | 1.00 (1.00–1.00), equal | 1.00"
      )
      #expect(hasOther)
      return text.contains(" | 1.00 (1.00–1.00), equal | - |\n")
    }
    #expect(!go(1.019))
    #expect(go(1.021))
    #expect(go(0.979))
  }

  @Test func `few rounds have a range, and nothing is equal`() {
    let few = sampleResults(rounds: 5, noise: 0)
    let both = text(few, few)
    #expect(both.contains("of those before, with its range of the rounds. Two runs"))
    #expect(
      both.contains("\n| Go | 1.00 (1.00–1.00, range of 5 rounds) | 1.00 (1.00–1.00, range of 5 rounds) |")
    )
    for text in [both, text(few, steady), text(steady, few)] {
      #expect(!text.contains("95 % interval"))
    }
    #expect(!both.contains(", equal"))
    #expect(text(steady, steady).contains("of those before, with its 95 % interval. Two runs"))
  }

  @Test func `lower bounds stay bounds, and names stay names`() {
    var after = changed("go", by: 1.25)
    for index in after.summaries.indices where after.summaries[index].entrant == "go" {
      after.summaries[index].isLowerBound = true
    }
    after.entrants[2].name = "<b>|"
    let text = self.text(steady, after)
    #expect(text.contains("\n| <b>| | ~ 1.25 (1.25–1.25) | >= 1.25 (1.25–1.25) |"))
  }
}
