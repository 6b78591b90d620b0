import LoadGenerator
import Testing

@testable import Comparison

@Suite struct SectionOf2015Tests {
  @Test func `the table of 2015 has the replies that were counted`() throws {
    let section = Document.Section.of2015(steady)
    let table = try table("of-2015-table", in: section)
    #expect(
      table.columns.map(\.title) == [
        "server", "persistent: response/s", "reconnect: requests in 5 s", "noted",
      ]
    )
    #expect(try cells("C libuv", in: table) == ["C libuv", "150,000", "120,000", ""])
    let crashed = try cells("Elixir", in: table)
    #expect(crashed[1...2] == ["46,500", "-"])
    #expect(crashed[3].hasPrefix("reconnect: 455 connection reset"))
    // Once, not for both.
    #expect(try cells("Dart", in: table)[3] == "it isn't installed: bin/dart is missing")
  }

  @Test func `and what it could not give`() throws {
    let table = try table("since-2015-table", in: Document.Section.of2015(steady))
    let open = try steady.settings.cells.map {
      Numbers.time(try #require(steady.summary(of: "c-libuv", $0, share: 0.5)?.latency)[99])
    }
    #expect(open[0] != open[1])
    #expect(
      try cells("C libuv", in: table) == [
        "C libuv", "647 µs ± 323 µs", "121 ms ± 60.6 ms", open[0], open[1], "6.60", "41.3", "1.66 MB", "0",
      ]
    )
    #expect(
      table.columns[3...4].map(\.help) == [
        "corrected, at 9,000 requests/s", "corrected, at 7,248 requests/s",
      ]
    )
  }

  @Test func `it is in the order of the rates that it shows`() throws {
    var results = held(["c-libuv"])
    for index in results.summaries.indices where results.summaries[index].entrant == "python-twisted" {
      // Neither by ratio nor by processor time would it be the first.
      results.summaries[index].responsesPerSecond = Spread(median: 9e9, low: 1, high: 9e9)
    }
    let first = try table("of-2015-table", in: Document.Section.of2015(results))
    #expect(first.rows[0].cells[0].text == "CPython Twisted" && first.sortedBy == 1)
    let keys = first.rows.compactMap { $0.cells[1].key }
    #expect(keys.count == 6 && keys == keys.sorted(by: >))
    results.settings.cells.removeFirst()
    let second = try table("of-2015-table", in: Document.Section.of2015(results))
    let counts = second.rows.compactMap { $0.cells[2].key }
    #expect(second.sortedBy == 2 && counts.count == 5 && counts == counts.sorted(by: >))
  }

  @Test func `with one kind of client the other has no figures`() throws {
    let results = sampleResults(rounds: 2, cells: [Cell(.persistent, connections: 100)], noise: 0)
    let table = try table("of-2015-table", in: Document.Section.of2015(results))
    #expect(try cells("Go", in: table) == ["Go", "114,000", "-", ""])
    guard case .paragraph(let text) = Document.Section.of2015(results)?.blocks[0] else { throw Missing() }
    #expect(text.contains("here it is 100 persistent clients, 64 bytes, for 5 s each."))
    var none = steady
    none.settings.cells = []
    #expect(Document.Section.of2015(none) == nil)
  }
}
