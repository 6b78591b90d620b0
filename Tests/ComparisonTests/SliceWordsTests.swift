import Testing

@testable import Comparison

@Suite struct SliceWordsTests {
  @Test func `each slice has a place in a bar, a name, and a sentence`() {
    #expect(Slice.stacked.count == Slice.allCases.count)
    #expect(Set(Slice.stacked) == Set(Slice.allCases))
    #expect(Set(Slice.allCases.map(\.name)).count == Slice.allCases.count)
    for slice in Slice.allCases {
      #expect(slice.explanation.hasSuffix("."), "\(slice)")
      #expect(slice.explanation.occurrences(of: ". ") == 0, "\(slice): one sentence")
    }
  }

  @Test func `each slice has a colour, for light and for dark`() {
    let style = String(decoding: PackageResources.slices_css, as: UTF8.self)
    for slice in Slice.allCases {
      #expect(style.occurrences(of: "--\(slice.colour): #") == 2, "\(slice)")
      #expect(style.contains(".slice.\(slice.colour) { --key: var(--\(slice.colour)); }"), "\(slice)")
    }
    // None twice.
    let colours = style.matches(of: /#[0-9a-f]{6}/).map { String($0.output) }
    #expect(Set(colours).count == 2 * Slice.allCases.count)
  }

  @Test func `each kind of work reads in a sentence`() {
    #expect(Work.allCases.map(\.one) == ["an echo", "a connection", "a timer", "a wake-up"])
    for work in Work.allCases { #expect(!work.explanation.hasSuffix(".")) }
  }
}
