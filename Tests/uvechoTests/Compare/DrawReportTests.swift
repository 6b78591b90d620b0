import ArgumentParser
import Comparison
import TestSupport
import Testing

@testable import uvecho_tools

/// `uvecho report`.
@Suite struct DrawReportTests {
  private func report(_ arguments: String...) throws -> Ended { try runUvecho(["report"] + arguments) }

  /// Expects one sentence on standard error, nothing on standard output, and exit 1.
  private func expectRefusal(
    _ sentence: String,
    _ ended: Ended,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(ended.exit == .code(1), sourceLocation: sourceLocation)
    #expect(ended.output == "", sourceLocation: sourceLocation)
    #expect(ended.errors == "uvecho: \(sentence)\n", sourceLocation: sourceLocation)
  }

  // MARK: One file

  @Test func `a report is drawn beside its results, which stay as they are`() throws {
    try withPeers { peers in
      let text = try MadeUpResults.full.json()
      try peers.write(text, to: "results.json")
      let ended = try report("\(peers.folder)/results.json")
      #expect(ended.exit == .code(0))
      #expect(ended.output == "\(peers.folder)/report.html\n")
      #expect(ended.errors == "")
      #expect(try textOfFile("\(peers.folder)/report.html").contains("Other"))
      #expect(try textOfFile("\(peers.folder)/report.md").contains("Other"))
      #expect(try textOfFile("\(peers.folder)/headline.svg").hasPrefix("<svg"))
      #expect(try textOfFile("\(peers.folder)/results.json") == text)
    }
  }

  @Test func `a report is drawn anew elsewhere`() throws {
    try withPeers { peers in
      try peers.write(MadeUpResults.full.json(), to: "results.json")
      let ended = try report("\(peers.folder)/results.json", "--output", "\(peers.folder)/a/b")
      #expect(ended.exit == .code(0))
      #expect(ended.output == "\(peers.folder)/a/b/report.html\n")
      for name in ["report.html", "report.md", "headline.svg"] {
        #expect(peers.contains("a/b/\(name)"))
        #expect(!peers.contains(name))
      }
      #expect(!peers.contains("a/b/results.json"))
    }
  }

  @Test func `results without a sample have a report`() throws {
    try withPeers { peers in
      try peers.write(MadeUpResults.empty.json(), to: "results.json")
      let ended = try report("\(peers.folder)/results.json")
      #expect(ended.exit == .code(0), "\(ended.errors)")
      #expect(peers.contains("report.html"))
    }
  }

  // MARK: A cost

  /// A base whose echo takes so many instructions, as a file has it.
  private func cost(_ instructions: Double) -> String {
    """
    {"schema": 1, "kind": "cost", "tool": "uvecho 0", "startedAt": "2026-03-01T09:30:00Z", "base": "a", "machine": {
      "processor": "A processor", "processors": 2, "memoryBytes": 1, "system": "A system", "kernel": "Linux 1", "notes": []
    }, "rungs": [{
      "id": "a", "name": "Rung A", "language": "C", "runtime": "libc", "notes": [], "memory": [], "problems": [], "work": [{
        "work": "echo", "functions": [], "slices": [{"slice": "libuv", "instructions": \(instructions)}],
        "instructions": {"each": \(instructions), "fixed": 0, "worst": 0, "points": []}
      }]
    }]}
    """
  }

  @Test func `a cost is drawn beside its file, or elsewhere`() throws {
    try withPeers { peers in
      try peers.write(cost(709), to: "cost.json")
      let ended = try report("\(peers.folder)/cost.json")
      #expect(ended.exit == .code(0), "\(ended.errors)")
      #expect(ended.output == "\(peers.folder)/cost.html\n")
      #expect(try textOfFile("\(peers.folder)/cost.html").contains("Rung A"))
      #expect(try textOfFile("\(peers.folder)/cost.md").contains("| Rung A | 1 | C, libc | 709 (1.00) |"))
      #expect(try textOfFile("\(peers.folder)/cost.svg").hasPrefix("<svg"))
      #expect(try textOfFile("\(peers.folder)/cost.json") == cost(709))
      #expect(!peers.contains("report.html"))
      // The folder stands for what is in it.
      let again = try report(peers.folder, "--output", "\(peers.folder)/a")
      #expect(again.output == "\(peers.folder)/a/cost.html\n")
      #expect(peers.contains("a/cost.svg") && !peers.contains("a/cost.json"))
    }
  }

  @Test func `a folder with both stands for its comparison`() throws {
    try withPeers { peers in
      try peers.write(cost(709), to: "cost.json")
      try peers.write(MadeUpResults.empty.json(), to: "results.json")
      #expect(try report(peers.folder).output == "\(peers.folder)/report.html\n")
    }
  }

  @Test func `a cost that is garbled is told with what is wrong`() throws {
    try withPeers { peers in
      try peers.write(cost(709).replacing("\"libuv\"", with: "\"nothing\""), to: "cost.json")
      expectRefusal(
        "\(peers.folder)/cost.json: `rungs.0.work.0.slices.0.slice` has an unknown value",
        try report("\(peers.folder)/cost.json", "--output", "\(peers.folder)/a")
      )
      #expect(!peers.contains("a") && !peers.contains("cost.html"))
      try peers.write(#"{"kind": "cost", "schema": 9}"#, to: "cost.json")
      expectRefusal(
        "\(peers.folder)/cost.json: its schema is 9, and this program knows 1",
        try report("\(peers.folder)/cost.json")
      )
    }
  }

  @Test func `two costs are not compared`() throws {
    try withPeers { peers in
      try peers.write(cost(709), to: "cost.json")
      expectRefusal(
        "\(peers.folder)/cost.json: it isn't the results.json of `uvecho compare`",
        try report("\(peers.folder)/cost.json", "\(peers.folder)/cost.json")
      )
    }
  }

  @Test(
    arguments: [
      ("report/results.json", "report"), ("results.json", "."), ("/results.json", "/"), ("/a/b/c", "/a/b"),
    ]
  )
  func `the folder of a file is what stands before its last slash`(path: String, folder: String) {
    #expect(DrawReport.folder(of: path) == folder)
  }

  // MARK: Two files

  @Test func `what has changed between two is printed, and nothing is written`() throws {
    try withPeers { peers in
      try peers.write(
        MadeUpResults.results([MadeUpResults.sample("base", 1000), MadeUpResults.sample("other", 500)])
          .json(),
        to: "before.json"
      )
      try peers.write(
        MadeUpResults.results([MadeUpResults.sample("base", 1000), MadeUpResults.sample("other", 1000)])
          .json(),
        to: "after.json"
      )
      let ended = try report("\(peers.folder)/before.json", "\(peers.folder)/after.json")
      #expect(ended.exit == .code(0))
      #expect(ended.errors == "")
      #expect(ended.output.contains("\n## 5 persistent clients, 64 bytes\n"))
      let rows = ended.output.lines.filter { $0.hasPrefix("| Other ") }
      #expect(rows.count == 1)
      #expect(rows.first?.contains("2.00") == true, "\(ended.output)")
      // The other way round it is half.
      let back = try report("\(peers.folder)/after.json", "\(peers.folder)/before.json")
      #expect(
        back.output.lines.first { $0.hasPrefix("| Other ") }?.contains("0.50") == true,
        "\(back.output)"
      )
      #expect(!peers.contains("report.html"))
    }
  }

  @Test func `the second of two is named when it can't be read`() throws {
    try withPeers { peers in
      try peers.write(MadeUpResults.full.json(), to: "before.json")
      expectRefusal(
        "\(peers.folder)/after.json: it can't be read",
        try report("\(peers.folder)/before.json", "\(peers.folder)/after.json")
      )
    }
  }

  // MARK: Refusals

  @Test(arguments: [
    [], ["a", "b", "c"], ["a", "b", "--output", "c"], ["a", "--output", ""], ["a", "--nonsense"],
  ])
  func `what can't be meant ends with the usage, and exit 64`(arguments: [String]) throws {
    let ended = try runUvecho(["report"] + arguments)
    #expect(ended.exit == .code(64))
    #expect(ended.output == "")
    #expect(ended.errors.contains("Usage: uvecho report"))
  }

  @Test func `the refusals say what is taken`() {
    for (arguments, message) in [
      (["a", "b", "c"], "one results.json is drawn, two are compared; these are 3"),
      (["a", "b", "-o", "c"], "--output is for one results.json: what has changed between two is printed"),
      (["a", "-o", ""], "--output needs the name of a folder"),
    ] {
      let error = #expect(throws: (any Error).self) { try DrawReport.parse(arguments) }
      #expect(error.map { DrawReport.message(for: $0) } == message)
    }
  }

  @Test func `a file that isn't there is named`() throws {
    expectRefusal("/nowhere/results.json: it can't be read", try report("/nowhere/results.json"))
  }

  @Test func `a folder is not a file`() throws {
    try withPeers { peers in
      expectRefusal("\(peers.folder): it can't be read", try report(peers.folder))
      #expect(!peers.contains("report.html"))
    }
  }

  @Test(
    arguments: [
      ("", "it isn't JSON"),
      ("{", "it isn't JSON"),
      ("[]", "it isn't JSON"),
      ("{}", "it isn't the results.json of `uvecho compare`"),
      (#"{"kind": "run", "schema": 1}"#, "it isn't the results.json of `uvecho compare`"),
      (#"{"kind": "comparison"}"#, "it isn't the results.json of `uvecho compare`"),
      (#"{"kind": "comparison", "schema": 2}"#, "its schema is 2, and this program knows 1"),
      (#"{"kind": "comparison", "schema": 1, "tool": "x"}"#, "`program` is missing"),
    ]
  )
  func `a file that has no results is told with what is wrong`(text: String, reason: String) throws {
    try withPeers { peers in
      try peers.write(text, to: "results.json")
      expectRefusal("\(peers.folder)/results.json: \(reason)", try report("\(peers.folder)/results.json"))
      #expect(!peers.contains("report.html"))
    }
  }

  @Test func `a field that was garbled is named`() throws {
    try withPeers { peers in
      let text = try MadeUpResults.full.json()
      try peers.write(text.replacing("\"rounds\" : 1,", with: "\"rounds\" : \"one\","), to: "results.json")
      let ended = try report("\(peers.folder)/results.json")
      #expect(ended.errors.hasSuffix("rounds` is of the wrong type\n"), "\(ended.errors)")
      try peers.write(text.replacing("\"persistent\"", with: "\"sometimes\""), to: "results.json")
      let other = try report("\(peers.folder)/results.json")
      #expect(other.errors.hasSuffix("strategy` has an unknown value\n"), "\(other.errors)")
    }
  }

  @Test func `a folder that can't be made is named`() throws {
    try withPeers { peers in
      try peers.write(MadeUpResults.full.json(), to: "results.json")
      expectRefusal(
        "can't write \(peers.folder)/results.json/report",
        try report("\(peers.folder)/results.json", "-o", "\(peers.folder)/results.json/report")
      )
    }
  }

  @Test func `a page that can't be written is named`() throws {
    try withPeers { peers in
      try peers.write(MadeUpResults.full.json(), to: "results.json")
      // A folder is in its place.
      try peers.makeFolder("report.html")
      expectRefusal(
        "can't write \(peers.folder)/report.html",
        try report("\(peers.folder)/results.json")
      )
    }
  }
}
