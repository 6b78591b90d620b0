import Testing

@testable import Comparison

@Suite struct PicturesTests {
  private let pictures = Pictures(steady)
  private var cell: Cell { steady.settings.cells[0] }

  @Test func `the caption says what was measured`() {
    let picture = pictures.ratios(cell)
    #expect(picture.title == "100 persistent clients, 64 bytes")
    #expect(picture.caption.contains("10 rounds, each server started anew for each, 5 s measured"))
    #expect(picture.caption.contains("The whisker is the 95 % interval."))
  }

  @Test func `ratios have a row for each server, with its figures to point at`() {
    let svg = pictures.ratios(cell).svg()
    #expect(svg.occurrences(of: "<g class=\"row ") == 7)
    #expect(
      svg.contains(
        "<title>Go: 114,000 responses/s, 0.76 (0.76–0.76) of C libuv, 8.68 µs of processor a reply"
      )
    )
    #expect(svg.contains("<g class=\"row own\"><title>Swift on libuv (uvecho): "))
    #expect(svg.contains("did not take part"))
    #expect(pictures.ratios(steady.settings.cells[1]).svg().contains(">crashed<"))
  }

  @Test func `lower bounds are marked`() {
    #expect(Pictures(limited).ratios(cell).svg().contains("<tspan>≥ 1.31</tspan>"))
  }

  @Test func `bars of bounds are hollow, and the caption says so`() {
    #expect(!pictures.ratios(cell).svg().contains("hollow"))
    #expect(!pictures.ratios(cell).caption.contains("ollow"))
    let one = Pictures(limited).ratios(cell)
    #expect(one.svg().occurrences(of: "class=\"bar hollow\"") == 1)
    #expect(one.caption.hasSuffix("Hollow bars are bounds: the clients were the limit."))
    let all = Pictures(held(["c-libuv"])).ratios(cell)
    // All but the base itself.
    #expect(all.svg().occurrences(of: "class=\"bar hollow\"") == 5)
    #expect(all.caption.hasSuffix("The order is that of the servers' own processor time for a reply."))
  }

  @Test func `a crash is told by how a server stood, not by words`() {
    var results = steady
    for index in results.summaries.indices { results.summaries[index].troubles = ["it ended under load: no"] }
    results.samples = results.samples.map { sample in
      var sample = sample
      sample.survival?.crashed = nil
      return sample
    }
    func svg() -> String { Pictures(results).ratios(results.settings.cells[1]).svg() }
    #expect(!svg().contains(">crashed<"))
    // What runs on and doesn't answer hangs.
    #expect(svg().contains(">hung<"))
    for index in results.samples.indices { results.samples[index].survival?.answers = true }
    #expect(!svg().contains(">hung<") && svg().contains(">no figures<"))
  }

  @Test func `the range of a connection's memory lies within the scale`() throws {
    var results = steady
    for index in results.summaries.indices {
      results.summaries[index].bytesPerConnection = Spread(median: 1000, low: 100, high: 10_000)
    }
    let picture = try #require(Pictures(results).connections())
    let ends = picture.svg().matches(of: /class="span" x1="([0-9.]+)%" x2="([0-9.]+)%"/)
      .flatMap { [Double($0.output.1)!, Double($0.output.2)!] }
    #expect(ends.count == 12 && ends.allSatisfy { $0 > 0 && $0 < 100 })
    #expect(!picture.caption.contains("down to nothing"))
    for index in results.summaries.indices { results.summaries[index].bytesPerConnection?.low = -5 }
    #expect(try #require(Pictures(results).connections()).caption.contains("down to nothing or less"))
  }

  @Test func `processor time is stacked, rounds are dots, memory is before and after`() throws {
    let processor = pictures.processor(cell).svg()
    #expect(processor.occurrences(of: "class=\"bar second\"") == 6)
    #expect(processor.contains("<tspan>8.68</tspan><tspan class=\"detail\" dx=\"6\">3.30 + 5.38</tspan>"))
    // The base is what the others are divided by.
    #expect(pictures.rounds(cell).svg().occurrences(of: "class=\"dot faint\"") == 50)
    let memory = try #require(pictures.memory()).svg()
    #expect(memory.occurrences(of: "class=\"dot hollow\"") == 6)
    #expect(try #require(pictures.connections()).svg().contains("9.20 kB"))
  }

  @Test func `without memory there is no picture of it`() {
    var results = steady
    results.summaries = []
    #expect(Pictures(results).memory() == nil)
    #expect(Pictures(results).connections() == nil)
  }
}
