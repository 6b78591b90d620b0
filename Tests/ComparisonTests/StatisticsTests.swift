import LoadGenerator
import Testing

@testable import Comparison

@Suite struct StatisticsTests {
  @Test func `the median is the middle one, or between the two`() {
    #expect(Statistics.median([]) == nil)
    #expect(Statistics.median([3]) == 3)
    #expect(Statistics.median([9, 1, 5]) == 5)
    #expect(Statistics.median([1, 2, 4, 9]) == 3)
  }

  @Test func `one ratio has no width, and none is none`() {
    #expect(Statistics.ratio([], seed: 1) == nil)
    #expect(Statistics.ratio([1.5], seed: 1) == Ratio(value: 1.5, low: 1.5, high: 1.5, rounds: 1))
    #expect(Statistics.ratio([], to: [1], seed: 1) == nil)
    #expect(Statistics.ratio([1], to: [], seed: 1) == nil)
    #expect(Statistics.ratio([1], to: [0], seed: 1) == nil)
  }

  @Test func `rounds that are all the same leave no doubt`() {
    #expect(Statistics.ratio([0.8, 0.8, 0.8], seed: 1) == Ratio(value: 0.8, low: 0.8, high: 0.8, rounds: 3))
    #expect(
      Statistics.ratio([4, 4], to: [2, 2, 2], seed: 1) == Ratio(value: 2, low: 2, high: 2, rounds: 2)
    )
  }

  @Test func `the same seed gives the same interval, which lies within the values`() throws {
    let values = [0.9, 1.0, 1.1, 0.95, 1.05, 1.3, 0.8, 1.02]
    let first = try #require(Statistics.ratio(values, seed: 7))
    #expect(first == Statistics.ratio(values, seed: 7))
    #expect(first.low >= 0.8 && first.low < first.value)
    #expect(first.high <= 1.3 && first.high > first.value)
    #expect(first.isEqual)
  }

  @Test func `a wild round moves neither the median nor the interval's other end`() throws {
    let calm = try #require(
      Statistics.ratio([1.2, 1.21, 1.19, 1.2, 1.22, 1.18, 1.2, 1.21, 1.19, 1.2], seed: 1)
    )
    let wild = try #require(
      Statistics.ratio([1.2, 1.21, 1.19, 1.2, 1.22, 1.18, 1.2, 1.21, 1.19, 9], seed: 1)
    )
    #expect(calm.value == 1.2)
    #expect(wild.value == 1.2)
    #expect(!wild.isEqual)
    #expect(wild.high < 1.3)
  }

  /// What "95 %" claims: of intervals over rounds without a difference, so many hold 1.
  @Test(arguments: [6, 7, 10]) func `intervals hold the truth as often as they say`(rounds: Int) throws {
    var generator = SeededGenerator(seed: 2015)
    var held = 0
    let trials = 100
    for trial in 0..<trials {
      // Noise with a heavy tail, as a shared machine has it.
      let ratios = (0..<rounds).map { _ in
        let noise = Double.random(in: -0.05...0.05, using: &generator)
        return 1 + noise * (Int.random(in: 0..<10, using: &generator) == 0 ? 10 : 1)
      }
      if try #require(Statistics.ratio(ratios, seed: UInt64(trial))).isEqual { held += 1 }
    }
    // Nineteen of twenty.
    #expect(Double(held) / Double(trials) >= 0.92)
  }

  @Test func `few rounds have wider intervals, and very few their whole range`() throws {
    #expect(Statistics.tail(5) == 0)
    #expect(abs(Statistics.tail(6) - 0.0026) < 0.0003)
    #expect(abs(Statistics.tail(10) - 0.0087) < 0.0003)
    #expect(abs(Statistics.tail(1_000_000) - 0.025) < 1e-5)
    let ratio = try #require(Statistics.ratio([1, 2, 3, 4, 5], seed: 1))
    #expect((ratio.low, ratio.high) == (1, 5))
  }

  @Test func `medians of two runs are compared with both runs' scatter`() throws {
    let before = [100.0, 104, 96, 101, 99, 103, 97, 100]
    let faster = try #require(Statistics.ratio(before.map { $0 * 1.3 }, to: before, seed: 1))
    #expect(abs(faster.value - 1.3) < 1e-9)
    #expect(!faster.isEqual)
    #expect(try #require(Statistics.ratio(before, to: before, seed: 1)).isEqual)
  }
}
