import Comparison
import LoadGenerator
import Testing

@testable import uvecho_tools

/// What `docs/compare-json.md` says of `results.json` is what it holds, and nothing is left out on either side.
@Suite struct CompareJSONTests {
  /// The objects with a chapter of their own, by the names of their fields.
  private static let kinds: [Set<String>: String] = [
    ["strategy", "connections", "size"]: "workload",
    ["mean", "stddev", "min", "max", "curve"]: "latency",
    ["median", "low", "high"]: "spread",
    ["value", "low", "high", "rounds"]: "ratio",
  ]

  /// The fields with names that aren't fixed.
  private static let maps = [
    "samples[].load.errors": "<failure>", "summaries[].errors": "<failure>",
    "summaries[].limiters": "<limiter>",
  ]

  /// The paths of all values, with their types as the document calls them; an object with a chapter of its own is one.
  private static func paths(_ value: JSONValue, _ path: String = "") -> [String: String] {
    switch value {
    case .object(let fields):
      if let kind = kinds[Set(fields.keys)], !path.isEmpty { return [path: "`\(kind)`"] }
      if let name = maps[path] { return fields.isEmpty ? [:] : ["\(path).\(name)": "whole"] }
      return fields.reduce(into: [:]) { paths, field in
        let name = path.isEmpty ? field.key : "\(path).\(field.key)"
        paths.merge(Self.paths(field.value, name)) { one, _ in one }
      }
    case .array(let elements):
      if case .object? = elements.first {
        return elements.reduce(into: [:]) { paths, element in
          paths.merge(Self.paths(element, "\(path)[]"), uniquingKeysWith: narrower)
        }
      }
      if case .string? = elements.first { return [path: "texts"] }
      if case .number? = elements.first { return [path: "numbers"] }
      return [path: "list"]
    case .string: return [path: "text"]
    case .bool: return [path: "boolean"]
    case .number(let number): return [path: number == number.rounded() ? "whole" : "number"]
    case .null: return [path: "null"]
    }
  }

  /// What is a number once is no whole one, and what is a list of something once is no list of anything.
  private static func narrower(_ one: String, _ other: String) -> String {
    one == "whole" && other == "number" || one == "list" ? other : one
  }

  /// The paths of the tables of a chapter of the document, with their types, and the lines they are in.
  private func documented(_ kinds: String...) throws -> [String: (type: String, line: String)] {
    let lines = try textOfPackageFile("docs/compare-json.md").split(separator: "\n")
    var paths: [String: (type: String, line: String)] = [:]
    for kind in kinds {
      let first = try #require(lines.firstIndex(of: "### `\(kind)`"), "\(kind) has no chapter")
      for line in lines[(first + 1)...].prefix(while: { !$0.hasPrefix("#") }) where line.hasPrefix("| `") {
        let columns = line.split(separator: "|")
        let name = columns[0].filter { $0 != "`" && $0 != " " }
        let type = String(columns[1].drop { $0 == " " }.prefix { $0 != " " })
        #expect(paths[name] == nil, "\(name) is there twice")
        paths[name] = (type, String(line))
      }
    }
    return paths
  }

  private func documented() throws -> [String: (type: String, line: String)] {
    try documented("comparison", "sample", "summary")
  }

  /// Results as a program reads them.
  private func json(_ results: Results) throws -> JSONValue { try JSONValue(results.json()) }

  private func expectDocumented(
    _ value: JSONValue,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let documented = try documented()
    for (path, type) in Self.paths(value) {
      guard let (said, _) = documented[path] else {
        Issue.record("\(path) is not in the document", sourceLocation: sourceLocation)
        continue
      }
      // Whole numbers are numbers too, and a list without elements has any.
      let fits =
        said == type || type == "whole" && said == "number" || type == "list" && said.hasSuffix("s")
      #expect(fits, "\(path) is \(type), and said to be \(said)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Both ways

  @Test func `each field is in the document, with its type`() throws {
    try expectDocumented(json(MadeUpResults.full))
  }

  @Test func `each documented field is in the results`() throws {
    let actual = try Self.paths(json(MadeUpResults.full))
    try #expect(Set(documented().keys).subtracting(actual.keys) == [])
    try #expect(documented().count > 90)
  }

  @Test func `each field of real results is in the document`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("bad", start: Peers.failing)
      let ended = try runUvecho(
        "compare",
        "--peers-folder",
        peers.path,
        "--output",
        peers.report,
        "--duration",
        "100ms",
        "--warmup",
        "0",
        "--connections",
        "5",
        "--strategies",
        "reconnect",
        "--rounds",
        "1",
        "--shares",
        "50%",
        "--latency-duration",
        "100ms"
      )
      let value = try JSONValue(textOfFile(peers.results))
      try expectDocumented(value)
      #expect(Self.paths(value).count > 70, "\(ended.errors)")
    }
  }

  @Test func `the objects with a chapter of their own have its fields`() throws {
    for (fields, kind) in Self.kinds {
      try #expect(Set(documented(kind).keys) == fields)
      try #expect(documented().values.contains { $0.type == "`\(kind)`" })
    }
    // And no field is of a kind without a chapter.
    let named = try documented().values.map(\.type).filter { $0.hasPrefix("`") }
    #expect(Set(named) == Set(Self.kinds.values.map { "`\($0)`" }))
  }

  @Test func `what is said to be always there always is`() throws {
    // Of a server that never started.
    let least = MadeUpResults.results([
      Sample(entrant: "base", round: 1, cell: MadeUpResults.cell, failure: "no luck")
    ])
    let always = try Self.paths(json(least))
    for (path, (_, line)) in try documented() where always[path] == nil {
      let parent = path.split(separator: ".").dropLast().joined(separator: ".")
      let isExplained =
        line.contains("absent") || line.contains("empty")
        || ["samples[].load", "samples[].server", "samples[].survival", "latencyRates[]"].contains(parent)
      #expect(isExplained, "\(path) may be absent")
    }
  }

  @Test func `no field is null`() throws {
    #expect(try !MadeUpResults.full.json().contains("null"))
    #expect(try !MadeUpResults.empty.json().contains("null"))
  }

  // MARK: The other parts of the document

  @Test func `the version that the document tells is the schema's`() throws {
    let document = try textOfPackageFile("docs/compare-json.md")
    #expect(document.contains("now **\(Results.schemaVersion)**"))
    #expect(document.contains("| `schema` | whole | the version of this schema: \(Results.schemaVersion) |"))
  }

  @Test func `the percentiles of a curve are in the document, in their order`() throws {
    let document = try textOfPackageFile("docs/compare-json.md")
    let start = try #require(document.firstRange(of: "The percentiles of `curve`: ")).upperBound
    let list = document[start...].prefix { $0.isNumber || ",. \n".contains($0) }
    // The sentence ends with a point.
    let words = list.split { $0 == "," || $0.isWhitespace }.map { $0.hasSuffix(".") ? $0.dropLast() : $0 }
    let percentiles = words.compactMap { Double($0) }
    #expect(percentiles == LatencyFigures.percentiles)
    #expect(MadeUpResults.latency(1).curve.count == percentiles.count)
  }

  @Test func `names that stand for themselves are in the document`() throws {
    let document = try textOfPackageFile("docs/compare-json.md")
    for profile in Settings.Profile.allCases { #expect(document.contains("`\(profile.rawValue)`")) }
    for strategy in Workload.Strategy.allCases { #expect(document.contains("`\(strategy.rawValue)`")) }
    for limiter in [LoadFigures.Limiter.server, .client, .both, .neither] {
      #expect(document.contains("`\(limiter.rawValue)`"))
    }
    #expect(document.contains("with fewer than \(Ratio.leastRounds) the interval"))
  }

  @Test func `the example is JSON of documented fields`() throws {
    let document = try textOfPackageFile("docs/compare-json.md")
    let start = try #require(document.firstRange(of: "```json\n")).upperBound
    let end = try #require(document[start...].firstRange(of: "```")).lowerBound
    let example = try JSONValue(String(document[start..<end]))
    #expect(example.string("kind") == "comparison")
    try expectDocumented(example)
  }

  @Test func `the files of a report are in the document`() throws {
    let document = try textOfPackageFile("docs/compare-json.md")
    for name in ["results.json", "report.html", "report.md", "headline.svg", "logs/NAME.log"] {
      #expect(document.contains("`\(name)`"))
    }
  }
}
