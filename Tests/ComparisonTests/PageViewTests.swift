import Testing

@testable import Comparison

@Suite struct PageViewTests {
  @Test func `a version is folded below the server's name`() throws {
    let view = PageView(Document(steady))
    let section = try #require(view.sections.first { $0.id == "throughput" })
    let table = try #require(section.blocks.compactMap(\.table).first)
    #expect(table.columns.map(\.title).prefix(3) == ["server", "responses/s", "ratio to C libuv"])
    #expect(table.columns.map(\.sort).prefix(3) == ["none", "none", "descending"])
    let row = try #require(table.rows.first { $0.name == "Go" })
    #expect(row.detail == "go1.19.8")
    #expect(row.cells[0].text == "114,000")
    #expect(Double(row.cells[0].key) == 114_000)
    // It has none: nothing is better than a dash.
    #expect(table.rows.first { $0.name == "Dart" }?.detail == nil)
    #expect(table.rows.first { $0.name == "Dart" }?.kind == "other empty")
  }

  @Test func `a ratio of few rounds may break, others may not`() throws {
    func kinds(_ results: Results) throws -> Set<String> {
      let view = PageView(Document(results))
      let section = try #require(view.sections.first { $0.id == "throughput" })
      return Set(section.blocks.compactMap(\.table).flatMap(\.rows).flatMap(\.cells).map(\.kind))
    }
    #expect(try kinds(steady) == ["number", "words", "words long", "words narrow"])
    #expect(
      try kinds(sampleResults(rounds: 2, noise: 0)) == [
        "number", "number long", "words", "words long", "words narrow",
      ]
    )
  }

  @Test func `no line begins with a percent sign`() throws {
    let view = PageView(Document(steady))
    let method = try #require(view.sections.first { $0.id == "method" })
    #expect(method.blocks[0].list?.contains { $0.contains("95\u{a0}%") } == true)
    let latency = try #require(view.sections.first { $0.id == "latency" })
    let titles = latency.blocks.compactMap(\.table?.title)
    #expect(titles.count == 4 && titles.allSatisfy { $0.contains("\u{a0}%: ") })
    #expect(try #require(latency.blocks.compactMap(\.pictures).first)[0].caption.contains("50\u{a0}%"))
  }

  @Test func `curves can be chosen, other legends only tell`() throws {
    let view = PageView(Document(steady))
    let pictures = view.sections.flatMap(\.blocks).compactMap(\.pictures).flatMap(\.self)
    let curves = try #require(pictures.first { $0.id == "curves-persistent-100-64" })
    #expect(curves.legend == nil && curves.choices?.count == 6)
    let processor = try #require(pictures.first { $0.id == "processor-persistent-100-64" })
    #expect(
      processor.choices == nil && processor.legend?.map(\.name) == ["in user space", "in the kernel"]
    )
  }
}
