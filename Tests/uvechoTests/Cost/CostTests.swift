import ArgumentParser
import Comparison
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import uvecho_tools

/// A folder with a ladder for a test, and room for a report.
private func withLadder(_ rungs: String, _ body: (_ ladder: String, _ report: String) throws -> Void) throws {
  try withTemporaryFolder { folder in
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("{\"rungs\": [\(rungs)]}".utf8).write(to: URL(filePath: "\(folder)/ladder.json"))
    try body(folder, "\(folder)/report")
  }
}

private func rung(_ id: String, echo: String = #""$UVECHO", "serve", "--port", "{port}""#) -> String {
  """
  {"id": "\(id)", "name": "Rung \(id)", "language": "Swift", "runtime": "Libuv", "version": "echo version 1", \
  "echo": [\(echo)], "notes": []}
  """
}

@Suite struct CostTests {
  // MARK: Flags

  @Test(
    arguments: [
      (["--rungs", "a,a"], "--rungs has a name twice"), (["--work", "echo,echo"], "--work has a kind twice"),
      (["--points", "1"], "--points must be from 2 to 20"), (["--starts", "1001"], "--starts must be"),
      (["--rounds", "0"], "--rounds must be from 1 to 1000"), (["--duration", "1ms"], "--duration must be"),
      (["--warmup", "1h"], "--warmup must be at most 10m"),
      (["--output", ""], "--output needs the name of a folder"),
      (["--check", ""], "--check and --record need the name of a file"),
      (["--no-speed", "--rounds", "3"], "have no meaning with --no-speed"),
      (["--list", "--no-speed"], "--list shows rungs and measures nothing"),
      (["--list", "--check", "x"], "--list shows rungs and measures nothing"),
      (["--check", "x", "--rungs", "a"], "--check measures what its file has recorded"),
      (["--check", "x", "--rounds", "3"], "--check measures what its file has recorded"),
      (["--work", "ping"], "ping"), (["--pin", "x"], "pin"), (["--rounds", "x"], "rounds"),
      (["surplus"], "surplus"),
    ]
  )
  func `bad flags are refused with a sentence`(flags: [String], sentence: String) throws {
    let error = #expect(throws: (any Error).self) { try Cost.parse(flags) }
    #expect(Cost.exitCode(for: try #require(error)).rawValue == 64)
    #expect(Cost.fullMessage(for: try #require(error)).contains(sentence))
  }

  @Test func `what isn't asked for has its default`() throws {
    try withLadder([rung("a"), rung("c-libuv")].joined(separator: ",")) { path, _ in
      let folder = try LadderFolder(path, program: "/none")
      let settings = try Cost.parse([]).settings(folder, nil)
      #expect(settings == CostSettings(rungs: ["a", "c-libuv"], base: "c-libuv"))
      let other = try Cost.parse(
        [
          "--rungs", "a", "--work", "echo", "--points", "2", "--starts", "0", "--no-memory", "--rounds", "3",
          "--duration", "500ms", "--warmup", "0", "--seed", "7",
        ]
      ).settings(folder, nil)
      #expect(
        other.rungs == ["a"] && other.base == "a" && other.points == 2 && other.starts == 0 && other.seed == 7
      )
      #expect(other.counters["a"]?.keys.map { $0 } == [.echo])
      #expect(other.connections == [])
      #expect(
        other.speed?.rounds == 3 && other.speed?.durationSeconds == 0.5 && other.speed?.warmupSeconds == 0
      )
      #expect(try Cost.parse(["--no-speed"]).settings(folder, nil).speed == nil)
    }
  }

  @Test func `a base that isn't there is told`() throws {
    try withLadder([rung("a"), rung("b")].joined(separator: ",")) { path, _ in
      let folder = try LadderFolder(path, program: "/none")
      let error = #expect(throws: NoBaseRung.self) {
        try Cost.parse(["--rungs", "a", "--base", "b"]).settings(folder, nil)
      }
      #expect(error?.description == "the base, b, is not among the rungs: add it to --rungs")
    }
  }

  // MARK: Errors

  private func expectFailure(_ arguments: [String], _ sentence: String) throws {
    let ended = try runUvecho(["cost"] + arguments)
    #expect(ended.exit == .code(1))
    #expect(ended.errors == "uvecho: \(sentence)\n")
    #expect(ended.output == "")
  }

  @Test func `without a ladder one sentence says what to do`() throws {
    try expectFailure(
      ["--ladder", "/no/such"],
      "there is no /no/such/ladder.json: run in the project's folder, or name its Rungs folder with --ladder"
    )
  }

  @Test func `an unknown rung is told, and leaves no folder behind`() throws {
    try withLadder(rung("a")) { path, report in
      try expectFailure(
        ["--ladder", path, "--rungs", "x", "--output", report],
        "no rung is named x: there are a"
      )
      #expect(!FileManager.default.fileExists(atPath: report))
    }
  }

  @Test func `thresholds that aren't there are told before anything is measured`() throws {
    try withLadder(rung("a")) { path, report in
      try expectFailure(
        ["--ladder", path, "--check", "/no/such.json", "--output", report],
        "/no/such.json: it can't be read; `uvecho cost --record /no/such.json` makes it"
      )
      #expect(!FileManager.default.fileExists(atPath: report))
    }
  }

  @Test func `what isn't a file of thresholds is no place to record them, and nobody is told to make it one`()
    throws
  {
    try withLadder(rung("a")) { path, report in
      let precious = "\(path)/precious.txt"
      try Data("precious\n".utf8).write(to: URL(filePath: precious))
      try expectFailure(
        ["--ladder", path, "--record", precious, "--output", report],
        "\(precious) is there and has no thresholds in it: name another file for --record, or remove it"
      )
      try expectFailure(
        ["--ladder", path, "--check", precious, "--output", report],
        "\(precious): it isn't JSON"
      )
      #expect(try textOfFile(precious) == "precious\n")
      #expect(!FileManager.default.fileExists(atPath: report))
    }
  }

  @Test func `a base that can't be started is told`() throws {
    try withLadder(rung("a", echo: #""./echo", "{port}""#)) { path, report in
      let ended = try runUvecho(["cost", "--ladder", path, "--output", report, "--no-speed"])
      #expect(ended.exit == .code(1))
      #expect(ended.errors.contains("it isn't built: `make rungs` builds it"))
      #expect(!FileManager.default.fileExists(atPath: report))
    }
  }

  // MARK: Runs

  @Test func `the list tells who is ready`() throws {
    try withLadder([rung("a"), rung("raw", echo: #""./echo", "{port}""#)].joined(separator: ",")) {
      path,
      report in
      let ended = try runUvecho(["cost", "--list", "--ladder", path])
      #expect(ended.exit == .code(0))
      #expect(
        ended.output == """
          a    Rung a    ready: version 1
          raw  Rung raw  it isn't built: `make rungs` builds it

          """
      )
      #expect(!FileManager.default.fileExists(atPath: report))
    }
  }

  private static let hasTools = ["valgrind", "objcopy", "size", "strace"].allSatisfy { tool in
    ["/usr/bin/", "/usr/local/bin/", "/bin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + tool)
    }
  }

  @Test(.enabled(if: hasTools)) func `costs are measured, recorded, and checked`() throws {
    let program = """
      "sh", "-c", "i=0; while [ $i -lt $0 ]; do i=$((i+1)); done", "{count}"
      """
    let first = #"{"id": "a", "name": "A", "language": "C", "runtime": "none", "version": "echo 1", "#
    let timers = #""echo": ["$UVECHO", "serve", "--port", "{port}"], "timers": [\#(program)], "notes": []}"#
    try withLadder(first + timers) { path, report in
      let record = "\(path)/thresholds.json"
      let arguments = ["cost", "--ladder", path, "--output", report, "--pin", "none"]
      let ended = try runUvecho(
        arguments + [
          "--work", "timer", "--points", "2", "--starts", "2", "--no-memory", "--no-speed", "--record",
          record,
        ]
      )
      #expect(ended.exit == .code(0), "\(ended.errors)")
      #expect(ended.output.contains("instructions  a timer"))
      #expect(ended.output.hasSuffix("\nThe page: \(report)/cost.html; all figures: \(report)/cost.json\n"))
      #expect(!ended.errors.contains("\u{1b}"), "this is no terminal")
      #expect(ended.errors.contains("recorded in \(record)\n"))
      let results = try CostResults(json: textOfFile("\(report)/cost.json"))
      #expect(results.rungs[0].problems == [])
      #expect(results.rungs[0].startMilliseconds != nil)

      let checked = try runUvecho(arguments + ["--check", record])
      #expect(checked.exit == .code(0), "\(checked.errors)")
      #expect(checked.output.contains("a, a timer, allocations"))
      #expect(!checked.output.contains("BROKEN"))

      // A rung that allocates more than was recorded.
      var thresholds = try CostThresholds(contentsOf: record)
      thresholds.rungs["a"]?[.timer]?.allocations? -= 1
      try Data(thresholds.json.utf8).write(to: URL(filePath: record))
      let broken = try runUvecho(arguments + ["--check", record])
      #expect(broken.exit == .code(1))
      #expect(broken.output.contains("BROKEN"))
      #expect(broken.output.contains("1 of 3 figures is dearer than recorded, or missing"))
    }
  }

  @Test(.enabled(if: hasTools)) func `a signal keeps the starts of the rounds that were whole`() throws {
    let folder = try TemporaryFolder()
    let starts = folder.file("starts")
    let program = #""sh", "-c", "i=0; while [ $i -lt $0 ]; do i=$((i+1)); done", "{count}""#
    let echo = #""sh", "-c", "echo >> \#(starts); exec $UVECHO serve --port $0", "{port}""#
    let start =
      #"{"id": "a", "name": "A", "language": "C", "runtime": "none", "version": "echo 1", "echo": ["#
    try withLadder(start + echo + #"], "timers": [\#(program)], "notes": []}"#) { path, report in
      let child = try Child(
        "uvecho",
        [
          "cost", "--ladder", path, "--output", report, "--work", "timer", "--points", "2", "--no-memory",
          "--starts", "1000", "--no-speed", "--pin", "none",
        ]
      )
      defer { child.end() }
      // One that is not counted, two whole rounds, and one that may not be.
      try child.wait(for: "starts") {
        try child.hasExited()
          || (FileManager.default.fileExists(atPath: starts) && textOfFile(starts).count >= 4)
      }
      child.signal(SIGINT)
      #expect(try child.waitForExit() == .code(130), "\(child.errors)")
      let results = try CostResults(json: textOfFile("\(report)/cost.json"))
      #expect(results.isEndedEarly)
      #expect(try #require(results.rungs[0].startMilliseconds).low > 0)
    }
  }

  @Test(.enabled(if: hasTools), arguments: [false, true])
  func `a signal keeps what was measured, and an earlier report when nothing was`(hasFigures: Bool) throws {
    // Where nothing is to be measured yet, it can't be: its server doesn't listen.
    let silent = #""sh", "-c", "sleep 60", "{port}""#
    try withLadder(hasFigures ? rung("a") : rung("a", echo: silent)) { path, report in
      let child = try Child(
        "uvecho",
        [
          "cost", "--ladder", path, "--output", report, "--work", "echo", "--no-memory", "--starts", "1000",
          "--no-speed",
        ]
      )
      defer { child.end() }
      try child.wait(for: "the beginning") { child.errors.contains("measuring 1 rung") || child.hasExited() }
      try child.wait(for: "its signal handler") { try child.hasExited() || child.handles(SIGINT) }
      if hasFigures {
        // Written once the rung's echo is counted; its thousand starts go on.
        try child.wait(for: "figures") {
          child.hasExited() || (try? textOfFile("\(report)/cost.json")) != nil
        }
      }
      child.signal(SIGINT)
      #expect(try child.waitForExit() == .code(130))
      if hasFigures {
        #expect(child.errors.contains("ended early: what was measured is in \(report)/cost.json"))
        #expect(try CostResults(json: textOfFile("\(report)/cost.json")).isEndedEarly)
      } else {
        #expect(child.errors.contains("ended early: nothing was measured yet"))
        #expect((try? textOfFile("\(report)/cost.json")) == nil)
      }
    }
  }
}
