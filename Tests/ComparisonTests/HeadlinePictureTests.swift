import Testing

@testable import Comparison

@Suite struct HeadlinePictureTests {
  @Test func `it is a file of its own, for light and dark`() {
    let text = HeadlinePicture(steady).text
    #expect(text.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 "))
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(text.contains("Responses a second as a multiple of those of C libuv"))
    #expect(
      text.contains(
        "100 persistent clients, 64 bytes, closed loop, 10 rounds; the whisker is the 95 % interval<"
      )
    )
    #expect(text.contains("Imaginary 9000, 2026-03-01"))
    #expect(text.occurrences(of: "http") == 1)
    #expect(text.occurrences(of: "<g class=\"row ") == 7)
  }

  @Test func `where the clients were the limit it is of processor time`() {
    let text = HeadlinePicture(held(["c-libuv"])).text
    #expect(text.contains("Processor time for a reply as a multiple of that of C libuv"))
    #expect(text.contains(">shorter is better; 100 persistent clients"))
    #expect(text.contains("<tspan>1.32</tspan>"))
    #expect(!text.contains("Responses a second"))
  }

  @Test func `every element is closed, whatever the names are`() {
    var results = steady
    results.entrants[2].name = "</svg><script>&\"'"
    for text in [HeadlinePicture(results).text, HeadlinePicture(steady).text] {
      let opened = text.matches(of: /<[a-z]+[ >]/).count
      let closed = text.matches(of: /<\/[a-z]+>/).count
      #expect(opened == closed)
      #expect(!text.contains("<script"))
    }
  }

  @Test func `no workload is no reason to fail`() {
    var results = steady
    results.settings.cells = []
    #expect(HeadlinePicture(results).text.hasPrefix("<svg "))
  }
}
