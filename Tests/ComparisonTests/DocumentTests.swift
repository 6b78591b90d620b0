import Testing

@testable import Comparison

@Suite struct DocumentTests {
  @Test func `a ratio is equal where its interval holds 1`() {
    let equal = Ratio(value: 1.02, low: 0.99, high: 1.05, rounds: 10)
    #expect(Document.Entry(equal).text == "1.02 (0.99–1.05), equal")
    #expect(Document.Entry(equal).key == 1.02)
    // Two that were held back by the clients are not found equal.
    #expect(Document.Entry(equal, bound: .unknown).signed == "~ 1.02 (0.99–1.05)")
    #expect(Document.Entry(equal, bound: .atLeast).signed == "≥ 1.02 (0.99–1.05)")
    let other = Ratio(value: 0.76, low: 0.75, high: 0.78, rounds: 10)
    #expect(Document.Entry(other).text == "0.76 (0.75–0.78)")
    #expect(Document.Entry(nil as Ratio?).text == "-")
  }

  @Test func `with few rounds the interval is called what it is`() {
    let ratio = Ratio(value: 1.2, low: 1.1, high: 1.3, rounds: 3)
    #expect(Document.Entry(ratio).text == "1.20 (1.10–1.30, range of 3 rounds)")
    #expect(!Ratio(value: 1.2, low: 1.1, high: 1.3, rounds: 6).isRange)
  }

  @Test func `a ratio has the digits that it takes`() {
    #expect(
      Document.Entry(Ratio(value: 0.121, low: 0.118, high: 0.1234, rounds: 10)).text == "0.121 (0.118–0.123)"
    )
    #expect(
      Document.Entry(Ratio(value: 42.83, low: 41.1, high: 47.33, rounds: 10)).text == "42.8 (41.1–47.3)"
    )
    // It doesn't hold 1, and must not look as if it did.
    #expect(
      Document.Entry(Ratio(value: 0.98, low: 0.966, high: 0.997, rounds: 10)).text == "0.980 (0.966–0.997)"
    )
  }

  @Test func `a bound stands before its figure`() {
    #expect(Document.Entry("5").signed == "5")
    #expect(Document.Entry("5", bound: .atLeast).signed == "≥ 5")
    #expect(Document.Entry("5", bound: .atMost).signed == "≤ 5")
    #expect(Document.Entry("5", bound: .unknown).signed == "~ 5")
  }
}
