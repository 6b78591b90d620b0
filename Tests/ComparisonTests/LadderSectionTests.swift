import Testing

@testable import Comparison

@Suite struct LadderSectionTests {
  private let section = Document(slowCost).sections.first { $0.id == "ladder" }

  @Test func `instructions have their ratio, in the order of the ladder`() throws {
    let table = try table("ladder-instructions", in: section)
    #expect(
      table.columns.map(\.title) == [
        "rung", "no.", "version", "an echo", "a connection", "a timer", "a wake-up",
      ]
    )
    #expect(table.rows.map { $0.cells[0].text } == slowCost.rungs.map(\.name))
    #expect(table.sortedBy == 1 && table.rows.map { $0.cells[1].key } == (1...12).map { Double($0) })
    #expect(
      try cells("Libuv, subclass", in: table) == [
        "Libuv, subclass", "4", "Swift 6.3.1, libuv 1.44.2", "745 (1.05)", "8,195 (1.05)", "410 (1.05)",
        "671 (1.05)",
      ]
    )
    #expect(try cells("C epoll", in: table).suffix(4) == ["238 (0.34)", "2,618 (0.34)", "-", "-"])
    #expect(try cells("Libuv, tasks", in: table)[3] == "~ 2,312 (3.26)")
    #expect(table.rows[4].cells[3].key == 801.4)
    #expect(table.rows.map(\.role) == slowCost.rungs.map(slowCost.role))
  }

  @Test func `a rung without figures is there, and empty`() throws {
    for id in ["ladder-instructions", "ladder-resources", "ladder-size"] {
      let row = try #require(try table(id, in: section).rows.last)
      #expect(row.isEmpty && row.cells.dropFirst(3).allSatisfy { $0.text == "-" })
    }
  }

  @Test func `every row has a field for each column`() {
    for table in section.map(tables(in:)) ?? [] {
      for row in table.rows { #expect(row.cells.count == table.columns.count, "\(table.id)") }
    }
  }

  @Test func `a language is told where the version doesn't`() throws {
    let all = try table("ladder-instructions", in: section)
    #expect(try cells("C libuv", in: all)[2] == "C, libuv 1.44.2")
    #expect(try cells("Swift, unbuilt", in: all)[2] == "Swift, libuv 1.44.2")
    let bare = cost([rung("a", "A") { ($0.language, $0.runtime) = ("", "") }])
    let first = Document(bare).sections.first { $0.id == "ladder" }
    #expect(try cells("A", in: table("ladder-instructions", in: first)) == ["A", "1", "-"])
  }

  @Test func `memory that shows in no page is told as that, and not as none`() throws {
    let small = cost([
      rung("a", "A") { $0.memory = [MemoryPoint(connections: 1, bytes: 100_000, bytesPerConnection: 0)] },
      rung("b", "B") {
        $0.memory = [MemoryPoint(connections: 1, bytes: 100_000, bytesPerConnection: 12_288)]
      },
    ])
    let table = try table("ladder-resources", in: Document(small).sections.first { $0.id == "ladder" })
    #expect(try cells("A", in: table).last == "less than a page")
    #expect(try cells("B", in: table).last == "12.3 kB")
    #expect(table.rows.first?.cells.last?.key == 0)
  }

  @Test func `allocations, calls and memory are for one`() throws {
    let table = try table("ladder-resources", in: section)
    #expect(
      try cells("SwiftNIO, async", in: table) == [
        "SwiftNIO, async", "10", "13.25 (1.11 kB)", "56 (4.70 kB)", "3", "6", "9.26 kB", "8.90 kB",
      ]
    )
    #expect(try cells("C libuv", in: table)[2] == "0")
    #expect(
      table.columns.suffix(2).map(\.title) == [
        "memory a connection, of 1,000", "memory a connection, of 10,000",
      ]
    )
  }

  @Test func `the start has its ratio, and a program its size with all that it maps`() throws {
    let table = try table("ladder-size", in: section)
    #expect(
      try cells("C libuv", in: table) == [
        "C libuv", "2", "2.10 ms", "1", "24.0 kB", "36.0 kB", "2.17 MB", "2",
      ]
    )
    #expect(try cells("Node", in: table)[3] == "24.8 (22.6–27.4)")
  }

  @Test func `system calls are told by name, also a rare one`() throws {
    let table = try table("ladder-calls", in: section)
    #expect(table.isFolded)
    #expect(table.columns.map(\.title) == ["rung", "no.", "epoll_wait", "read", "write", "futex"])
    #expect(try cells("Node", in: table) == ["Node", "11", "1", "1", "1", "less than 0.01"])
    #expect(try cells("C libuv", in: table).last == "0")
    #expect(try cells("Swift, unbuilt", in: table).last == "-")
    let none = Document(cost([rung("a")])).sections[0]
    #expect(!tables(in: none).contains { $0.id == "ladder-calls" })
  }

  // MARK: Findings

  private func found(_ results: CostResults) -> [Document.Finding]? {
    Document(results).sections.first { $0.id == "findings" }?.blocks.compactMap { block in
      if case .findings(let findings) = block { findings } else { nil }
    }.first
  }

  @Test func `our rungs stand for all`() throws {
    let findings = try #require(found(slowCost))
    #expect(findings.map(\.name) == ["Libuv, pump", "Libuv, subclass", "Libuv, closures", "Libuv, tasks"])
    #expect(findings.map(\.figure.signed) == ["1.00×", "1.05×", "1.13×", "~ 3.26×"])
    #expect(findings[0].detail == "706 instructions, 3 fewer")
    #expect(findings[1].detail == "745 instructions, 36 more")
    #expect(findings[1].more.map(\.name) == ["a connection", "a timer", "a wake-up"])
    #expect(findings[1].more.map(\.text) == ["1.05×", "1.05×", "1.05×"])
    #expect(findings[3].more[0].text == "~ 3.26×")
  }

  @Test func `no more is told as that`() {
    let results = cost([
      rung("c-libuv") { $0.work = [work(.echo, [.libuv: 10])] },
      rung("a") { $0.work = [work(.echo, [.libuv: 5, .wrapper: 5.2])] },
    ])
    #expect(found(results)?.map(\.detail) == ["10 instructions, no more"])
  }

  @Test func `without a base, or without ours, there is nothing to find`() {
    #expect(found(cost(slowCost.rungs, base: "none")) == nil)
    #expect(found(cost([slowCost.rungs[0], slowCost.rungs[1]])) == nil)
  }

  @Test func `of each some is less than one`() {
    #expect(Numbers.amountOfEach(0) == "0")
    #expect(Numbers.amountOfEach(-0.001) == "0")
    #expect(Numbers.amountOfEach(2.25) == "2.25")
  }
}
