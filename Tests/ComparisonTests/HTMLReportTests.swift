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
    #expect(text.contains("<em>responses a second</em><strong>1.00</strong><span>1.00–1.00, equal</span>"))
  }

  @Test func `every round, and all tables of latency but the first, are folded`() {
    #expect(text.occurrences(of: "<details>") == 4 && text.occurrences(of: "</details>") == 4)
    #expect(
      text.contains(
        "<h2>Every round</h2>\n<details>\n<summary>Show each round of 2 workloads</summary>\n<div"
      )
    )
    #expect(!text.contains("<summary><h3 id=\"latency-persistent-100-64-25-title\">"))
    #expect(text.contains("<details>\n<summary><h3 id=\"latency-persistent-100-64-50-title\">"))
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

  @Test func `it is one page, of values and not of optionals`() {
    #expect(!text.contains("Optional(") && !text.contains("HTML("))
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

  /// `make report-check` opens it in a browser: as many servers as there are, with all that can happen to one.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_FOLDER"] != nil))
  func `a report to look at`() throws {
    let path = try #require(ProcessInfo.processInfo.environment["REPORT_FOLDER"])
    let folder = URL(fileURLWithPath: path, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func write(_ text: String, _ name: String) throws {
      try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    }
    let results = sampleResults(more: 12, cells: Settings(.standard, peers: [], base: "").cells)
    let report = HTMLReport(results)
    try write(report.text, "report.html")
    try write(report.headlinePicture, "headline.svg")
    try write(MarkdownReport(results).text, "report.md")
    // Few rounds have longer words for their intervals, and there are fewer figures.
    let quick = sampleResults(rounds: 2, cells: Settings(.quick, peers: [], base: "").cells)
    try write(HTMLReport(quick).text, "quick.html")
    // As it looks where clients are the limit.
    var limited = results
    limited.samples = limited.samples.map { sample in
      guard let load = sample.load, sample.share == nil, load.clientShare > 0.5 else { return sample }
      var sample = sample
      sample.load?.limiter = sample.round % 3 == 0 ? .both : .client
      return sample
    }
    limited.summarize()
    let limitedReport = HTMLReport(limited)
    try write(limitedReport.text, "limited.html")
    try write(limitedReport.headlinePicture, "limited.svg")
  }
}
