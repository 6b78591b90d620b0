import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct CostThresholdsTests {
  private typealias Check = CostThresholds.Check

  private func verdict(_ figure: CostThresholds.Figure, _ recorded: Double, _ measured: Double?)
    -> CostThresholds.Verdict
  {
    Check(rung: "a", work: .echo, figure: figure, recorded: recorded, measured: measured).verdict
  }

  // MARK: Verdicts

  @Test func `instructions may be three hundredths off`() {
    #expect(verdict(.instructionsOfBase, 2, 2) == .good)
    #expect(verdict(.instructionsOfBase, 2, 2.059) == .good)
    #expect(verdict(.instructionsOfBase, 2, 2.061) == .broken)
    #expect(verdict(.instructionsOfBase, 2, 1.941) == .good)
    #expect(verdict(.instructionsOfBase, 2, 1.939) == .better)
  }

  @Test func `one allocation more breaks it`() {
    #expect(verdict(.allocations, 0, 0.02) == .good)
    #expect(verdict(.allocations, 0, 1) == .broken)
    #expect(verdict(.allocations, 3, 3.4) == .good)
    #expect(verdict(.allocations, 3, 3.6) == .broken)
    #expect(verdict(.allocations, 24, 25) == .broken)
    #expect(verdict(.allocations, 3, 2) == .better)
  }

  @Test func `one system call more breaks it`() {
    #expect(verdict(.systemCalls, 3, 3.02) == .good)
    #expect(verdict(.systemCalls, 3, 4) == .broken)
    #expect(verdict(.systemCalls, 11, 10) == .better)
  }

  @Test func `an allocation's bytes break it, and rounding doesn't`() {
    #expect(verdict(.allocatedBytes, 0, 7) == .good)
    #expect(verdict(.allocatedBytes, 0, 16) == .broken)
    #expect(verdict(.allocatedBytes, 3900, 4000) == .good)
    #expect(verdict(.allocatedBytes, 3900, 4030) == .broken)
    #expect(verdict(.allocatedBytes, 3900, 3000) == .better)
  }

  @Test func `what could not be measured is broken`() {
    for figure in CostThresholds.Figure.allCases { #expect(verdict(figure, 1, nil) == .broken) }
  }

  // MARK: Results

  @Test func `what is recorded of results is kept by them`() {
    let results = MadeUpCosts.full
    let thresholds = CostThresholds(results)
    #expect(thresholds.base == "c")
    #expect(
      thresholds.rungs["c"] == [
        .echo: .init(allocations: 0, allocatedBytes: 0, systemCalls: 2.5),
        .connection: .init(allocations: 1, allocatedBytes: 360, systemCalls: 2.5),
      ],
      "its instructions are 1 of its own"
    )
    #expect(
      thresholds.rungs["swift"]?[.connection]
        == .init(instructionsOfBase: 2, allocations: 3, allocatedBytes: 600, systemCalls: 2.5)
    )
    let checks = thresholds.check(results)
    #expect(checks.count == 14)
    #expect(checks.allSatisfy { $0.verdict == .good })
    #expect(checks.prefix(6).allSatisfy { $0.rung == "c" }, "in the order of the ladder")
  }

  @Test func `what is not on its line is not recorded`() {
    var cost = MadeUpCosts.work(.echo, 735)
    cost.instructions.points[1].value *= 1.5
    cost.instructions = Slope(cost.instructions.points)!
    let results = MadeUpCosts.results([
      MadeUpCosts.rung("c", [MadeUpCosts.work(.echo, 700)]), MadeUpCosts.rung("swift", [cost]),
    ])
    #expect(
      CostThresholds(results).rungs["swift"]
        == [.echo: .init(allocations: 0, allocatedBytes: 0, systemCalls: 2.5)]
    )
  }

  @Test func `recorded anew, thresholds have the figures that they had, and no others`() throws {
    let measured = CostThresholds(MadeUpCosts.full)
    var thresholds = measured
    let (rung, work) = ("c", Work.connection)
    thresholds.rungs[rung]![work] = .init(allocations: 7)
    thresholds.rungs["gone"] = [.echo: .init(instructionsOfBase: 3)]
    let renewed = thresholds.renewed(by: MadeUpCosts.full)
    #expect(renewed.rungs[rung]![work] == .init(allocations: 1))
    #expect(renewed.rungs["gone"] == [.echo: .init(instructionsOfBase: 3)], "it wasn't measured")
    #expect(Set(renewed.rungs.keys) == Set(thresholds.rungs.keys))
    #expect(renewed.rungs["swift"] == measured.rungs["swift"])
  }

  @Test func `a rung that has become dearer is found`() {
    let thresholds = CostThresholds(MadeUpCosts.full)
    let results = MadeUpCosts.results([
      MadeUpCosts.rung(
        "c",
        [MadeUpCosts.work(.echo, 700), MadeUpCosts.work(.connection, 3000, allocations: 1, bytes: 360)]
      ),
      MadeUpCosts.rung(
        "swift",
        [
          MadeUpCosts.work(.echo, 800), MadeUpCosts.work(.connection, 6000, allocations: 4, bytes: 600),
        ]
      ),
    ])
    let broken = thresholds.check(results).filter { $0.verdict == .broken }
    #expect(broken.map(\.figure) == [.instructionsOfBase, .allocations])
    #expect(broken.map(\.work) == [.echo, .connection])
  }

  @Test func `a rung, or a figure, that is missing is found`() {
    let thresholds = CostThresholds(MadeUpCosts.full)
    let results = MadeUpCosts.results([
      MadeUpCosts.rung("c", [MadeUpCosts.work(.echo, 700, allocations: nil, bytes: nil)])
    ])
    let checks = thresholds.check(results)
    #expect(checks.count == 14)
    // What is there of one is its system calls.
    #expect(checks.filter { $0.verdict == .broken }.count == 13)
  }

  @Test func `only what is recorded has to be measured`() throws {
    let thresholds = CostThresholds(MadeUpCosts.full)
    let settings = thresholds.settings
    #expect(settings.rungs == ["c", "swift"])
    #expect(settings.counters["swift"]?[.echo] == [.instructions, .allocations, .systemCalls])
    #expect(
      settings.counters["c"]?[.echo] == [.instructions, .allocations, .systemCalls],
      "the base's are divided by"
    )
    #expect(settings.counters["swift"]?[.timer] == nil)
    #expect(settings.speed == nil && settings.starts == 0 && settings.connections == [] && !settings.hasSizes)

    var few = thresholds
    few.rungs = ["swift": [.timer: .init(instructionsOfBase: 2)]]
    #expect(few.settings.counters == ["swift": [.timer: [.instructions]], "c": [.timer: [.instructions]]])
  }

  // MARK: The file

  private func reading(_ text: String) throws -> String? {
    var reason: String?
    try withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/thresholds.json"))
      reason =
        #expect(throws: UnreadableThresholds.self) {
          try CostThresholds(contentsOf: "\(folder)/thresholds.json")
        }?.reason
    }
    return reason
  }

  @Test func `what was written is read`() throws {
    try withTemporaryFolder { folder in
      let thresholds = CostThresholds(MadeUpCosts.full)
      try Data(thresholds.json.utf8).write(to: URL(filePath: "\(folder)/thresholds.json"))
      #expect(try CostThresholds(contentsOf: "\(folder)/thresholds.json") == thresholds)
    }
  }

  @Test func `what isn't a file of thresholds is told`() throws {
    #expect(try reading("no") == "it isn't JSON")
    #expect(try reading("{}") == "`schema` is missing")
    #expect(try reading(#"{"schema": 1, "base": "c", "rungs": {}}"#) == "it has no figures")
    #expect(
      try reading(#"{"schema": 2, "base": "c", "rungs": {"c": {}}}"#)
        == "its schema is 2, and this program knows 1"
    )
    #expect(try reading(#"{"schema": 1, "base": "c", "rungs": {"c": {"ping": {}}}}"#) != nil)
    let mistyped = #"{"schema": 1, "base": "c", "rungs": {"c": {"echo": {"instructionOfBase": 0.5}}}}"#
    #expect(try reading(mistyped)?.contains("instructionOfBase") == true)
    let error = #expect(throws: UnreadableThresholds.self) { try CostThresholds(contentsOf: "/no/such") }
    #expect(error?.description == "/no/such: it can't be read; `uvecho cost --record /no/such` makes it")
  }
}
