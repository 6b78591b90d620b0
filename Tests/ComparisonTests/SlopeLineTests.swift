import Testing

@testable import Comparison

@Suite struct SlopeLineTests {
  private func slope(_ points: (Int, Double)...) throws -> Slope {
    try #require(Slope(points.map { Slope.Point(count: $0.0, value: $0.1) }))
  }

  @Test func `a line tells what one costs, and what none costs`() throws {
    let slope = try slope((1000, 1_089_000), (2000, 1_793_000), (3000, 2_497_000))
    #expect(slope.each == 704)
    #expect(slope.fixed == 385_000)
    #expect(slope.worst == 0)
    #expect(slope.points.map(\.count) == [1000, 2000, 3000])
    #expect(slope.problem(least: 10) == nil)
  }

  @Test func `two points are always on a line`() throws {
    let slope = try slope((100, 7), (300, 7))
    #expect(slope.each == 0)
    #expect(slope.fixed == 7)
    #expect(slope.worst == 0)
  }

  @Test func `the nearest line is that of the least squares`() throws {
    let slope = try slope((0, 0), (1, 1), (2, 5))
    #expect(slope.each == 2.5)
    #expect(slope.fixed == -0.5)
    // The middle one is 1 above -0.5 + 2.5, where 1.5 was counted above the beginning.
    #expect(abs(slope.worst - 1 / 1.5) < 1e-9 || slope.worst == 1)
  }

  @Test func `a bad fit is told with its counts`() throws {
    let slope = try slope((1000, 100_000), (2000, 200_000), (3000, 330_000))
    #expect(slope.worst > 0.04)
    let problem = try #require(slope.problem(least: 1))
    #expect(
      problem.hasPrefix(
        "the counts are not on a line (100,000 for 1,000, 200,000 for 2,000 and 330,000 for 3,000)"
      )
    )
    #expect(problem.hasSuffix(" off"))
  }

  @Test func `what is too little for one to matter is no problem`() throws {
    // One more allocation in one of the runs.
    let slope = try slope((1000, 6), (2000, 7), (3000, 6))
    #expect(slope.worst == 1, "the line knows")
    #expect(slope.problem(least: 0.05) == nil)
    #expect(slope.each == 0)
  }

  @Test func `no counts are on a line`() throws {
    let slope = try slope((1, 0), (2, 0), (3, 0))
    #expect(slope.each == 0)
    #expect(slope.each.sign == .plus)
    #expect(slope.worst == 0)
  }

  @Test func `no line goes through one point, or none`() {
    #expect(Slope([]) == nil)
    #expect(Slope([.init(count: 5, value: 1)]) == nil)
    #expect(Slope([.init(count: 5, value: 1), .init(count: 5, value: 2)]) == nil)
  }
}
