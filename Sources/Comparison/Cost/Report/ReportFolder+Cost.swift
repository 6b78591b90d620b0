extension ReportFolder {
  /// The file with what a ladder costs.
  public var costPath: String { "\(path)/cost.json" }
  /// The page of that.
  public var costPagePath: String { "\(path)/cost.html" }

  /// Reads what a ladder costs from a file.
  ///
  /// - Throws: ``UnreadableReport``, which names the file.
  public static func cost(from path: String) throws -> CostResults {
    try read(path) { try CostResults(json: $0) }
  }

  /// Writes what a ladder costs. Whoever reads meanwhile gets this, or what was there before, whole.
  ///
  /// - Throws: ``UnwritableReport``.
  public func write(_ results: CostResults) throws {
    try write(results.json(), to: costPath)
  }

  /// Draws the reports of it: `cost.md`, `cost.html` and `cost.svg`.
  ///
  /// - Throws: ``UnwritableReport``.
  public func draw(_ results: CostResults) throws {
    let page = HTMLReport(results)
    try write(page.text, to: costPagePath)
    try write(page.headlinePicture, to: "\(path)/cost.svg")
    try write(MarkdownReport(results).text, to: "\(path)/cost.md")
  }
}

extension HTMLReport {
  /// Writes the report of what a ladder costs; its picture is where the instructions of an echo go.
  public init(_ results: CostResults) {
    self.init(Document(results), headlinePicture: CostPicture(results).text)
  }
}

extension MarkdownReport {
  /// Writes the report of what a ladder costs.
  public init(_ results: CostResults) { self.init(Document(results)) }
}

/// What a file of this program's reports has.
public enum ReportContent: Sendable {
  /// A comparison.
  case comparison(Results)
  /// What a ladder costs.
  case cost(CostResults)
}

extension ReportFolder {
  /// Reads a file, of whichever report it is.
  ///
  /// - Throws: ``UnreadableReport``, which names the file.
  public static func content(of path: String) throws -> ReportContent {
    try read(path) { json in
      // What is neither is told as what most people have: a comparison.
      ResultFile.kind(of: json) == "cost"
        ? .cost(try CostResults(json: json)) : .comparison(try Results(json: json))
    }
  }
}
