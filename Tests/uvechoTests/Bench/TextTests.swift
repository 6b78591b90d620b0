import Testing

@testable import uvecho_tools

@Suite struct TextTests {
  @Test(
    arguments: [
      (0.0, 0, "0"),
      (0.0, 2, "0.00"),
      (12.5, 2, "12.50"),
      (0.005, 2, "0.01"),
      (0.004, 2, "0.00"),
      (-0.004, 2, "0.00"),
      (-1.25, 1, "-1.3"),
      (999.96, 1, "1000.0"),
      (0.05, 3, "0.050"),
      (1234567, 0, "1234567"),
      (1e17, 0, "100000000000000000"),
    ]
  )
  func `a number has so many digits after the point`(value: Double, digits: Int, text: String) {
    #expect(Text.number(value, digits) == text)
  }

  @Test func `a number that is none, or too large for digits, doesn't end the program`() {
    #expect(Text.number(.nan, 2) == "-")
    #expect(Text.number(.infinity, 0) == "-")
    #expect(Text.number(1e30, 2) == "1e+30")
    #expect(Text.number(-1e18, 0) == "-1e+18")
  }

  @Test(
    arguments: [
      (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000"),
      (-999, "-999"), (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
    ]
  )
  func `a count has commas`(value: Int, text: String) {
    #expect(Text.count(value) == text)
  }

  @Test(
    arguments: [
      (0.0, "0.00 us"), (1, "0.00 us"), (500, "0.50 us"), (1000, "1.00 us"), (9994, "9.99 us"),
      (9996, "10.0 us"), (12_345, "12.3 us"), (99_940, "99.9 us"), (99_960, "100 us"), (999_000, "999 us"),
      (999_400, "999 us"), (999_600, "1.00 ms"), (999.6, "1.00 us"),
      (1e6, "1.00 ms"), (1.5e6, "1.50 ms"), (2e9, "2.00 s"), (3.6e12, "3600 s"),
    ]
  )
  func `a time has three digits and the unit that suits it`(nanoseconds: Double, text: String) {
    #expect(Text.time(nanoseconds) == text)
  }

  @Test(
    arguments: [
      (0, "0 B"), (512, "512 B"), (999, "999 B"), (1000, "1.0 kB"), (1_500_000, "1.5 MB"),
      (2_000_000_000, "2.0 GB"), (3_000_000_000_000, "3.0 TB"),
    ]
  )
  func `a number of bytes has a unit`(count: Int, text: String) {
    #expect(Text.bytes(count) == text)
  }

  @Test func `a share is told in hundredths`() {
    #expect(Text.percent(0.975) == "97.5 %")
    #expect(Text.percent(1) == "100.0 %")
    #expect(Text.percent(0) == "0.0 %")
  }

  @Test func `columns stand below each other, the first to the left and the others to the right`() {
    let text = Text.table([["", "a", "bbbb"], ["name", "12345", "1"], ["x"]])
    #expect(
      text == """
                  a  bbbb
        name  12345     1
        x
        """
    )
    #expect(Text.table([]) == "")
  }
}
