import Testing

@testable import Comparison

@Suite struct CostMethodSectionTests {
  private func lines(_ id: String, _ results: CostResults) -> [String] {
    ComparisonTests.lines(in: Document(results).sections.first { $0.id == id })
  }

  @Test func `what counts is named, and what it counts`() {
    let text = lines("method", slowCost).joined(separator: "\n")
    for word in ["callgrind", "memcheck", "strace", "smaps", "slope", "interleaved"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test func `the line that fits worst is named`() {
    #expect(
      lines("method", slowCost).last
        == "Of 40 lines of instructions here, the one that fits worst is that of Libuv, tasks for an echo: its worst point is "
        + "3.1 % off."
    )
    #expect(!lines("method", cost([])).contains { $0.contains("fits worst") })
  }

  @Test func `of lines through two runs nobody says how straight they are`() throws {
    var two = slowCost
    for rung in two.rungs.indices {
      for work in two.rungs[rung].work.indices {
        two.rungs[rung].work[work].instructions.points.removeLast(2)
      }
    }
    #expect(lines("method", two).last?.contains("--points 3") == true)
    let fits = try table("fits", in: Document(two).sections.first { $0.id == "method" })
    #expect(try cells("C libuv", in: fits).last == "-")
  }

  @Test func `each line has its runs`() throws {
    let section = Document(slowCost).sections.first { $0.id == "method" }
    let fits = try table("fits", in: section)
    #expect(fits.isFolded && fits.rows.count == 40)
    #expect(
      try cells("C libuv", in: fits) == [
        "C libuv", "an echo", "500; 1,000; 2,000; 4,000", "709", "412,345", "0.040 %",
      ]
    )
    #expect(throws: Missing.self) {
      try table("fits", in: Document(cost([])).sections.first { $0.id == "method" })
    }
  }

  @Test func `what isn't equal is in the rungs' own words`() {
    #expect(
      lines("terms", slowCost).first == "C epoll: The floor: no library between the server and the kernel."
    )
    #expect(lines("terms", slowCost).count == 4)
    #expect(lines("terms", cost([rung("a")])) == [])
  }

  @Test func `there is a way to the same figures`() {
    #expect(MarkdownReport(cost([])).text.hasSuffix("\n```\nmake cost\n```\n"))
  }
}
