import Testing

@testable import Comparison

@Suite struct PlainTextTests {
  @Test func `a text stays as it is`() {
    #expect(PlainText.line("<b>&\" *x* `y` ~ 1 \\ a_b #") == "<b>&\" *x* `y` ~ 1 \\ a_b #")
    #expect(PlainText.line("≥ 5, ≤ 6") == ">= 5, <= 6")
  }

  @Test func `a text has one line, and no command for the terminal`() {
    #expect(PlainText.line("a\nb\tc") == "a b c")
    #expect(PlainText.line("a\u{1b}[31mb\u{9b}c") == "a [31mb c")
  }

  @Test func `columns stand below each other, words to the left and numbers to the right`() {
    let table = Document.Table(
      id: "t",
      title: "T",
      columns: [Document.Column(title: "a", isNumeric: false), Document.Column(title: "rate")],
      rows: [
        Document.Row(role: .other, cells: [Document.Entry("x|y"), Document.Entry("1", bound: .atLeast)]),
        Document.Row(role: .other, cells: [Document.Entry("µ"), Document.Entry("12,345")]),
      ]
    )
    #expect(
      PlainText.table(table)
        == "| a   |   rate |\n|-----|-------:|\n| x|y |   >= 1 |\n| µ   | 12,345 |"
    )
  }
}
