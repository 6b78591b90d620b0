import Testing

@testable import Comparison

@Suite struct CostPictureTests {
  @Test func `it is a file of its own, with a legend, for light and dark`() {
    let text = CostPicture(sampleCost).text
    #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 "))
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(text.contains(">Where the instructions of an echo go</text>"))
    #expect(text.contains("as multiples of what C libuv takes; shorter is better<"))
    #expect(text.contains("Imaginary 9000, 2026-03-01"))
    #expect(text.occurrences(of: "http") == 1)
    #expect(text.occurrences(of: "<g class=\"row ") == 12)
    for slice in Slice.allCases {
      #expect(text.contains("<rect class=\"slice \(slice.colour)\" "), "\(slice)")
      #expect(text.contains(">\(slice.name)</text>"), "\(slice)")
    }
  }

  @Test func `no line of the legend is too long`() {
    let entries = CostPicture(sampleCost).text.matches(
      of: /<text class="caption" x="([0-9.]+)" y="([0-9.]+)">([^<]+)<\/text>/
    )
    let legend = entries.filter { entry in Slice.allCases.contains { $0.name == entry.output.3 } }
    #expect(legend.count == Slice.allCases.count)
    for entry in legend {
      #expect((Double(entry.output.1) ?? 0) + 7 * Double(entry.output.3.count) <= 760)
    }
    #expect(Set(legend.map { String($0.output.2) }).count == 2, "two lines")
  }

  @Test func `every element is closed, whatever the names are`() {
    let hostile = cost([
      rung("c-libuv", "</svg><script>&\"'") { $0.work = [work(.echo, [.libuv: 10])] }
    ])
    for text in [CostPicture(hostile).text, CostPicture(sampleCost).text] {
      #expect(text.matches(of: /<[a-z]+[ >]/).count == text.matches(of: /<\/[a-z]+>/).count)
      #expect(!text.contains("<script"))
    }
  }

  @Test func `no echo is no reason to fail`() {
    #expect(CostPicture(cost([])).text == PictureFile.empty)
    #expect(
      CostPicture(cost([rung("c-libuv") { $0.work = [work(.timer, [.libuv: 1])] }])).text == PictureFile.empty
    )
  }
}
