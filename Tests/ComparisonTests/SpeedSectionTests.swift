import Testing

@testable import Comparison

@Suite struct SpeedSectionTests {
  private let section = Document(sampleCost).sections.first { $0.id == "speed" }

  @Test func `ratios of all workloads stand in a row`() throws {
    let processor = try table("speed-processor", in: section)
    #expect(
      processor.columns.map(\.title) == [
        "rung", "1 persistent client, 64 bytes", "100 persistent clients, 64 bytes",
        "3000 persistent clients, 64 bytes",
        "100 reconnecting clients, 64 bytes",
      ]
    )
    #expect(try cells("C libuv", in: processor) == ["C libuv", "1", "1", "1", "1"])
    #expect(try cells("Libuv, tasks", in: processor)[1] == "1.32 (1.32–1.32)")
    #expect(try cells("Libuv, subclass", in: processor)[1] == "1.00 (1.00–1.00), equal")
    let responses = try table("speed-responses", in: section)
    #expect(try cells("Libuv, tasks", in: responses)[1] == "0.76 (0.76–0.76)")
    #expect(try cells("SwiftNIO, async", in: responses).last == "-", "it crashed")
  }

  @Test func `what the clients held back is marked`() throws {
    #expect(try cells("Libuv, pump", in: table("speed-responses", in: section))[1] == "≥ 1.31 (1.31–1.31)")
    #expect(
      section?.blocks.contains {
        if case .paragraph(let text) = $0 { text.hasPrefix("At least (≥) stands where") } else { false }
      } == true
    )
  }

  @Test func `ours are those of the ladder`() throws {
    let table = try table("speed-processor", in: section)
    let roles = Dictionary(table.rows.map { ($0.cells[0].text, $0.role) }) { first, _ in first }
    #expect(roles["Libuv, tasks"] == .own && roles["C libuv"] == .base)
    #expect(roles["C libuv, again"] == .twin && roles["Node"] == .other)
    #expect(table.rows.first { $0.cells[0].text == "Swift, unbuilt" }?.isEmpty == true)
  }

  @Test func `the tables and pictures of a comparison follow, all tables folded`() throws {
    let section = try #require(section)
    let ids = tables(in: section).map(\.id)
    #expect(
      ids == [
        "speed-processor", "speed-responses", "table-persistent-1-64", "table-persistent-100-64",
        "table-persistent-3000-64", "table-reconnect-100-64", "twin-table",
      ]
    )
    #expect(tables(in: section).map(\.isFolded) == [false, false, true, true, true, true, false])
    let pictures = pictures(in: section).flatMap { $0 }
    #expect(pictures.count == 8 && Set(pictures).count == 8)
  }

  @Test func `cautions about the speed stand there, but what the top has is not said again`() throws {
    func list(_ results: CostResults) -> [String] {
      lines(in: Document(results).sections.first { $0.id == "speed" })
    }
    var results = sampleCost
    results.speed?.settings.rounds = 2
    results.speed?.isComplete = false
    let said = list(results)
    #expect(said.contains { $0.hasPrefix("Rounds are missing") })
    #expect(said.contains { $0.hasPrefix("With 2 rounds an interval is the whole range") })
    #expect(!said.contains { results.machine.notes.contains($0) })
  }

  @Test func `how the speed was measured is folded, and gone with it`() {
    let method = Document(sampleCost).sections.first { $0.id == "speed-method" }
    #expect(method?.fold != nil)
    #expect(!Document(slowCost).sections.contains { $0.id.hasPrefix("speed") })
    var none = sampleCost
    none.speed?.settings.cells = []
    #expect(!Document(none).sections.contains { $0.id == "speed" })
  }
}
