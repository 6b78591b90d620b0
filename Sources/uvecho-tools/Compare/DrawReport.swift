import ArgumentParser
import Comparison
import FoundationEssentials
import UvechoSupport

struct DrawReport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "Draw the report of a comparison or of a cost again, or tell what has changed between two comparisons.",
    discussion: """
      With one results.json it writes report.html, report.md and headline.svg beside it, and with one cost.json \
      cost.html, cost.md and cost.svg. With two results.json it prints what has changed from the first to the second, \
      with intervals.

      Examples:
        uvecho report report/results.json
        uvecho report report/results.json --output elsewhere
        uvecho report report/cost.json
        uvecho report before/results.json after/results.json
      """
  )

  @Argument(
    help: ArgumentHelp(
      "One results.json or cost.json, or two results.json: before, and after.",
      valueName: "results.json"
    )
  )
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
      let files = files.map(Self.file)
      if files.count == 2 {
        let all = try files.map(ReportFolder.results)
        Output.line(ResultsComparison(before: all[0], after: all[1]).text)
        return
      }
      // What can't be read leaves no folder behind.
      let content = try ReportFolder.content(of: files[0])
      let report = try ReportFolder(output ?? Self.folder(of: files[0]))
      switch content {
      case .comparison(let results):
        try report.draw(results)
        Output.line(report.pagePath)
      case .cost(let results):
        try report.draw(results)
        Output.line(report.costPagePath)
      }
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
  }

  /// A report's folder stands for what is in it.
  private static func file(_ path: String) -> String {
    let names = ["results.json", "cost.json"].map { "\(path)/\($0)" }
    return names.first(where: FileManager.default.fileExists(atPath:)) ?? path
  }

  /// The folder that a file is in.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
