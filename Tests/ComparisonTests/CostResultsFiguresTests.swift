import Testing

@testable import Comparison

@Suite struct CostResultsFiguresTests {
  private let two = cost([
    rung("c-libuv", "C libuv") { $0.work = [work(.echo, [.libuv: 600, .service: 100])] },
    rung("ours", "Ours") {
      $0.work = [work(.echo, [.service: 35, .libuv: 600, .wrapper: 100]), work(.timer, [.libuv: 5])]
    },
  ])

  @Test func `a ratio is of the base's, where both are there`() {
    #expect(two.baseName == "C libuv")
    #expect(two.instructionsOfBase(two.rungs[1], .echo) == 1.05)
    #expect(two.instructionsOfBase(two.rungs[0], .echo) == 1)
    #expect(two.instructionsOfBase(two.rungs[1], .timer) == nil)
    #expect(two.instructionsOfBase(two.rungs[1], .wakeup) == nil)
  }

  @Test func `nothing is divided by nothing`() {
    let results = cost([
      rung("c-libuv") { $0.work = [work(.echo, [:])] }, rung("a") { $0.work = [work(.echo, [.libuv: 1])] },
    ])
    #expect(results.instructionsOfBase(results.rungs[1], .echo) == nil)
    let baseless = cost(two.rungs, base: "none")
    #expect(baseless.baseName == "none" && baseless.instructionsOfBase(two.rungs[1], .echo) == nil)
  }

  @Test func `ours are those in which our library runs`() {
    #expect(two.rungs.map(two.role) == [.base, .own])
    #expect(two.role(of: rung("other") { $0.work = [work(.echo, [.wrapper: 0, .libuv: 1])] }) == .other)
  }

  @Test func `what was measured is known, in its order`() {
    #expect(two.measuredWork == [.echo, .timer])
    #expect(sampleCost.connectionCounts == [1000, 10_000])
    #expect(!rung("a").hasFigures && two.rungs[0].hasFigures)
    #expect(rung("a") { $0.startMilliseconds = Spread([1]) }.hasFigures)
  }

  @Test func `slices are in the order of a bar, without those of nothing`() {
    let cost = work(.echo, [.wrapper: 5, .runtime: 0, .references: -0.2, .libuv: 9])
    #expect(cost.shown.map(\.slice) == [.libuv, .wrapper])
    #expect(cost.instructions(in: .references) == -0.2)
    #expect(cost.instructions(in: .tasks) == 0)
  }

  @Test func `system calls are added up, if they were counted`() {
    var cost = work(.echo, [.libuv: 1])
    #expect(cost.systemCallCount == nil)
    cost.systemCalls = ["read": 1, "write": 1.5]
    #expect(cost.systemCallCount == 2.5)
  }

  @Test func `a line fits up to its tolerance`() {
    #expect(slope(1, worst: Slope.tolerance).fits)
    #expect(!slope(1, worst: Slope.tolerance + 0.001).fits)
  }
}
