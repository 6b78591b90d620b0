import Testing

@testable import Comparison

@Suite struct SlicesSectionTests {
  private func section(_ id: String, _ results: CostResults = slowCost) -> Document.Section? {
    Document(results).sections.first { $0.id == id }
  }

  private func pictures(_ results: CostResults) -> [[String]] {
    ComparisonTests.pictures(in: section("slices", results))
  }

  @Test func `an echo has the width of the page, the others stand beside what was cut of them`() {
    #expect(
      pictures(slowCost) == [
        ["slices-echo", "slices-echo-tall"],
        [
          "slices-connection", "slices-connection-tall", "slices-timer", "slices-timer-tall", "slices-wakeup",
          "slices-wakeup-tall",
        ],
      ]
    )
    #expect(pictures(cost([slowCost.rungs[0], slowCost.rungs[1]])).first == ["slices-echo"])
    let timers = cost([rung("c-libuv") { $0.work = [work(.timer, [.libuv: 5])] }])
    #expect(pictures(timers) == [["slices-timer"]])
  }

  @Test func `a table has the same in numbers, folded`() throws {
    let all = try table("table-echo", in: section("slices"))
    #expect(all.isFolded)
    #expect(all.columns.map(\.title) == ["rung", "all"] + Slice.stacked.map(\.name))
    #expect(
      try cells("Libuv, closures", in: all) == [
        "Libuv, closures", "801", "461", "148", "19", "40", "92", "0", "32", "0.4", "9", "0", "0", "0", "0",
      ]
    )
    #expect(try cells("Swift, unbuilt", in: all).dropFirst().allSatisfy { $0 == "-" })
    #expect(all.rows.map(\.isEmpty) == slowCost.rungs.map(\.work.isEmpty))
    // Only what somebody has.
    let few = cost([rung("c-libuv") { $0.work = [work(.echo, [.libuv: 5, .tasks: -0.1])] }])
    let table = try table("table-echo", in: section("slices", few))
    #expect(table.columns.map(\.title) == ["rung", "all", "libuv"])
  }

  @Test func `only slices that are there are explained`() throws {
    func lines(_ results: CostResults) -> [String] {
      ComparisonTests.lines(in: section("explanation", results))
    }
    #expect(lines(slowCost).count == Slice.allCases.count)
    #expect(lines(slowCost)[0].hasPrefix("libuv: the loop itself"))
    #expect(lines(cost([rung("a") { $0.work = [work(.echo, [.tasks: 1])] }])).count == 1)
    #expect(section("explanation", cost([rung("a") { $0.work = [work(.echo, [:])] }])) == nil)
  }

  // MARK: Functions

  private func function(_ name: String, _ instructions: Double, in object: String = "libuv.so.1")
    -> FunctionCost
  {
    FunctionCost(name: name, object: object, slice: .libuv, instructions: instructions)
  }

  @Test func `functions have a column for each kind of work, the most first`() throws {
    let results = cost([
      rung("c-libuv", "C libuv") {
        var echo = work(.echo, [.libuv: 10])
        echo.functions = [function("a", 3), function("b", 7), function("b", 1, in: "libc.so.6")]
        var timer = work(.timer, [.libuv: 9])
        timer.functions = [function("c", 5), function("a", 4.5)]
        $0.work = [echo, timer, work(.wakeup, [.libuv: 1])]
      }
    ])
    let table = try table("functions-c-libuv", in: section("explanation", results))
    #expect(table.isFolded && table.title == "C libuv: the functions that take most")
    #expect(table.columns.map(\.title) == ["function", "file", "slice", "an echo", "a timer"])
    #expect(
      table.rows.map { $0.cells.map(\.text) } == [
        ["b", "libuv.so.1", "libuv", "7", "-"], ["a", "libuv.so.1", "libuv", "3", "4.5"],
        ["b", "libc.so.6", "libuv", "1", "-"], ["c", "libuv.so.1", "libuv", "-", "5"],
      ]
    )
  }

  @Test func `those that take little are left out, of each kind of work`() throws {
    let results = cost([
      rung("c-libuv") {
        $0.work = [Work.echo, .connection].map { kind in
          var cost = work(kind, [.libuv: 10])
          cost.functions = (1...20).map { function("\(kind)-\($0)", Double($0)) }
          return cost
        }
      }
    ])
    let table = try table("functions-c-libuv", in: section("explanation", results))
    #expect(table.rows.count == 30)
    #expect(table.rows[0].cells[0].text == "echo-20" && table.rows[15].cells[0].text == "connection-20")
  }

  @Test func `a rung without functions has no table of them`() {
    #expect(section("explanation").map { tables(in: $0).count } == 11)
  }
}
