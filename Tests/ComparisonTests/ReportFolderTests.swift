import FoundationEssentials
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

@Suite struct ReportFolderTests {
  private func withFolder(_ body: (ReportFolder) throws -> Void) throws {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try body(ReportFolder("\(folder)/deep/report"))
    }
  }

  private func names(_ folder: ReportFolder) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  @Test func `the folder is made, with a place for what servers print`() throws {
    try withFolder { (folder: ReportFolder) throws in
      #expect(try names(folder) == ["logs"])
      // It may be there already.
      #expect(try ReportFolder(folder.path).path == folder.path)
    }
  }

  @Test func `what is written is read, and takes the place of what was there`() throws {
    try withFolder { (folder: ReportFolder) throws in
      #expect(try folder.results == nil)
      var results = steady
      results.samples.removeLast()
      try folder.write(results)
      #expect(try folder.results?.samples.count == results.samples.count)
      try folder.write(steady)
      #expect(try folder.results?.samples.count == steady.samples.count)
      #expect(try names(folder) == ["logs", "results.json"], "nothing else is left")
    }
  }

  @Test func `the reports are drawn beside the results`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try folder.draw(steady)
      #expect(try names(folder) == ["headline.svg", "logs", "report.html", "report.md"])
      #expect(ProcessUsage.text(folder.pagePath) == HTMLReport(steady).text)
      #expect(ProcessUsage.text("\(folder.path)/report.md") == MarkdownReport(steady).text)
      #expect(ProcessUsage.text("\(folder.path)/headline.svg") == HTMLReport(steady).headlinePicture)
    }
  }

  @Test func `results that are put aside have the name of their beginning, and nothing is lost`() throws {
    try withFolder { (folder: ReportFolder) throws in
      #expect(try folder.putAside() == nil)
      for name in ["results-20260301T093000Z.json", "results-20260301T093000Z-2.json"] {
        try folder.write(steady)
        #expect(try folder.putAside() == "\(folder.path)/\(name)")
      }
      try Data("no".utf8).write(to: URL(filePath: folder.resultsPath))
      #expect(try folder.putAside() == "\(folder.path)/results-earlier.json")
      #expect(
        try names(folder) == [
          "logs", "results-20260301T093000Z.json", "results-20260301T093000Z-2.json", "results-earlier.json",
        ]
      )
    }
  }

  @Test func `what can't be read is told with its file`() throws {
    try withFolder { (folder: ReportFolder) throws in
      try Data("no".utf8).write(to: URL(filePath: folder.resultsPath))
      let error = #expect(throws: UnreadableReport.self) { try folder.results }
      #expect(error?.description == "\(folder.resultsPath): it isn't JSON")
      let missing = #expect(throws: UnreadableReport.self) {
        try ReportFolder.results(from: "/no/results.json")
      }
      #expect(missing?.description == "/no/results.json: it can't be read")
    }
  }

  @Test func `what can't be written is told with its path`() throws {
    let none = #expect(throws: UnwritableReport.self) { try ReportFolder("/proc/none") }
    #expect(none?.description == "can't write /proc/none")
    try withFolder { (folder: ReportFolder) throws in
      // A folder stands where the file should.
      try FileManager.default.createDirectory(atPath: folder.resultsPath, withIntermediateDirectories: true)
      let error = #expect(throws: UnwritableReport.self) { try folder.write(steady) }
      #expect(error?.description == "can't write \(folder.resultsPath)")
    }
  }
}
