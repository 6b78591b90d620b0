import Testing

@testable import Comparison

@Suite struct HTMLTests {
  private let hostile = "<b>&\"'"

  @Test func `a literal is markup, and a text in it is escaped wherever it stands`() {
    let html: HTML = "<a title=\"\(hostile)\">\(hostile)</a>"
    #expect(html.text == "<a title=\"&lt;b&gt;&amp;&quot;&#39;\">&lt;b&gt;&amp;&quot;&#39;</a>")
  }

  @Test func `a piece in another isn't escaped again`() {
    let name: HTML = "<b>\(hostile)</b>"
    let html: HTML = "<p>\(name)\(HTML(markup: "<hr>"))</p>"
    #expect(html.text == "<p><b>&lt;b&gt;&amp;&quot;&#39;</b><hr></p>")
  }

  @Test func `a sign with something joined to it is escaped, too`() {
    // One character to people, and two to a browser, which sees a tag.
    let html: HTML = "<p>\("<\u{301}script>")</p>"
    #expect(html.text == "<p>&lt;\u{301}script&gt;</p>")
  }

  @Test func `pieces for each value, and for one that may be there`() {
    #expect(HTML.each(["a", "<"]) { "<li>\($0)</li>" }.text == "<li>a</li><li>&lt;</li>")
    #expect(HTML.each([String]()) { "<li>\($0)</li>" } == "")
    #expect(HTML.ifSome("<") { "<p>\($0)</p>" }.text == "<p>&lt;</p>")
    #expect(HTML.ifSome(String?.none) { "<p>\($0)</p>" } == "")
  }
}
