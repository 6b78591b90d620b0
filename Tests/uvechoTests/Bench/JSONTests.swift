import Testing

@testable import uvecho_tools

@Suite struct JSONTests {
  private struct Sample: Encodable {
    let zebra: Int
    let apple: String
    let middle: Double?
    let list: [Int]
  }

  @Test func `fields stand in the order of their names, one a line, and the text ends with a line's end`()
    throws
  {
    let sample = Sample(zebra: 1, apple: "a/b \"ä\"", middle: 0.5, list: [1])
    let text = try JSON.text(sample)
    #expect(
      text == """
        {
          "apple" : "a/b \\"ä\\"",
          "list" : [
            1
          ],
          "middle" : 0.5,
          "zebra" : 1
        }

        """
    )
  }

  @Test func `what is nil is absent`() throws {
    let text = try JSON.text(Sample(zebra: 1, apple: "", middle: nil, list: []))
    #expect(!text.contains("middle"))
    #expect(!text.contains("null"))
  }

  @Test func `a number that JSON has no form for is an error`() {
    #expect(throws: EncodingError.self) { try JSON.text([Double.nan]) }
  }
}
