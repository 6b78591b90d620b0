import Histogram
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct LatencyTests {
  /// Demands the figures that the histogram tells of itself.
  private func expectSame(_ times: Times, sourceLocation: SourceLocation = #_sourceLocation) {
    let latency = Latency(times)
    func isNear(_ figure: Double, _ expected: Double) -> Bool {
      // Sums in another order.
      abs(figure - expected) <= 1e-9 * max(1, times.mean)
    }
    #expect(latency.count == Int(times.totalCount), sourceLocation: sourceLocation)
    #expect(isNear(latency.mean, times.mean), sourceLocation: sourceLocation)
    #expect(isNear(latency.standardDeviation, times.stdDeviation), sourceLocation: sourceLocation)
    #expect(latency.min == Double(times.min), sourceLocation: sourceLocation)
    #expect(latency.max == Double(times.maxRecorded), sourceLocation: sourceLocation)
    for percentile in Latency.usual {
      let expected = Double(times.valueAtPercentile(percentile))
      #expect(latency[percentile] == expected, "p\(percentile)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [1, 2, 3, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 9999, 10000, 20000] as [Int])
  func `the figures are those of the histogram`(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    var times = Times()
    for _ in 0..<count {
      // Over many orders of magnitude.
      let limit: UInt64 = 1 << Int.random(in: 1...41, using: &generator)
      times.recordTime(.random(in: 0...limit, using: &generator))
    }
    expectSame(times)
  }

  @Test(arguments: [0..<1, 0..<10, 1000..<1001, 20_000..<400_000, 3_500_000_000_000..<3_600_000_000_000])
  func `the figures of a narrow range are those of the histogram`(range: Range<UInt64>) {
    var generator = SeededGenerator(seed: 3)
    var times = Times()
    for _ in 0..<2000 { times.recordTime(.random(in: range, using: &generator)) }
    expectSame(times)
  }

  @Test func `no times have figures of zero`() {
    let latency = Latency(Times())
    #expect(latency.count == 0)
    #expect(latency.mean == 0)
    #expect(latency.standardDeviation == 0)
    #expect(latency.min == 0)
    #expect(latency.max == 0)
    #expect(Latency.usual.allSatisfy { latency[$0] == 0 })
  }

  @Test(arguments: [0, 1, 1999, 2048, 1_234_567, 3_600_000_000_000] as [UInt64])
  func `one time is all of its figures`(time: UInt64) {
    var times = Times()
    times.recordTime(time)
    expectSame(times)
    let latency = Latency(times)
    #expect(latency.count == 1)
    #expect(latency.standardDeviation == 0)
    #expect(latency.max == Double(time))
    // To three significant digits.
    #expect(abs(latency.mean - Double(time)) <= Double(time) / 1000)
    for percentile in Latency.usual { #expect(latency[percentile] == Double(time)) }
  }

  @Test func `a time of more than an hour counts as an hour`() {
    var times = Times()
    for time in [3_600_000_000_001, .max, 1 << 50] as [UInt64] { times.recordTime(time) }
    let latency = Latency(times)
    #expect(latency.count == 3)
    #expect(latency.max == 3.6e12)
    #expect(latency[50] == 3.6e12)
    expectSame(times)
  }

  @Test func `one slow reply of a thousand shows in the highest percentiles only`() {
    var times = Times()
    for _ in 0..<999 { times.recordTime(1000) }
    times.recordTime(1_000_000)
    let latency = Latency(times)
    #expect(latency[99] == 1000)
    #expect(latency[99.9] == 1000)
    #expect(latency[99.99] == 1_000_000)
    #expect(latency.max == 1_000_000)
  }

  @Test func `a small deviation of large times is not lost`() {
    var times = Times()
    // Neighbours: two buckets of an hour's size.
    for time in [3_599_000_000_000, 3_597_000_000_000] as [UInt64] {
      for _ in 0..<500 { times.recordTime(time) }
    }
    expectSame(times)
    #expect(Latency(times).standardDeviation > 0)
  }

  @Test func `a percentile that isn't kept traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Latency(Times())[42]
    }
    expectTrap(result, saying: "the percentiles that are kept are")
  }

  @Test func `other percentiles can be kept`() {
    var times = Times()
    for time in 1...1000 { times.recordTime(UInt64(time)) }
    let latency = Latency(times, keeping: [1, 25, 99.5])
    #expect(latency.kept == [1, 25, 99.5])
    #expect(latency.curve == [1, 25, 99.5].map { Double(times.valueAtPercentile($0)) })
    #expect(latency[25] == latency.curve[1])
    #expect(Latency(Times(), keeping: [50]).curve == [0])
  }
}
