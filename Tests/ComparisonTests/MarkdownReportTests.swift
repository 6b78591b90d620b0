import Testing

@testable import Comparison

@Suite struct MarkdownReportTests {
  @Test func `all that there is to say is there, in order`() {
    let text = MarkdownReport(steady).text
    #expect(
      text.matches(of: /(?m)^## (.+)$/).map { String($0.output.1) } == [
        "Swift on libuv (uvecho) and C libuv", "Responses a second", "The same server twice",
        "Latency at a fixed rate",
        "Memory, start and survival", "As it was asked in 2015", "What can't be equal", "What is left out",
        "How it was measured", "Measure it again",
      ]
    )
    #expect(text.hasPrefix("# Echo servers, compared\n\n- what: 5 servers"))
    #expect(text.contains("\n> **Note:** The two processors are threads of one core"))
    #expect(
      text.contains(
        "\n- responses a second: **1.00** (1.00–1.00, equal) with 100 persistent clients, 64 bytes; processor time"
      )
    )
    #expect(
      text.contains(
        "\n| Go | go1.19.8 | 114,000 | 0.76 (0.76–0.76) | 8.68 (3.30 + 5.38) | 1.32 (1.32–1.32) | server |"
      )
    )
    #expect(text.contains("\n```\nuvecho compare --profile standard"))
    #expect(!text.contains("<svg"))
  }

  @Test func `a lower bound is marked as the program marks it`() {
    let text = MarkdownReport(limited).text
    #expect(text.contains("| C io_uring | Linux 6.1.0, liburing 2.3 | >= 196,500 | >= 1.31 (1.31–1.31) |"))
    #expect(!text.contains("≥"))
  }

  @Test func `three rounds are called what they are`() {
    let text = MarkdownReport(sampleResults(rounds: 3, noise: 0)).text
    #expect(text.contains("covers less than 95 %"))
    #expect(text.contains("0.76 (0.76–0.76, range of 3 rounds)"))
  }

  @Test func `a name can't break a table`() {
    var results = steady
    results.entrants[2].name = "<b>&\" | x\n# y"
    let text = MarkdownReport(results).text
    #expect(text.contains("\n| &lt;b&gt;&amp;\" \\| x \\# y | go1.19.8 | 114,000 |"))
    #expect(!text.contains("<b>"))
  }

  @Test func `the same results give the same text`() {
    #expect(MarkdownReport(sampleResults(rounds: 2)).text == MarkdownReport(sampleResults(rounds: 2)).text)
  }
}
