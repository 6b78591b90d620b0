import Testing

@testable import Comparison

@Suite struct PictureFileTests {
  private func file(_ text: String, styles: [UInt8] = []) -> String {
    PictureFile(title: text, subtitle: text, foot: text, styles: styles, height: 100) { width, x, y in
      var svg = SVG()
      svg.add("rect", ["width": SVG.place(width), "x": SVG.place(x), "y": SVG.place(y)])
      return svg
    }.text
  }

  @Test func `the content lies within its frame`() {
    let text = file("a")
    #expect(text.contains("width=\"760\" height=\"214\""))
    #expect(text.contains("<rect width=\"704\" x=\"28\" y=\"74\">"))
    #expect(text.contains("y=\"196\">a</text>"), "the foot")
    #expect(text.hasSuffix("</svg>\n"))
  }

  @Test func `a style of the content's own is added`() {
    #expect(!file("a").contains(".mine"))
    #expect(file("a", styles: Array(".mine {}".utf8)).contains(".mine {}</style>"))
  }

  @Test func `texts are nothing but texts`() {
    let text = file("<b>&\"")
    #expect(text.occurrences(of: "&lt;b&gt;&amp;&quot;") == 5)
    #expect(!text.contains("<b>"))
  }

  @Test func `the place is machine and day`() {
    #expect(PictureFile.place(slowCost.machine, "2026-03-01T09:30:00Z") == "Imaginary 9000, 2026-03-01")
  }
}
