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
    for picture in [curves, try #require(pictures.load(first))] {
      #expect(picture.caption.hasSuffix(". Choose a name to see its curve alone."))
    }
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

  @Test func `a curve ends where fewer than ten requests were above it`() throws {
    // 18,000 requests at 50 %: 18 were above 99.9 %.
    let curves = try #require(pictures.curves(first))
    #expect(curves.svg().contains("99.9 %") && !curves.svg().contains("p99.99"))
    #expect(curves.svg().contains("p99.9 "))
    var results = steady
    for index in results.samples.indices where results.samples[index].share != nil {
      results.samples[index].load?.responses = 999
    }
    let short = try #require(Pictures(results).curves(first)).svg()
    #expect(!short.contains(": p99 ") && short.contains(": p90 "))
    #expect(Pictures(results).load(first) == nil)
  }

  @Test func `a server that choked in most starts has no curve`() throws {
    let pictures = Pictures(behind("go", in: 4, share: 0.5))
    #expect(try #require(pictures.curves(first)).legend.map(\.series).contains("go") == false)
    #expect(try #require(pictures.load(first)).legend.map(\.series).contains("go") == true)
  }

  @Test func `of several own servers the first has the own colour`() throws {
    var results = steady
    results.entrants[2].id = "uvecho-async"
    for index in results.summaries.indices where results.summaries[index].entrant == "go" {
      results.summaries[index].entrant = "uvecho-async"
    }
    for index in results.samples.indices where results.samples[index].entrant == "go" {
      results.samples[index].entrant = "uvecho-async"
    }
    let legend = try #require(Pictures(results).curves(first)).legend
    #expect(legend.prefix(3).map(\.series) == ["uvecho", "uvecho-async", "c-libuv"])
    #expect(legend.filter { $0.colour == "c1" }.map(\.series) == ["uvecho"])
    #expect(legend[1].colour != "grey")
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
