import Testing

/// A run of `uvecho bench --json -`, and what it has told.
struct BenchRun {
  let exit: Child.Exit
  /// The text for people.
  let text: String
  let json: JSONValue

  /// Looks at what a child has left that has ended.
  init(_ child: Child) throws {
    exit = try #require(child.exit)
    text = child.errors
    json = try #require(try? JSONValue(child.output), "\(exit) \(child.output) \(text)")
  }

  /// Makes a run.
  init(_ arguments: String...) throws {
    let child = try Child("uvecho", ["bench", "--json", "-"] + arguments)
    defer { child.end() }
    try child.waitForExit()
    try self.init(child)
  }

  /// How many failures of a kind there were: `connect.refused`.
  func errorCount(_ name: String) -> Int {
    guard case .number(let count) = json.object("errors")[name] else { return 0 }
    return Int(count)
  }

  /// Expects so many requests, a reply to each, all bytes back, nothing wrong, and figures that can be trusted.
  func expectExactly(_ count: Int, size: Int? = 64, sourceLocation: SourceLocation = #_sourceLocation) {
    expectValid(sourceLocation: sourceLocation)
    expectCounts(count, size: size, sourceLocation: sourceLocation)
  }

  /// Expects figures that can be trusted.
  func expectValid(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(exit == .code(0), "\(text)", sourceLocation: sourceLocation)
    #expect(json.bool("valid") == true, "\(text)", sourceLocation: sourceLocation)
  }

  /// Expects so many requests, a reply to each, all bytes back, and nothing wrong.
  func expectCounts(_ count: Int, size: Int? = 64, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(json.int("requests") == count, sourceLocation: sourceLocation)
    #expect(json.int("responses") == count, sourceLocation: sourceLocation)
    #expect(json.int("latency.corrected.count") == count, sourceLocation: sourceLocation)
    #expect(json.int("latency.firstByte.count") == count, sourceLocation: sourceLocation)
    let bytes = json.int("bytesSent")
    if let size { #expect(bytes == count * size, sourceLocation: sourceLocation) }
    #expect(json.int("bytesReceived") == bytes, sourceLocation: sourceLocation)
    #expect(json.int("corrupt") == 0, sourceLocation: sourceLocation)
    #expect(json.object("errors").isEmpty, sourceLocation: sourceLocation)
    expectLedger(sourceLocation: sourceLocation)
    #expect(json.int("ledger.sent") == bytes, sourceLocation: sourceLocation)
    #expect(json.int("ledger.echoed") == bytes, sourceLocation: sourceLocation)
    #expect(text.contains("\nRequests: \(count)\nResponses: \(count)\n"), sourceLocation: sourceLocation)
  }

  /// Expects that all bytes are accounted for.
  func expectLedger(sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(json.bool("ledger.addsUp") == true, sourceLocation: sourceLocation)
    let lost = json.object("ledger.lost").values.reduce(0.0) {
      if case .number(let count) = $1 { $0 + count } else { .nan }
    }
    #expect(
      json.number("ledger.sent") == (json.number("ledger.echoed") ?? 0) + lost,
      sourceLocation: sourceLocation
    )
    #expect(
      json.number("ledger.received")
        == (json.number("ledger.echoed") ?? 0) + (json.number("ledger.wrong") ?? 0),
      sourceLocation: sourceLocation
    )
  }
}
