import Libuv
import Testing

@testable import LoadGenerator
@testable import uvecho_tools

/// What `docs/bench-json.md` says of the reports is what they hold, and nothing is left out on either side.
@Suite struct BenchJSONTests {
  /// The paths of all values in a report, with `[]` for the elements of a list and `<failure>` for a kind of failure.
  /// A report within a search's report, and the times of a latency, count as one value.
  private static func paths(_ value: JSONValue, _ path: String = "") -> Set<String> {
    var paths: Set<String> = []
    switch value {
    case .object(let fields) where !path.isEmpty && fields["kind"] == .string("run"):
      paths.insert(path)
    case .object(let fields) where path == "errors" || path == "ledger.lost":
      if !fields.isEmpty { paths.insert("\(path).<failure>") }
    case .object(let fields):
      if path.hasPrefix("latency.") {
        paths.insert(path)
        for name in fields.keys { paths.insert("latency.*.\(name)") }
        break
      }
      for (name, field) in fields {
        paths.formUnion(Self.paths(field, path.isEmpty ? name : "\(path).\(name)"))
      }
    case .array(let elements):
      let isOfObjects = elements.contains { if case .object = $0 { true } else { false } }
      if isOfObjects {
        for element in elements { paths.formUnion(Self.paths(element, "\(path)[]")) }
      } else if path == "invalidReasons" {
        paths.insert(path)
      }
    default:
      paths.insert(path)
    }
    return paths
  }

  /// The paths in the tables of a chapter of the document: what stands in backticks in the first column.
  private func documented(_ kind: String) throws -> Set<String> {
    let document = try textOfPackageFile("docs/bench-json.md")
    let lines = document.split(separator: "\n")
    let first = try #require(lines.firstIndex(of: "### `\(kind)`"), "\(kind) has no chapter")
    let chapter = lines[(first + 1)...].prefix { !$0.hasPrefix("#") }
    return Set(
      chapter.filter { $0.hasPrefix("| `") }.map { String($0.dropFirst(3).prefix { $0 != "`" }) }
    )
  }

  /// A report as a program reads it.
  private func json(_ report: some Encodable) throws -> JSONValue { try JSONValue(JSON.text(report)) }

  /// The reports of an outcome with all there can be in a closed and in an open loop.
  private func madeUpRuns() throws -> [JSONValue] {
    let interval = Interval(index: 0, start: 0, length: 1_000_000_000)
    let closed = MadeUp {
      $0.errors = [Failure(.read, .reset): 1]
      $0.ledger.lost = [Failure(.read, .reset): 64]
      $0.workload.requests = 1000
      $0.workload.ramp = 5
      $0.workload.sources = SourceAddresses("127.0.0.0/16")
      $0.intervals = [IntervalFigures(interval)]
      $0.server = ServerUsage(process: 1, userSeconds: 1, systemSeconds: 1, residentBytes: 1, peakBytes: 1)
    }
    let open = MadeUp { $0.openLoop(1000, scheduled: 1000) }
    return [try json(Report(closed.outcome)), try json(Report(open.outcome))]
  }

  // MARK: A run

  @Test func `each field of a run is in the document, and each documented one in a run`() throws {
    let actual = try madeUpRuns().reduce(into: Set()) { $0.formUnion(Self.paths($1)) }
    try #expect(actual.subtracting(documented("run")) == [], "not in the document")
    try #expect(documented("run").subtracting(actual) == [], "in no report")
  }

  @Test(arguments: [[], ["--rate", "200", "-d", "100ms"], ["--strategy", "reconnect", "--ramp", "1000"]])
  func `each field of a real run is in the document`(flags: [String]) throws {
    try withServe { server in
      let child = try Child(
        "uvecho",
        ["bench", "--json", "-", "-c", "2", "-n", "20", "--server-pid", "\(server.child.pid)"] + flags
          + [server.addresses[0]]
      )
      defer { child.end() }
      try child.waitForExit()
      let paths = try Self.paths(BenchRun(child).json)
      #expect(paths.count > 60)
      try #expect(paths.subtracting(documented("run")) == [])
    }
  }

  @Test func `what is said to be always there always is`() throws {
    let document = try textOfPackageFile("docs/bench-json.md")
    // A run that has measured nothing, and was asked for nothing special.
    let least = MadeUp {
      $0.workload.duration = nil
      $0.littlesLaw = nil
      $0.responsesPerSecond = 0
    }
    let always = try Self.paths(json(Report(least.outcome)))
    for path in try documented("run").subtracting(always) {
      let line = try #require(document.split(separator: "\n").first { $0.hasPrefix("| `\(path)` |") })
      let isExplained =
        line.contains("absent") || line.contains("is empty") || path.hasPrefix("intervals[]")
        || path.hasPrefix("server.") || path == "client.peakMemoryBytes"
      #expect(isExplained, "\(path) may be absent")
    }
  }

  @Test func `every kind of failure is in the document`() throws {
    let document = try textOfPackageFile("docs/bench-json.md")
    let kinds: [Failure.Kind] = [
      .refused, .reset, .timeout, .closedEarly, .wrongByte, .surplus, .incomplete, .outOfPorts,
      .outOfDescriptors, .system(.hostUnreachable),
    ]
    for kind in kinds {
      let name = Failure(.connect, kind).name.dropFirst("connect.".count)
      #expect(document.contains("\n| `\(name)`"))
    }
    for phase in Failure.Phase.allCases { #expect(document.contains("`\(phase.rawValue)`")) }
  }

  @Test func `a run that measured nothing has a report`() throws {
    let nothing = MadeUp {
      $0.reasons = [.noResponse]
      $0.seconds = 0
      $0.requests = 0
      $0.responses = 0
      $0.requestsPerSecond = 0
      $0.responsesPerSecond = 0
      $0.littlesLaw = nil
      $0.corrected = Times()
      $0.raw = Times()
      $0.intervals = [IntervalFigures(Interval(index: 0, start: 0, length: 0))]
    }
    let report = try json(Report(nothing.outcome))
    #expect(report.bool("valid") == false)
    for figure in ["count", "mean", "stddev", "min", "p50", "p9999", "max"] {
      #expect(report.number("latency.corrected.\(figure)") == 0)
    }
  }

  // MARK: Searches

  @Test func `each field of a search is in the document, and each documented one in a search`() throws {
    let outcome = MadeUp().outcome
    let finding = RateFinder.Finding(
      promise: try #require(Promise("p99<2ms")),
      capacity: outcome,
      trials: [RateFinder.Trial(rate: 1, isKept: true, isConfirmation: true, outcome: outcome)],
      rate: 1
    )
    try #expect(Self.paths(json(RateFindingReport(finding))) == documented("find-rate"))
  }

  @Test func `each field of a sweep is in the document, and each documented one in a sweep`() throws {
    let outcome = MadeUp().outcome
    let result = SweepRunner.Result(
      capacity: outcome,
      steps: [SweepRunner.Step(share: 0.1, rate: 1, outcome: outcome)],
      knee: 0.1
    )
    try #expect(Self.paths(json(SweepReport(result))) == documented("sweep"))
  }

  @Test func `what is not found is absent`() throws {
    let outcome = MadeUp().outcome
    let finding = RateFinder.Finding(promise: try #require(Promise("p99<2ms")), capacity: outcome)
    try #expect(json(RateFindingReport(finding))["rate"] == nil)
    try #expect(json(SweepReport(SweepRunner.Result(capacity: outcome)))["knee"] == nil)
  }

  // MARK: The other parts of the document

  @Test func `the version that the document tells is the schema's`() throws {
    let document = try textOfPackageFile("docs/bench-json.md")
    #expect(document.contains("now **\(Report.schemaVersion)**"))
    #expect(document.contains("| `schema` | whole | the version of this schema: \(Report.schemaVersion) |"))
  }

  @Test func `the example is JSON of documented fields`() throws {
    let document = try textOfPackageFile("docs/bench-json.md")
    let start = try #require(document.firstRange(of: "```json\n")).upperBound
    let end = try #require(document[start...].firstRange(of: "```")).lowerBound
    let example = try JSONValue(String(document[start..<end]))
    #expect(example.string("kind") == "run")
    try #expect(Self.paths(example).subtracting(documented("run")) == [])
  }

  @Test func `the columns of the CSV are in the document`() throws {
    let document = try textOfPackageFile("docs/bench-json.md")
    let columns = try #require(Report(MadeUp().outcome).csv.lines.first)
    #expect(document.contains("\n\(columns)\n"))
    for column in columns.split(separator: ",") {
      #expect(document.contains("| `intervals[].\(column)` |"))
    }
  }
}
