import Foundation
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

@Suite struct ReportFolderCostTests {
  private func withFolder(_ body: (ReportFolder) throws -> Void) throws {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try body(ReportFolder("\(folder)/deep/report"))
    }
  }

  @Test func `what is written is read, and the reports are drawn beside it`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try folder.write(slowCost)
      #expect(try ReportFolder.cost(from: folder.costPath).rungs.count == slowCost.rungs.count)
      try folder.draw(slowCost)
      #expect(
        Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)) == [
          "cost.html", "cost.json", "cost.md", "cost.svg", "logs",
        ]
      )
      #expect(ProcessUsage.text(folder.costPagePath) == HTMLReport(slowCost).text)
      #expect(ProcessUsage.text("\(folder.path)/cost.md") == MarkdownReport(slowCost).text)
      #expect(ProcessUsage.text("\(folder.path)/cost.svg") == HTMLReport(slowCost).headlinePicture)
    }
  }

  @Test func `a file is whichever report it is`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try folder.write(slowCost)
      try folder.write(steady)
      guard case .cost(let cost) = try ReportFolder.content(of: folder.costPath),
        case .comparison(let results) = try ReportFolder.content(of: folder.resultsPath)
      else {
        Issue.record("a report was taken for another")
        return
      }
      #expect(cost.base == "c-libuv")
      #expect(results.entrants == steady.entrants)
    }
  }

  @Test func `what can't be read is told with its file`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try folder.write(steady)
      let other = #expect(throws: UnreadableReport.self) { try ReportFolder.cost(from: folder.resultsPath) }
      #expect(other?.description == "\(folder.resultsPath): it isn't the cost.json of `uvecho cost`")
      try Data(#"{"kind": "cost", "schema": 2}"#.utf8).write(to: URL(fileURLWithPath: folder.costPath))
      let schema = #expect(throws: UnreadableReport.self) { try ReportFolder.content(of: folder.costPath) }
      #expect(schema?.description == "\(folder.costPath): its schema is 2, and this program knows 1")
      let missing = #expect(throws: UnreadableReport.self) { try ReportFolder.content(of: "/no/cost.json") }
      #expect(missing?.description == "/no/cost.json: it can't be read")
    }
  }

  @Test func `what can't be written is told with its path`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try FileManager.default.createDirectory(atPath: folder.costPagePath, withIntermediateDirectories: true)
      let error = #expect(throws: UnwritableReport.self) { try folder.draw(slowCost) }
      #expect(error?.description == "can't write \(folder.costPagePath)")
    }
  }

  @Test func `a page has no names but as names`() {
    let hostile = "<b>&\"'</title></script><script>alert(1)</script>{{title}}"
    var results = sampleCost
    results.tool = hostile
    results.rungs[2].name = hostile
    results.rungs[2].version = hostile
    results.rungs[2].notes = [hostile]
    results.rungs[2].work[0].functions[0].name = hostile
    results.rungs[2].work[0].systemCalls = [hostile: 1]
    results.rungs[11].problems = [hostile]
    let report = HTMLReport(results)
    for text in [report.text, report.headlinePicture] {
      #expect(!text.contains("<b>") && !text.contains("alert(1)</script>"))
      #expect(text.contains("&lt;b&gt;&amp;&quot;&#39;"))
    }
    #expect(report.text.occurrences(of: "<script>") == 1)
    #expect(report.text.contains("aria-label=\"Single out a slice\""))
    #expect(!report.text.contains("Optional(") && !report.text.contains("https://"))
    #expect(report.text.contains("<title>What each layer costs: from the kernel up, 2026-03-01</title>"))
    #expect(!MarkdownReport(results).text.contains("<b>"))
  }

  @Test func `costs of next to nothing make a page, too`() {
    let some = [
      cost([]), cost([rung("c-libuv")]), cost([rung("a") { $0.problems = ["it isn't built"] }]),
      cost([rung("c-libuv") { $0.work = [work(.echo, [:])] }]), cost([sampleCost.rungs[4]], base: "none"),
    ]
    for results in some {
      let report = HTMLReport(results)
      #expect(report.text.contains("<section id=\"method\">"))
      #expect(!report.text.contains("nan") && report.headlinePicture.hasPrefix("<svg "))
      #expect(MarkdownReport(results).text.hasPrefix("# What each layer costs\n"))
    }
  }

  /// `make report-check` opens it in a browser.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_FOLDER"] != nil))
  func `a report to look at`() throws {
    let folder = try ReportFolder(#require(ProcessInfo.processInfo.environment["REPORT_FOLDER"]))
    let results = noisyCost(noise: 1)
    try folder.write(results)
    try folder.draw(results)
  }
}
