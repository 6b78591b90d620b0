import Foundation
import Testing

@testable import Comparison

@Suite struct HTMLReportTests {
  /// `REPORT_SAMPLE=report.html swift test` writes the page for `Tools/check_report.py`, and the picture beside it.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["REPORT_SAMPLE"] != nil))
  func `a page to look at`() throws {
    let environment = ProcessInfo.processInfo.environment
    let path = environment["REPORT_SAMPLE"]!
    let four = Settings(.standard, peers: [], base: "").cells
    let isLarge = environment["REPORT_SAMPLE_SIZE"] == "large"
    let results = isLarge ? sampleResults(more: 12, cells: four) : sampleResults()
    let report = HTMLReport(results)
    try report.text.write(toFile: path, atomically: true, encoding: .utf8)
    try report.headlinePicture.write(toFile: path + ".svg", atomically: true, encoding: .utf8)
    try MarkdownReport(results).text.write(toFile: path + ".md", atomically: true, encoding: .utf8)
  }
}
