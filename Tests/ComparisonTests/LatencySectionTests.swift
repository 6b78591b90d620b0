import Testing

@testable import Comparison

@Suite struct LatencySectionTests {
  @Test func `each share has a table with its rate, corrected and raw`() throws {
    let section = try #require(Document.Section.latency(steady))
    let tables = tables(in: section)
    #expect(
      tables.map(\.title) == [
        "At 25 %: 4,500 requests/s", "At 50 %: 9,000 requests/s", "At 75 %: 13,500 requests/s",
      ]
    )
    let go = try cells("Go", in: tables[1])
    let latency = try #require(steady.summary(of: "go", steady.settings.cells[0], share: 0.5)?.latency)
    #expect(
      go[1...3] == [Numbers.time(latency[50]), Numbers.time(latency[99]), Numbers.time(latency[99.9])][...]
    )
    let raw = try #require(steady.samples.first { $0.entrant == "go" && $0.share == 0.5 }?.load?.rawLatency)
    #expect(go[4] == Numbers.time(raw[99]))
    #expect(raw[99] < latency[99])
    #expect(try cells("C libuv", in: tables[1])[5] == "1")
  }

  @Test func `the shortest p99 comes first, and a start that fell behind is told`() throws {
    let tables = tables(in: try #require(Document.Section.latency(steady)))
    #expect(tables[2].rows.map(\.cells[0].text).suffix(3) == ["Elixir", "CPython Twisted", "Dart"])
    #expect(
      try cells("CPython Twisted", in: tables[2])[7]
        == "less than 99 % of the rate was sent; 1 of 10 starts left out as invalid"
    )
  }

  @Test func `without rates it says why`() throws {
    var results = steady
    results.latencyRates = []
    let section = try #require(Document.Section.latency(results))
    #expect(tables(in: section).isEmpty)
    results.settings.latencyShares = []
    #expect(Document.Section.latency(results) == nil)
  }
}
