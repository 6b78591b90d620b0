import Testing

@testable import Comparison
@testable import uvecho_tools

@Suite struct CostProgressTests {
  @Test func `a step is told with how many there are`() {
    #expect(
      CostProgress.text(.step(rung: "C, libuv", what: "instructions of an echo", number: 2, of: 14))
        == "2 of 14: C, libuv, instructions of an echo"
    )
    #expect(CostProgress.text(.starts(round: 3, of: 15)) == "starting all of them, round 3 of 15")
  }

  @Test func `what has a line of its own is not in the one that changes`() {
    #expect(CostProgress.text(.problem(rung: "a", "b")) == nil)
  }
}
