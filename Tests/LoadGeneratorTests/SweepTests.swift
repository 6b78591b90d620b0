import Testing

@testable import LoadGenerator

@Suite struct SweepTests {
  /// The shares of a text in percent, rounded, since sums of fractions are never exact.
  private func percents(_ text: String) throws -> [Double] {
    try #require(Sweep(text)).shares.map { ($0 * 100_000).rounded() / 1000 }
  }

  @Test func `a sweep goes in steps of ten`() throws {
    #expect(try percents("10%..90%") == [10, 20, 30, 40, 50, 60, 70, 80, 90])
    #expect(try #require(Sweep("10%..20%")).shares == [0.1, 0.2])
  }

  @Test func `a sweep goes in steps of its own`() throws {
    #expect(try percents("20%..40%/5%") == [20, 25, 30, 35, 40])
    #expect(try percents("1%..2%/0.25%") == [1, 1.25, 1.5, 1.75, 2])
  }

  @Test func `the last share is the last that a step reaches`() throws {
    #expect(try percents("10%..95%") == [10, 20, 30, 40, 50, 60, 70, 80, 90])
    #expect(try percents("10%..30%/7%") == [10, 17, 24])
    #expect(try percents("50%..60%/100%") == [50])
  }

  @Test(arguments: ["0.1%..0.3%/0.1%", "0.7%..2.1%/0.7%", "33.3%..99.9%/33.3%"])
  func `the last share isn't lost by rounding`(text: String) throws {
    #expect(try #require(Sweep(text)).shares.count == 3)
  }

  @Test(arguments: ["50%..50%", "10%..10%/0.0000000001%", "10%..10%/1%", "10%..10%/1000000000%"])
  func `a range of one share has that one`(text: String) throws {
    #expect(try #require(Sweep(text)).shares.count == 1)
  }

  @Test func `a hundred shares are allowed, and no more`() throws {
    #expect(try #require(Sweep("1%..100%/1%")).shares.count == 100)
    #expect(Sweep("1%..101%/1%") == nil)
    #expect(Sweep("1%..2%/0.001%") == nil)
  }

  @Test func `shares go up to twice the capacity`() throws {
    #expect(try #require(Sweep("100%..200%")).shares.last == 2)
    #expect(Sweep("100%..201%") == nil)
  }

  @Test(
    arguments: [
      "", "..", "%..%", "10..90", "10%", "10%..", "..90%", "10%.90%", "10%..90", "10..90%", "90%..10%",
      "0%..90%", "-10%..90%", "10%..90%/", "10%..90%/0%", "10%..90%/-5%", "10%..90%/5", "10%..90%/5%/5%",
      "10 %..90 %", "x%..y%", "nan%..90%", "10%..inf%", "10%..90%/nan%", "10%..20%..30%",
    ]
  )
  func `a text that is no sweep is refused`(text: String) {
    #expect(Sweep(text) == nil)
  }

  // MARK: The knee

  @Test func `the knee is where the p99 has grown more than tenfold`() {
    let first = sampleOutcome(corrected: [1_000_000])
    #expect(!Sweep.isBeyondKnee(first, first: first))
    #expect(!Sweep.isBeyondKnee(sampleOutcome(corrected: [9_900_000]), first: first))
    #expect(Sweep.isBeyondKnee(sampleOutcome(corrected: [10_100_000]), first: first))
  }

  @Test func `the corrected latency tells the knee`() {
    let first = sampleOutcome(corrected: [1_000_000], raw: [1_000_000])
    #expect(!Sweep.isBeyondKnee(sampleOutcome(corrected: [2_000_000], raw: [90_000_000]), first: first))
    #expect(Sweep.isBeyondKnee(sampleOutcome(corrected: [90_000_000], raw: [1_000_000]), first: first))
  }

  @Test func `a few slow replies are no knee`() {
    let first = sampleOutcome(corrected: [1_000_000])
    let times = Array(repeating: 1_000_000 as UInt64, count: 995) + Array(repeating: 90_000_000, count: 5)
    #expect(!Sweep.isBeyondKnee(sampleOutcome(corrected: times), first: first))
  }

  @Test func `a rate that can't be sent is beyond the knee`() {
    let first = sampleOutcome()
    #expect(Sweep.isBeyondKnee(sampleOutcome(reasons: [.rateNotSent(share: 0.9)]), first: first))
  }
}
