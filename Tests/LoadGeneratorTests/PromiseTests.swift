import Testing

@testable import LoadGenerator

@Suite struct PromiseTests {
  @Test(
    arguments: [
      ("p99<2ms", .percentile(99), 2e6), ("p50<1s", .percentile(50), 1e9), ("p75<7us", .percentile(75), 7e3),
      ("p90<7µs", .percentile(90), 7e3), ("p99.9<500us", .percentile(99.9), 5e5),
      ("p999<500us", .percentile(99.9), 5e5), ("p9999<100ns", .percentile(99.99), 100),
      ("p99.99<1ms", .percentile(99.99), 1e6), ("mean<1.5ms", .mean, 1.5e6), ("max<0.25s", .max, 2.5e8),
    ] as [(String, Promise.Figure, Double)]
  )
  func `a promise is a figure and a bound`(text: String, figure: Promise.Figure, bound: Double) throws {
    let promise = try #require(Promise(text))
    #expect(promise.figure == figure)
    #expect(promise.bound == bound)
  }

  @Test(
    arguments: [
      "", "<", "p99", "p99<", "<2ms", "p99<2", "p99<ms", "p99<-2ms", "p99<0ms", "p99<2m", "p99<2h",
      "p99<x ms",
      "p99<2ms<3ms", "p99>2ms", "p99=2ms", "p98<2ms", "p100<2ms", "p0<2ms", "p1000<2ms", "p<2ms", "99<2ms",
      "median<2ms", "P99<2ms", "p99 <2ms", "p99< 2ms", "p99<2 ms", "p99<nans", "p99<infs", "p99<infms",
      "pnan<2ms", "pinf<2ms", "p99<1e308s",
    ]
  )
  func `a text that is no promise is refused`(text: String) {
    #expect(Promise(text) == nil)
  }

  @Test(
    arguments: [
      "p50<1us", "p75<2ms", "p90<3s", "p99<2ms", "p99.9<500us", "p99.99<1.5ms", "mean<0.5us", "max<999us",
      "mean<1000s",
    ]
  )
  func `the description can be read again`(text: String) throws {
    let promise = try #require(Promise(text))
    #expect(promise.description == text)
    #expect(Promise(promise.description) == promise)
  }

  @Test func `a bound that no integer holds has a description`() throws {
    #expect(try #require(Promise("p99<1e20s")).description.hasPrefix("p99<"))
  }

  @Test func `the description has the unit that suits`() throws {
    #expect(try #require(Promise("p999<0.5ms")).description == "p99.9<500us")
    #expect(try #require(Promise("p99<2000us")).description == "p99<2ms")
    #expect(try #require(Promise("max<1000ms")).description == "max<1s")
    #expect(try #require(Promise("mean<500ns")).description == "mean<0.5us")
  }

  @Test func `the value is that of the figure`() throws {
    let latency = Latency(sampleTimes((1...1000 as ClosedRange<UInt64>).map { $0 * 1000 }))
    #expect(try #require(Promise("mean<1s")).value(in: latency) == latency.mean)
    #expect(try #require(Promise("max<1s")).value(in: latency) == latency.max)
    for percentile in Latency.usual {
      #expect(try #require(Promise("p\(percentile)<1s")).value(in: latency) == latency[percentile])
    }
  }

  @Test func `a promise is kept when the corrected latency is below its bound`() throws {
    let promise = try #require(Promise("p99<2ms"))
    #expect(promise.isKept(by: sampleOutcome(corrected: [1_000_000])))
    #expect(promise.isKept(by: sampleOutcome(corrected: [1_000_000], raw: [5_000_000])))
    #expect(!promise.isKept(by: sampleOutcome(corrected: [3_000_000], raw: [1_000_000])))
    #expect(!promise.isKept(by: sampleOutcome(corrected: [2_000_000])), "the bound itself is too long")
  }

  @Test func `a run that is invalid or had a failure keeps no promise`() throws {
    let promise = try #require(Promise("p99<2ms"))
    #expect(!promise.isKept(by: sampleOutcome(reasons: [.rateNotSent(share: 0.9)])))
    #expect(!promise.isKept(by: sampleOutcome(errors: [Failure(.read, .reset): 1])))
    #expect(promise.isKept(by: sampleOutcome(isClientLimited: true)))
  }
}
