import Foundation
import Testing

@testable import Comparison

@Suite struct HTMLReportTests {
  private let text = HTMLReport(steady).text

  @Test func `sections, tables and pictures are there`() {
    for id in [
      "findings", "throughput", "twin", "processor", "latency", "memory", "rounds", "of-2015", "terms",
      "left-out",
      "method", "again",
    ] {
      #expect(text.contains("<section id=\"\(id)\">"), "\(id)")
      #expect(text.contains("<a href=\"#\(id)\">"), "\(id)")
    }
    #expect(text.occurrences(of: "<table ") == 10)
    #expect(text.occurrences(of: "<figure ") == 11)
    #expect(text.occurrences(of: "<figcaption>") == 11)
    #expect(text.occurrences(of: "<svg ") == 11)
    #expect(text.contains("<title>Echo servers, compared: standard profile, 2026-03-01</title>"))
    #expect(text.contains("<strong>1.00</strong><span>1.00–1.00, equal</span>"))
  }

  @Test func `a row has its figures, and what they are sorted by`() {
    #expect(
      text.contains(
        "<tr class=\"other\"><th scope=\"row\">Go<small>go1.19.8</small></th>"
          + "<td class=\"number\" data-key=\"114000.0\">114,000</td>"
      )
    )
    #expect(text.contains("data-key=\"\">it isn&#39;t installed: bin/dart is missing</td>"))
    #expect(text.contains("aria-sort=\"descending\"><button type=\"button\""))
  }

  @Test func `nothing of the templates is left`() {
    #expect(!text.contains("{{"))
    #expect(!text.contains("Optional("))
    #expect(text.hasPrefix("<!doctype html>"))
    #expect(text.hasSuffix("</html>\n"))
  }

  @Test func `nothing is asked of the network`() {
    #expect(!text.contains("http://") && !text.contains("https://"))
    for word in ["<link", "@import", "url(", "src=", "<iframe", "<img", "fetch(", "xlink"] {
      #expect(!text.contains(word), "\(word)")
    }
    #expect(
      text.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"")
    )
  }

  @Test func `hostile names are nothing but names`() {
    let hostile = "<b>&\"'</title></script><script>alert(1)</script>{{title}}"
    var results = steady
    results.entrants[2].name = hostile
    results.entrants[2].version = hostile
    results.entrants[2].notes = [hostile]
    results.entrants[5].problem = hostile
    results.machine.processor = hostile
    results.machine.notes = [hostile]
    results.tool = hostile
    results.settings.peers = [hostile]
    let report = HTMLReport(results)
    for text in [report.text, report.headlinePicture] {
      #expect(!text.contains("<b>"))
      #expect(!text.contains("alert(1)</script>"))
      #expect(text.contains("&lt;b&gt;&amp;&quot;&#39;"))
    }
    #expect(report.text.occurrences(of: "<script>") == 1)
    #expect(report.text.occurrences(of: "<table ") == 10)
  }

  @Test func `the same results give the same page`() {
    #expect(HTMLReport(steady).text == text)
  }

  @Test func `results of nothing make a page, too`() {
    var results = steady
    results.samples = []
    results.summaries = []
    results.entrants = []
    results.latencyRates = []
    #expect(HTMLReport(results).text.contains("<section id=\"method\">"))
  }

  @Test func `every template is known`() {
    for (name, bytes) in HTMLReport.templates { #expect(!bytes.isEmpty, "\(name)") }
  }

  /// `REPORT_SAMPLE=report.html swift test` writes the page for `Tools/check_report.py`, and the others beside it.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_SAMPLE"] != nil))
  func `a page to look at`() throws {
    let environment = ProcessInfo.processInfo.environment
    let path = try #require(environment["REPORT_SAMPLE"])
    let cells = Settings(.standard, peers: [], base: "").cells
    let isLarge = environment["REPORT_SAMPLE_SIZE"] == "large"
    let results = isLarge ? sampleResults(more: 12, cells: cells) : sampleResults()
    let report = HTMLReport(results)
    try report.text.write(toFile: path, atomically: true, encoding: .utf8)
    try report.headlinePicture.write(toFile: "\(path).svg", atomically: true, encoding: .utf8)
    try MarkdownReport(results).text.write(toFile: "\(path).md", atomically: true, encoding: .utf8)
  }
}
