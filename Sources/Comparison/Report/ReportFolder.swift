internal import FoundationEssentials
internal import LoadGenerator

/// The folder that a comparison's results and reports are in.
public struct ReportFolder: Sendable {
  /// Its path.
  public let path: String

  /// The file with the results.
  public var resultsPath: String { "\(path)/results.json" }
  /// The page.
  public var pagePath: String { "\(path)/report.html" }
  /// The folder for what servers print.
  public var logPath: String { "\(path)/logs" }

  /// Makes the folder, if it isn't there.
  ///
  /// - Throws: ``UnwritableReport``.
  public init(_ path: String) throws {
    self.path = path
    do {
      try FileManager.default.createDirectory(atPath: "\(path)/logs", withIntermediateDirectories: true)
    } catch {
      throw UnwritableReport(path: path)
    }
  }

  /// Reads results from a file.
  ///
  /// - Throws: ``UnreadableReport``, which names the file.
  public static func results(from path: String) throws -> Results {
    guard let text = ProcessUsage.text(path) else {
      throw UnreadableReport(path: path, reason: "it can't be read")
    }
    do {
      return try Results(json: text)
    } catch let error as UnreadableResults {
      throw UnreadableReport(path: path, reason: error.reason)
    }
  }

  /// The results that are in the folder; nil when there are none.
  ///
  /// - Throws: ``UnreadableReport``, which names the file.
  public var results: Results? {
    get throws {
      guard FileManager.default.fileExists(atPath: resultsPath) else { return nil }
      return try Self.results(from: resultsPath)
    }
  }

  /// Writes the results. Whoever reads meanwhile gets these, or the ones before, whole.
  ///
  /// - Throws: ``UnwritableReport``.
  public func write(_ results: Results) throws {
    try write(results.json(), to: resultsPath)
  }

  /// Writes what a ladder costs, as `cost.json`. Whoever reads meanwhile gets this, or the one before, whole.
  ///
  /// - Throws: ``UnwritableReport``.
  public func write(_ results: CostResults) throws {
    try write(results.json(), to: "\(path)/cost.json")
  }

  /// Draws the reports: `report.md`, `report.html` and `headline.svg`.
  ///
  /// - Throws: ``UnwritableReport``.
  public func draw(_ results: Results) throws {
    let page = HTMLReport(results)
    try write(page.text, to: pagePath)
    try write(page.headlinePicture, to: "\(path)/headline.svg")
    try write(MarkdownReport(results).text, to: "\(path)/report.md")
  }

  /// Gives results that are in the folder another name, so that new ones don't take their place.
  ///
  /// - Returns: the other name; nil when there are none.
  /// - Throws: ``UnwritableReport``.
  public func putAside() throws -> String? {
    guard FileManager.default.fileExists(atPath: resultsPath) else { return nil }
    // What can't be read is kept all the same.
    let began = ((try? results)?.startedAt ?? "earlier").filter { $0 != ":" && $0 != "-" }
    var name = "\(path)/results-\(began).json"
    var number = 1
    while FileManager.default.fileExists(atPath: name) {
      number += 1
      name = "\(path)/results-\(began)-\(number).json"
    }
    do {
      try FileManager.default.moveItem(atPath: resultsPath, toPath: name)
    } catch {
      throw UnwritableReport(path: name)
    }
    return name
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw UnwritableReport(path: path)
    }
  }
}

/// A file or folder of a report can't be written.
public struct UnwritableReport: Error, CustomStringConvertible {
  /// Which.
  public let path: String

  /// A sentence that names it.
  public var description: String { "can't write \(path)" }
}

/// A file of results can't be read.
public struct UnreadableReport: Error, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong: a clause.
  public let reason: String

  /// A sentence that names it.
  public var description: String { "\(path): \(reason)" }
}
