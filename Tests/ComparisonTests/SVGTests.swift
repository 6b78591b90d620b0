import Testing

@testable import Comparison

@Suite struct SVGTests {
  @Test func `elements nest, and empty attributes are left out`() {
    var svg = SVG()
    svg.begin("g", ["class": "a", "id": ""])
    svg.add("text", ["x": "1"], text: "hello", tooltip: "tip")
    svg.end()
    #expect(svg.text == "<g class=\"a\"><text x=\"1\"><title>tip</title>hello</text></g>")
  }

  @Test func `what comes from outside is escaped wherever it stands`() {
    var svg = SVG()
    svg.add("text", ["class": "\"><script>"], text: "<b>&\"'", tooltip: "</title>")
    #expect(
      svg.text
        == "<text class=\"&quot;&gt;&lt;script&gt;\"><title>&lt;/title&gt;</title>&lt;b&gt;&amp;&quot;&#39;</text>"
    )
    #expect(SVG.escaped("a\u{0}b\u{1b}c") == "a b c")
  }

  @Test func `a long name loses its parentheses, or its end`() {
    #expect(SVG.short("C libuv (again)") == "C libuv (again)")
    #expect(SVG.short("Swift on libuv (uvecho)") == "Swift on libuv")
    #expect(SVG.short("(a name that is nothing but this)") == "(a name that is nothi…")
    #expect(SVG.short("Ruby EventMachine 1234") == "Ruby EventMachine 1234")
  }
}
