import Comparison
import Testing

@testable import uvecho_tools

/// What `docs/cost-json.md` says of `cost.json` is what it holds, and nothing is left out on either side.
@Suite struct CostJSONTests {
  /// The objects with a chapter of their own, by the names of their fields.
  private static let kinds: [Set<String>: String] = [
    ["each", "fixed", "worst", "points"]: "slope",
    ["median", "low", "high"]: "spread",
    ["value", "low", "high", "rounds"]: "ratio",
  ]

  /// The fields with names that aren't fixed.
  private static let maps = ["rungs[].work[].systemCalls": "<call>", "rungs[].size.libraries": "<file>"]

  /// The paths of all values; an object with a chapter of its own is one.
  private static func paths(_ value: JSONValue, _ path: String = "") -> Set<String> {
    switch value {
    case .object(let fields):
      if kinds[Set(fields.keys)] != nil, !path.isEmpty { return [path] }
      if let name = maps[path] { return fields.isEmpty ? [] : ["\(path).\(name)"] }
      return Set(fields.flatMap { paths($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") })
    case .array(let elements):
      guard case .object? = elements.first else { return [path] }
      return Set(elements.flatMap { paths($0, "\(path)[]") })
    default: return [path]
    }
  }

  /// The paths of the tables of a chapter of the document, with their lines.
  private func documented(_ kind: String) throws -> [String: String] {
    let lines = try textOfPackageFile("docs/cost-json.md").split(separator: "\n")
    let first = try #require(lines.firstIndex(of: "### `\(kind)`"), "\(kind) has no chapter")
    var paths: [String: String] = [:]
    for line in lines[(first + 1)...].prefix(while: { !$0.hasPrefix("#") }) where line.hasPrefix("| `") {
      let name = String(line.split(separator: "|")[0].filter { $0 != "`" && $0 != " " })
      #expect(paths[name] == nil, "\(name) is there twice")
      paths[name] = String(line)
    }
    return paths
  }

  private func paths(_ results: CostResults) throws -> Set<String> {
    Self.paths(try JSONValue(results.json()))
  }

  @Test func `each field is in the document, and each documented field in the results`() throws {
    let documented = Set(try documented("cost").keys)
    // A comparison has a document of its own.
    #expect(try paths(MadeUpCosts.full) == documented.subtracting(["speed"]))
  }

  @Test func `what is said to be always there always is`() throws {
    let always = try paths(MadeUpCosts.least)
    for (path, line) in try documented("cost") where !always.contains(path) {
      let isOfList = path.hasPrefix("rungs[].work[].") || path.hasPrefix("rungs[].memory[].")
      #expect(line.contains("absent") || isOfList, "\(path) may be absent")
    }
  }

  @Test func `the objects with a chapter of their own have its fields`() throws {
    for (fields, kind) in Self.kinds {
      let names = Set(try documented(kind).keys.map { $0.split(separator: "[").first.map(String.init) ?? $0 })
      #expect(names == fields)
    }
  }

  @Test func `no field is null`() throws {
    #expect(try !MadeUpCosts.full.json().contains("null"))
    #expect(try !MadeUpCosts.least.json().contains("null"))
  }

  @Test func `the version, and names that stand for themselves, are in the document`() throws {
    let document = try textOfPackageFile("docs/cost-json.md")
    #expect(document.contains("now **\(CostResults.schemaVersion)**"))
    for work in Work.allCases { #expect(document.contains("`\(work.rawValue)`")) }
    for slice in Slice.allCases { #expect(document.contains("\n| `\(slice.rawValue)` |")) }
    for figure in CostThresholds.Figure.allCases { #expect(document.contains("`\(figure.rawValue)`")) }
  }
}
