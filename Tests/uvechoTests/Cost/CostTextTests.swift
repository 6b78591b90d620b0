import Testing

@testable import Comparison
@testable import uvecho_tools

@Suite struct CostTextTests {
  @Test func `the tables have what was measured`() {
    #expect(
      CostText.summary(MadeUpCosts.full) == """
        instructions  an echo   of c  a connection   of c
        c                 704  1.000         3,377  1.000
        swift             762  1.083         8,609  2.549

        for one  allocations, an echo  bytes  system calls  allocations, a connection  bytes  system calls
        c                        2.25    361          2.50                       2.25    361          2.50
        swift                    2.25    361          2.50                       2.25    361          2.50

        memory, size, start    1 idle  1,000 idle  for each     code  libraries    start  of c          95 %
        c                    100.0 kB    500.0 kB     381 B  10.4 kB     2.0 MB  3.50 ms     -             -
        swift                100.0 kB    500.0 kB     381 B  10.4 kB     2.0 MB  3.50 ms  7.25  7.00 to 7.50

        instructions of an echo  libuv  service
        c                          695      9.5
        swift                      753      9.5
        """
    )
  }

  @Test func `what was not measured has no table`() {
    #expect(CostText.summary(MadeUpCosts.least) == "")
  }

  @Test func `the beginning tells who is left out`() {
    var results = MadeUpCosts.least
    results.rungs.append(
      RungCost(
        Rung(id: "raw", name: "Raw", language: "C", runtime: "none", version: "", echo: [], notes: []),
        Readiness(problem: "it isn't built")
      )
    )
    results.problems = ["System calls were not counted."]
    results.machine.notes = ["It hums."]
    #expect(
      CostText.beginning(results) == """
        measuring 1 rung of the ladder
        raw: It was left out: it isn't built.
        System calls were not counted.
        note: It hums.
        """
    )
  }

  // MARK: Checks

  private func check(
    _ figure: CostThresholds.Figure,
    _ recorded: Double,
    _ measured: Double?
  ) -> CostThresholds.Check {
    CostThresholds.Check(rung: "a", work: .echo, figure: figure, recorded: recorded, measured: measured)
  }

  @Test func `a check tells each figure`() {
    #expect(
      CostText.checks([
        check(.instructionsOfBase, 2, 2.1), check(.allocations, 1, 1), check(.allocatedBytes, 100, 50),
        check(.allocations, 0, nil), check(.systemCalls, 3, 4),
      ]) == """
        rung, work, figure                    recorded  measured  difference
        a, an echo, instructions of the base     2.000     2.100      +5.0 %  BROKEN
        a, an echo, allocations                   1.00      1.00        0.00      ok
        a, an echo, allocated bytes              100.0      50.0       -50.0  better
        a, an echo, allocations                   0.00   nothing              BROKEN
        a, an echo, system calls                  3.00      4.00       +1.00  BROKEN
        """
    )
  }

  @Test func `what to do about a check`() {
    let good = check(.allocations, 1, 1)
    let better = check(.allocations, 2, 1)
    let broken = check(.allocations, 1, 2)
    #expect(CostText.hint([good], "f") == nil)
    #expect(
      CostText.hint([good, better, broken], "f") == "1 of 3 figures is dearer than recorded, or missing"
    )
    #expect(
      CostText.hint([good, better], "f")
        == "1 of 2 figures is well below what is recorded: `uvecho cost --check f --record f` makes that the bound"
    )
  }
}
