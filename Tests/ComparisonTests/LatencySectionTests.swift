import Testing

@testable import Comparison

@Suite struct LatencySectionTests {
  private func texts(_ section: Document.Section) -> [String] {
    section.blocks.flatMap { block in
      switch block {
      case .paragraph(let text): [text]
      case .list(let lines): lines
      default: [] as [String]
      }
    }
  }

  @Test func `the first workload has a table for each share, the others have one`() throws {
    let section = try #require(Document.Section.latency(steady))
    #expect(
      tables(in: section).map(\.title) == [
        "100 persistent clients, 64 bytes, at 25 %: 4,500 requests/s",
        "100 persistent clients, 64 bytes, at 50 %: 9,000 requests/s",
        "100 persistent clients, 64 bytes, at 75 %: 13,500 requests/s",
        "3000 reconnecting clients, 64 bytes, at 50 %: 7,248 requests/s",
      ]
    )
    #expect(tables(in: section).map(\.isFolded) == [false, true, true, true])
    #expect(
      texts(section).suffix(2) == [
        "100 persistent clients, 64 bytes: at 25 %, 50 % and 75 % of what CPython Twisted can answer",
        "3000 reconnecting clients, 64 bytes: at 50 % of what CPython Twisted can answer",
      ]
    )
    let pictures = section.blocks.flatMap { block in
      if case .pictures(let pictures) = block { pictures.map(\.id) } else { [] as [String] }
    }
    #expect(
      pictures == ["curves-persistent-100-64", "load-persistent-100-64", "curves-reconnect-3000-64"]
    )
  }

  @Test func `a row has its own workload's figures, corrected and raw`() throws {
    let section = Document.Section.latency(steady)
    for cell in steady.settings.cells {
      let table = try table("latency-\(cell.name)-50", in: section)
      let go = try cells("Go", in: table)
      let latency = try #require(steady.summary(of: "go", cell, share: 0.5)?.latency)
      #expect(
        go[1...3]
          == [
            Numbers.time(latency[50]), Numbers.time(latency[99]), Numbers.time(latency[99.9]),
          ][...]
      )
      let sample = steady.samples.first { $0.entrant == "go" && $0.cell == cell && $0.share == 0.5 }
      let raw = try #require(sample?.load?.rawLatency)
      #expect(go[4] == Numbers.time(raw[99]))
      #expect(raw[99] < latency[99])
      #expect(try cells("C libuv", in: table)[5] == "1")
      let summary = try #require(steady.summary(of: "go", cell, share: 0.5))
      #expect(
        go[7...8]
          == [
            Numbers.three(try #require(summary.processorMicroseconds).median),
            Document.Entry(summary.processorRatio).text,
          ][...]
      )
      #expect(try cells("C libuv", in: table)[8] == "1")
    }
    let titles = try table("latency-persistent-100-64-50", in: section).columns.map(\.title)
    #expect(titles[7...8] == ["CPU µs/response", "CPU ratio to C libuv"])
  }

  @Test func `a server that choked in most starts has no figures, and says why`() throws {
    let section = Document.Section.latency(behind("go", in: 4, share: 0.5))
    let table = try table("latency-persistent-100-64-50", in: section)
    let go = try cells("Go", in: table)
    #expect(go[1...8].allSatisfy { $0 == "-" })
    #expect(go[9] == "less than 99 % of the rate was sent; 4 of 6 starts left out as invalid")
    #expect(table.rows.suffix(2).map(\.cells[0].text) == ["Go", "Dart"])
    #expect(table.rows.map(\.isEmpty).suffix(3) == [false, true, true])
    // Half of them are enough.
    let half = Document.Section.latency(behind("go", in: 3, share: 0.5))
    #expect(try cells("Go", in: Self.table50(half))[1] != "-")
  }

  private static func table50(_ section: Document.Section?) throws -> Document.Table {
    try table("latency-persistent-100-64-50", in: section)
  }

  @Test func `percentiles that were met by chance are left out`() throws {
    var results = steady
    for index in results.samples.indices where results.samples[index].share != nil {
      results.samples[index].load?.responses = 9_999
    }
    let go = try cells("Go", in: Self.table50(Document.Section.latency(results)))
    #expect(go[2] != "-" && go[3] == "-" && go[4] != "-")
    for index in results.samples.indices where results.samples[index].share != nil {
      results.samples[index].load?.responses = 999
    }
    for name in ["Go", "C libuv"] {
      let row = try cells(name, in: Self.table50(Document.Section.latency(results)))
      #expect(row[1] != "-" && row[2...5].allSatisfy { $0 == "-" })
    }
  }

  @Test func `the shortest p99 comes first, and a start that fell behind is told`() throws {
    let table = try table("latency-persistent-100-64-75", in: Document.Section.latency(steady))
    #expect(table.rows.map(\.cells[0].text).suffix(3) == ["Elixir", "CPython Twisted", "Dart"])
    #expect(
      try cells("CPython Twisted", in: table)[9]
        == "less than 99 % of the rate was sent; 1 of 6 starts left out as invalid"
    )
  }

  @Test func `without rates it says why`() throws {
    var results = steady
    results.latencyRates.removeLast()
    #expect(
      texts(try #require(Document.Section.latency(results))).last
        == "3000 reconnecting clients, 64 bytes: not measured, as no server's capacity is known"
    )
    results.latencyRates = []
    let section = try #require(Document.Section.latency(results))
    #expect(tables(in: section).isEmpty)
    #expect(texts(section) == ["It was not measured: the slowest server's capacity is not known."])
    results.settings.latencyShares = []
    #expect(Document.Section.latency(results) == nil)
  }
}
