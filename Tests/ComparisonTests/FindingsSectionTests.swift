import Testing

@testable import Comparison

@Suite struct FindingsSectionTests {
  private func first(_ results: Results) throws -> Document.Section {
    try #require(Document.Section.findings(results).first ?? nil)
  }

  @Test func `the own server's ratio stands for each workload, with what it costs`() throws {
    let section = try first(steady)
    #expect(section.title == "Swift on libuv (uvecho) and C libuv")
    guard case .findings(let findings) = section.blocks[1] else { throw Missing() }
    #expect(findings.map(\.figure.text) == ["1.00", "1.00"])
    #expect(findings.map(\.name) == ["responses a second", "responses a second"])
    #expect(findings[0].detail == "1.00–1.00, equal")
    #expect(findings[0].text == "100 persistent clients, 64 bytes")
    #expect(
      findings.map { $0.more.map(\.name) } == [
        ["processor time for a reply", "p99 at 9,000 requests/s"],
        ["processor time for a reply", "p99 at 7,248 requests/s"],
      ]
    )
    #expect(findings.flatMap(\.more).allSatisfy { $0.text == "1.00 (1.00–1.00), equal" })
  }

  @Test func `there is none when it isn't there, or is the base itself`() {
    var results = steady
    results.entrants.removeAll { $0.id == "uvecho" }
    #expect(Document.Section.findings(results).isEmpty)
    results = steady
    results.settings.base = "uvecho"
    #expect(Document.Section.findings(results).isEmpty)
  }

  @Test func `where the clients were the limit the processor time stands for the workload`() throws {
    let section = try first(held(["c-libuv", "uvecho"]))
    guard case .findings(let findings) = section.blocks[1] else { throw Missing() }
    #expect(findings[0].name == "processor time for a reply")
    #expect(findings[0].figure.signed == "1.00")
    #expect(findings[0].detail == "1.00–1.00, equal")
    #expect(findings[0].more[0].name == "responses a second")
    // They compare the clients: nothing is equal.
    #expect(findings[0].more[0].text == "~ 1.00 (1.00–1.00)")
    guard case .paragraph(let text) = section.blocks[0] else { throw Missing() }
    #expect(
      text.hasSuffix("; the processor time is first where the clients were too slow to tell the responses.")
    )
  }

  @Test func `each style of the own server has its findings`() {
    var results = steady
    results.entrants[2].id = "uvecho-async"
    for index in results.summaries.indices where results.summaries[index].entrant == "go" {
      results.summaries[index].entrant = "uvecho-async"
    }
    let sections = Document.Section.findings(results).compactMap { $0 }
    #expect(sections.map(\.id) == ["findings", "findings-uvecho-async"])
    #expect(sections.map(\.title) == ["Swift on libuv (uvecho) and C libuv", "Go and C libuv"])
  }

  @Test func `a latency that most starts couldn't keep up with is none`() throws {
    let section = try first(behind("uvecho", in: 4, share: 0.5))
    guard case .findings(let findings) = section.blocks[1] else { throw Missing() }
    #expect(findings[0].more.count == 1)
  }

  @Test func `without rates there is no latency in it`() throws {
    var results = steady
    results.latencyRates = []
    let section = try first(results)
    guard case .findings(let findings) = section.blocks[1] else { throw Missing() }
    #expect(findings.allSatisfy { $0.more.count == 1 })
  }

  @Test func `a twin has its latency, too`() throws {
    var results = steady
    for index in results.summaries.indices where results.summaries[index].share == 0.5 {
      results.summaries[index].p99Ratio = Ratio(value: 1.04, low: 0.9, high: 1.2, rounds: 6)
    }
    let table = try table("twin-table", in: Document.Section.twin(results))
    #expect(
      try cells("3000 reconnecting clients, 64 bytes", in: table).suffix(2) == [
        "1.00 (1.00–1.00), equal", "1.04 (0.90–1.20), equal",
      ]
    )
  }

  /// The results with another interval for the twin.
  private func twin(_ ratio: Ratio) throws -> [String] {
    var results = steady
    for index in results.summaries.indices where results.summaries[index].entrant == "c-libuv-again" {
      results.summaries[index].ratio = ratio
    }
    let section = try #require(Document.Section.twin(results))
    guard case .list(let sentences) = section.blocks[2] else { throw Missing() }
    #expect(sentences.count == 2)
    return sentences
  }

  @Test func `a twin whose interval holds 1 tells what can't be seen`() throws {
    #expect(
      try twin(Ratio(value: 1.01, low: 0.98, high: 1.035, rounds: 10))[0]
        == "With 100 persistent clients, 64 bytes the interval of the responses holds 1, as it should; it reaches "
        + "3.5 % to a side, so differences smaller than that can't be seen."
    )
  }

  @Test func `a twin whose interval doesn't hold 1 tells what means nothing`() throws {
    #expect(
      try twin(Ratio(value: 1.04, low: 1.02, high: 1.06, rounds: 10))[1]
        == "With 3000 reconnecting clients, 64 bytes the interval of the responses does not hold 1 (1.02–1.06), though "
        + "the two are the same: differences smaller than 6 % mean nothing there."
    )
  }

  @Test func `without a twin there is nothing to say`() {
    var results = steady
    results.entrants.removeAll(where: \.isTwin)
    #expect(Document.Section.twin(results) == nil)
  }
}
