import Testing

@testable import Comparison

@Suite struct MarkdownTests {
  @Test func `a text reads as it is written`() {
    #expect(Markdown.escaped("a | b\nc") == "a \\| b c")
    #expect(Markdown.escaped("<b>&\"") == "&lt;b&gt;&amp;\"")
    #expect(Markdown.escaped("*x* `y` [z](u)") == "\\*x\\* \\`y\\` \\[z\\](u)")
    #expect(Markdown.escaped("uv_try_write _x_") == "uv_try_write \\_x\\_")
    #expect(Markdown.escaped("≥ 5, ≤ 6") == ">= 5, <= 6")
  }

  @Test func `numbers stand to the right`() {
    let table = Document.Table(
      id: "t",
      title: "T",
      columns: [Document.Column(title: "a", isNumeric: false), Document.Column(title: "b")],
      rows: [
        Document.Row(role: .other, cells: [Document.Entry("x|y"), Document.Entry("1", bound: .atLeast)])
      ]
    )
    #expect(Markdown.table(table) == "| a | b |\n| --- | ---: |\n| x\\|y | >= 1 |")
  }

  @Test func `code can have backticks in it`() {
    #expect(Markdown.code("a") == "```\na\n```")
    #expect(Markdown.code("a ```` b") == "`````\na ```` b\n`````")
  }
}
