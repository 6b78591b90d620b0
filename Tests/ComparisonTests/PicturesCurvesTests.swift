import Testing

@testable import Comparison

@Suite struct PicturesCurvesTests {
  private let pictures = Pictures(steady)
  private var first: Cell { steady.settings.cells[0] }
  private var second: Cell { steady.settings.cells[1] }

  @Test func `the caption says what was measured`() throws {
    let curves = try #require(pictures.curves(second))
    #expect(
      curves.title == "Latency by percentile: 3000 reconnecting clients, 64 bytes, 7,248 requests/s"
    )
    #expect(curves.caption.contains("Open loop at 50 % of the slowest server's capacity"))
    #expect(curves.caption.contains("6 rounds, each server started anew for each, 2 s measured"))
  }

  @Test func `each workload has its own curves`() throws {
    #expect(try #require(pictures.curves(first)).id != #require(pictures.curves(second)).id)
    for cell in [first, second] {
      let time = try #require(steady.summary(of: "go", cell, share: 0.5)?.latency)[99]
      #expect(
        try #require(pictures.curves(cell)).svg().contains("<title>Go: p99 \(Numbers.time(time))</title>")
      )
    }
  }

  @Test func `curves have colours, of which there are few`() throws {
    let results = sampleResults(more: 12, rounds: 1)
    let curves = try #require(Pictures(results).curves(first))
    let coloured = curves.legend.filter { $0.colour != "grey" }
    #expect(coloured.count == Pictures.colourCount)
    #expect(Set(coloured.map(\.colour)).count == Pictures.colourCount)
    #expect(curves.legend.prefix(2).map(\.series) == ["uvecho", "c-libuv"])
    #expect(curves.legend.count == 18)
    #expect(curves.svg().occurrences(of: "class=\"curve\"") == 18)
  }

  @Test func `latency and load needs more than one share`() {
    #expect(pictures.load(first)?.svg().contains("75 %: 13,500/s") == true)
    #expect(pictures.load(second) == nil)
    var results = steady
    results.latencyRates.removeAll { $0.share != 0.25 }
    #expect(Pictures(results).load(first) == nil)
    #expect(Pictures(results).curves(first) == nil)
  }
}
