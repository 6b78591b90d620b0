import Testing

@testable import Comparison

@Suite struct NumbersTests {
  @Test func `decimals are rounded, and what is no number is a dash`() {
    #expect(Numbers.decimal(1.005, 1) == "1.0")
    #expect(Numbers.decimal(0.126, 2) == "0.13")
    #expect(Numbers.decimal(-0.04, 1) == "0.0")
    #expect(Numbers.decimal(-2.5, 1) == "-2.5")
    #expect(Numbers.decimal(.infinity, 2) == "-")
    #expect(Numbers.decimal(.nan, 2) == "-")
  }

  @Test func `counts have commas`() {
    #expect(Numbers.count(0) == "0")
    #expect(Numbers.count(999.6) == "1,000")
    #expect(Numbers.count(27_091) == "27,091")
    #expect(Numbers.count(-1_234_567.0) == "-1,234,567")
    #expect(Numbers.count(Double.nan) == "-")
  }

  @Test func `times and sizes have three digits and the unit that suits them`() {
    #expect(Numbers.time(0.4) == "0.40 µs")
    #expect(Numbers.time(12.34) == "12.3 µs")
    #expect(Numbers.time(999.7) == "1.00 ms")
    #expect(Numbers.time(2_000_000) == "2.00 s")
    #expect(Numbers.bytes(620) == "620 B")
    #expect(Numbers.bytes(9_216) == "9.22 kB")
    #expect(Numbers.bytes(999_900) == "1.00 MB")
    #expect(Numbers.bytes(-4_096) == "-4.10 kB")
  }

  @Test func `shares have no zeros at the end`() {
    #expect(Numbers.percent(0.5) == "50 %")
    #expect(Numbers.percent(0.975) == "97.5 %")
    #expect(Numbers.short(10) == "10")
    #expect(Numbers.short(0.25) == "0.25")
  }

  @Test func `amounts and lists read as in a sentence`() {
    #expect(Numbers.amount(1, "round") == "1 round")
    #expect(Numbers.amount(1_000, "round") == "1,000 rounds")
    #expect(Numbers.list([]) == "")
    #expect(Numbers.list(["a"]) == "a")
    #expect(Numbers.list(["a", "b", "c"]) == "a, b and c")
  }
}
