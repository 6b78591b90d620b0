import Testing

@testable import Comparison

@Suite struct ThroughputSectionTests {
  @Test func `a server's row has its figures`() throws {
    let table = try table("table-persistent-100-64", in: Document.Section.throughput(steady))
    #expect(
      table.columns.map(\.title) == [
        "server", "version", "responses/s", "ratio to C libuv", "CPU µs/response", "CPU ratio to C libuv",
        "limit",
        "latency, closed loop", "p99, closed loop", "errors",
      ]
    )
    #expect(
      try cells("Go", in: table) == [
        "Go", "go1.19.8", "114,000", "0.76 (0.76–0.76)", "8.68 (3.30 + 5.38)", "1.32 (1.32–1.32)", "server",
        "851 µs ± 553 µs", "1.53 ms",
        "none",
      ]
    )
    #expect(try cells("C libuv", in: table)[3] == "1")
    #expect(try cells("C libuv", in: table)[5] == "1")
    #expect(try cells("Swift on libuv (uvecho)", in: table)[3] == "1.00 (1.00–1.00), equal")
  }

  @Test func `those without figures have rows that say why`() throws {
    let table = try table("table-reconnect-3000-64", in: Document.Section.throughput(steady))
    let crashed = try cells("Elixir", in: table)
    #expect(crashed[2...8].allSatisfy { $0 == "-" })
    #expect(crashed[9].contains("it ended under load: SIGSEGV; survived 0 of 10"))
    #expect(try cells("Dart", in: table)[9] == "it isn't installed: bin/dart is missing")
    #expect(table.rows.map(\.isEmpty) == [false, false, false, false, false, true, true])
  }

  @Test func `where the clients held back the base the processor time is first, and sorts`() throws {
    let table = try table(
      "table-persistent-100-64",
      in: Document.Section.throughput(held(["c-libuv", "go"]))
    )
    #expect(
      table.columns.map(\.title)[2...6] == [
        "CPU µs/response", "CPU ratio to C libuv", "responses/s", "ratio to C libuv", "limit",
      ]
    )
    #expect(table.sortedBy == 2)
    #expect(
      try cells("Go", in: table)[2...6] == [
        "8.68 (3.30 + 5.38)", "1.32 (1.32–1.32)", "≥ 114,000", "~ 0.76 (0.76–0.76)", "server",
      ]
    )
    let keys = table.rows.compactMap { $0.cells[2].key }
    #expect(keys.count == 6 && keys == keys.sorted())
  }

  @Test func `lower bounds are marked, and explained only where there are any`() throws {
    func explains(_ results: Results) -> Bool {
      Document.Section.throughput(results)!.blocks.contains {
        if case .paragraph(let text) = $0 { text.hasPrefix("At least") } else { false }
      }
    }
    #expect(!explains(steady))
    #expect(explains(limited))
    let table = try table("table-persistent-100-64", in: Document.Section.throughput(limited))
    #expect(try cells("C io_uring", in: table)[2...3] == ["≥ 196,500", "≥ 1.31 (1.31–1.31)"])
    #expect(try cells("C epoll", in: table)[2] == "169,500")
  }

  @Test func `pictures are only where there is something to draw`() {
    #expect(Document.Section.processor(steady) != nil)
    #expect(Document.Section.rounds(steady) != nil)
    var results = steady
    results.samples = []
    results.summarize()
    #expect(Document.Section.processor(results) == nil)
    #expect(Document.Section.rounds(results) == nil)
  }
}
