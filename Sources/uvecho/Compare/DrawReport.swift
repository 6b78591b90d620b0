import ArgumentParser
import Comparison
import FoundationEssentials

struct DrawReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Draw the report of a comparison again, or tell what has changed between two.",
    discussion: """
      With one results.json it writes report.html, report.md and headline.svg beside it. With two it prints what has \
      changed from the first to the second, with intervals.

      Examples:
        uvecho report report/results.json
        uvecho report report/results.json --output elsewhere
        uvecho report before/results.json after/results.json
      """
  )

  @Argument(help: ArgumentHelp("One results.json, or two: before, and after.", valueName: "results.json"))
  var files: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder to write to. (default: the file's own)", valueName: "folder")
  )
  var output: String?

  func validate() throws {
    guard (1...2).contains(files.count) else {
      throw ValidationError("one results.json is drawn, two are compared; these are \(files.count)")
    }
    guard files.count == 1 || output == nil else {
      throw ValidationError("--output is for one results.json: what has changed between two is printed")
    }
    guard output != "" else { throw ValidationError("--output needs the name of a folder") }
  }

  func run() throws {
    do {
      // A report's folder stands for what is in it.
      let files = files.map {
        FileManager.default.fileExists(atPath: "\($0)/results.json") ? "\($0)/results.json" : $0
      }
      let all = try files.map(ReportFolder.results)
      if all.count == 2 {
        Output.line(ResultsComparison(before: all[0], after: all[1]).text)
        return
      }
      let report = try ReportFolder(output ?? Self.folder(of: files[0]))
      try report.draw(all[0])
      Output.line(report.pagePath)
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
  }

  /// The folder that a file is in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
