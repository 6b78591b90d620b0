import Testing

@testable import Comparison

@Suite struct FootprintSectionTests {
  @Test func `memory, start and survival of a server`() throws {
    let table = try table("memory-table", in: Document.Section.footprint(steady))
    #expect(
      try cells("Go", in: table) == ["Go", "3.90 MB", "4.82 MB", "9.20 kB", "4", "3.20 ms", "44 of 44"]
    )
    #expect(try cells("Elixir", in: table).last == "34 of 44")
    #expect(try cells("Dart", in: table).dropFirst().allSatisfy { $0 == "-" })
    // The least memory first.
    #expect(table.rows.first?.cells[0].text == "C libuv")
  }

  @Test func `no workload, no section`() {
    var results = steady
    results.settings.cells = []
    #expect(Document.Section.footprint(results) == nil)
  }
}
