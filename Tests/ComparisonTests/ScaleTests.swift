import Testing

@testable import Comparison

@Suite struct ScaleTests {
  @Test func `a linear scale begins at 0 and holds all values`() {
    let scale = Scale(linearTo: [0.3, 1.31])
    #expect(scale(0) == 0)
    #expect(scale(1.31) < 1 && scale(1.31) > 0.85)
    #expect(scale.ticks == [0, 0.5, 1])
    #expect(scale(-5) == 0 && scale(5) == 1)
  }

  @Test func `a scale around values needn't begin at 0`() {
    let scale = Scale(linearAround: [0.96, 1.04])
    #expect(scale(0.96) > 0 && scale(0.96) < 0.15)
    #expect(scale(1.04) < 1 && scale(1.04) > 0.85)
    #expect(scale.ticks.contains { abs($0 - 1) < 1e-9 })
  }

  @Test func `powers of ten lie equally far apart`() {
    let scale = Scale(logarithmicAround: [1, 100, 10_000])
    #expect(abs((scale(100) - scale(1)) - (scale(10_000) - scale(100))) < 1e-9)
    #expect(scale.ticks == [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000])
    #expect(Scale(logarithmicAround: [1, 100, 10_000], ticks: 5).ticks == [1, 10, 100, 1000, 10_000])
    #expect(Scale(logarithmicAround: [20, 70]).ticks == [20, 50])
    // It has no place for these, and must not fall over them.
    #expect(scale(0) == 0)
    #expect(Scale(logarithmicAround: [0, -4])(1).isFinite)
  }

  @Test func `each nine has the same room`() {
    let scale = Scale(percentilesTo: 99.99)
    #expect(scale(0) == 0 && scale(99.99) == 1)
    #expect(abs(scale(90) - 0.25) < 1e-6)
    #expect(abs((scale(99.9) - scale(99)) - (scale(99) - scale(90))) < 1e-6)
    #expect(scale.ticks == [0, 50, 90, 99, 99.9, 99.99])
    #expect(scale(100) == 1)
  }

  @Test func `nothing, or the same throughout, is no reason to divide by zero`() {
    for scale in [
      Scale(linearTo: []), Scale(linearTo: [0]), Scale(linearAround: []), Scale(linearAround: [1, 1]),
      Scale(logarithmicAround: []), Scale(logarithmicAround: [5]), Scale(stops: []), Scale(stops: [0.5]),
    ] {
      #expect(scale(1).isFinite && scale(1) >= 0 && scale(1) <= 1)
    }
  }
}
