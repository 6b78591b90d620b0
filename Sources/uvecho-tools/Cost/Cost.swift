import ArgumentParser
import Comparison
import FoundationEssentials
import Libuv
import LoadGenerator
import UvechoSupport

struct Cost: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure what each layer costs, from epoll in C up to tasks in Swift.",
    discussion: """
      The ladder is the same echo server again and again, each with one layer more over the kernel: in C on epoll, in C \
      on libuv, in Swift on libuv's C functions, on this project's library, with tasks, and on SwiftNIO and Node to \
      compare with. It is in the folder Rungs; `make rungs` builds it, and --list shows which rungs are ready.

      Of each rung it counts what one echo, one connection, one timer and one wakeup cost: instructions in user space, \
      function by function (valgrind), allocations, and system calls (strace). Counts are the slope of a line through \
      runs with more and more work, so that start and end don't count, and they are the same each time, whatever else \
      the machine does. Then come memory with idle connections, the size of the program, the time to start, and last \
      responses a second in interleaved rounds, with 95 % intervals.

      The report's folder gets cost.html, a page with a bar for each rung, the same as cost.md and cost.svg, and all \
      figures in cost.json (docs/cost-json.md), from which `uvecho report` draws them again. Ctrl-C keeps what was measured.

      Examples:
        uvecho cost --list                             who is ready
        uvecho cost --no-speed                         what doesn't depend on the machine
        uvecho cost --rungs c-libuv,uvecho --work echo --no-speed --no-memory
        uvecho cost --check Tests/cost-thresholds.json    whether something has become dearer
        uvecho cost --check Tests/cost-thresholds.json --record Tests/cost-thresholds.json
      """
  )

  // MARK: What

  @Option(help: ArgumentHelp("The rungs, by their names. (default: all)", valueName: "names"))
  var rungs: List<String>?

  @Option(help: "Of which work to count what it costs. (default: echo,connection,timer,wakeup)")
  var work: List<Work>?

  @Option(
    help: ArgumentHelp(
      "The rung that the others are divided by. (default: c-libuv, or the first of --rungs)",
      valueName: "name"
    )
  )
  var base: String?

  @Option(
    help: ArgumentHelp(
      "Through how many runs, with more and more work, the line of each count goes. (default: 3)",
      valueName: "count"
    )
  )
  var points: Int?

  @Option(
    help: ArgumentHelp(
      "How often each server is started to time that; 0 for not at all. (default: 15)",
      valueName: "count"
    )
  )
  var starts: Int?

  @Flag(inversion: .prefixedNo, help: "Whether to look at memory with idle connections. (default: yes)")
  var memory: Bool?

  // MARK: Speed

  @Flag(inversion: .prefixedNo, help: "Whether to measure responses a second. (default: yes)")
  var speed: Bool?

  @Option(
    help: ArgumentHelp(
      "How often each server is started for each workload. (default: 10)",
      valueName: "count"
    )
  )
  var rounds: Int?

  @Option(help: ArgumentHelp("How long to measure each time. (default: 3)", valueName: "seconds"))
  var duration: Time?

  @Option(help: ArgumentHelp("Load before each measured time. (default: 1)", valueName: "seconds"))
  var warmup: Time?

  // MARK: Checking figures

  @Option(
    help: ArgumentHelp(
      "Measure only what this file has recorded, and fail when something costs more than that.",
      valueName: "file"
    )
  )
  var check: String?

  @Option(
    help: ArgumentHelp(
      "Write what --check would hold others against; with --check the figures of its file, and no others.",
      valueName: "file"
    )
  )
  var record: String?

  // MARK: How

  @Option(help: "What orders and intervals are drawn from. (default: 1)")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Processors to keep servers and clients on: auto, none, or two numbers: 1,0. (default: auto)",
      valueName: "processors"
    )
  )
  var pin: Pinning?

  @Flag(help: "Show which rungs are ready, all or those of --rungs, and end.")
  var list = false

  @Option(help: ArgumentHelp("The folder with the ladder, or the file that lists it.", valueName: "path"))
  var ladder = "Rungs"

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder of the report. (default: report)", valueName: "folder")
  )
  var output: String?

  // MARK: Checking arguments

  func validate() throws {
    try require(rungs?.elements.isDistinct ?? true, "--rungs has a name twice")
    try require(work?.elements.isDistinct ?? true, "--work has a kind twice")
    try require(points.map { (2...20).contains($0) } ?? true, "--points must be from 2 to 20")
    try require(starts.map { (0...1000).contains($0) } ?? true, "--starts must be from 0 to 1000")
    try require(rounds.map { (1...1000).contains($0) } ?? true, "--rounds must be from 1 to 1000")
    try require(
      duration.map { (.milliseconds(100)...(.seconds(3600))).contains($0.duration) } ?? true,
      "--duration must be from 100ms to 1h"
    )
    try require(warmup.map { $0.duration <= .seconds(600) } ?? true, "--warmup must be at most 10m")
    try require(output != "", "--output needs the name of a folder")
    try require(check != "" && record != "", "--check and --record need the name of a file")
    try require(
      speed != false || rounds == nil && duration == nil && warmup == nil,
      "--rounds, --duration and --warmup have no meaning with --no-speed"
    )
    let isMeasured =
      [rounds, points, starts].contains { $0 != nil } || [duration, warmup].contains { $0 != nil }
      || [memory, speed].contains { $0 != nil } || work != nil || base != nil || pin != nil || seed != nil
    try require(
      !list || !isMeasured && check == nil && record == nil && output == nil,
      "--list shows rungs and measures nothing: only --rungs and --ladder go with it"
    )
    try require(
      check == nil
        || rungs == nil && base == nil && work == nil && starts == nil && memory == nil && speed == nil
          && rounds == nil && duration == nil && warmup == nil,
      "--check measures what its file has recorded: only --points, --record, --pin, --ladder and --output go with it"
    )
  }

  private func require(_ condition: Bool, _ message: String) throws {
    guard condition else { throw ValidationError(message) }
  }

  // MARK: Running

  func run() throws {
    do {
      let folder = try LadderFolder(ladder, program: Program.uvecho.path)
      guard !list else {
        let rungs = try folder.rungs(named: rungs?.elements ?? folder.names)
        return Output.line(CostText.list(rungs, try folder.readiness(of: rungs)))
      }
      let thresholds = try check.map(CostThresholds.init(contentsOf:))
      // What can't be written is better known before.
      if let record, record != check {
        try refuseToReplace(record)
        try Output.check(record)
      }
      let results = try measure(try settings(folder, thresholds), folder)
      if let record {
        let recorded = thresholds?.renewed(by: results) ?? CostThresholds(results)
        try Output.write(recorded.json, toFile: record)
        Output.errorLine("recorded in \(record)")
      }
      guard let thresholds else {
        // Then there is no report either.
        if results.isEndedEarly, !results.hasFigures { try end(results) }
        Output.line(CostText.summary(results))
        Output.line("\nThe page: \(folderPath)/cost.html; all figures: \(folderPath)/cost.json")
        return try end(results)
      }
      // What is missing was not measured: that says nothing of what it costs.
      if results.isEndedEarly { try end(results) }
      let checks = thresholds.check(results)
      Output.line(CostText.checks(checks))
      if let hint = CostText.hint(checks, check!) { Output.line("\n\(hint)") }
      try end(results)
      if checks.contains(where: { $0.verdict == .broken }), record == nil || record != check {
        throw ExitCode.failure
      }
    } catch let error as ExitCode {
      throw error
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
  }

  /// A file that has something else in it is somebody's.
  private func refuseToReplace(_ path: String) throws {
    guard path != "-", FileManager.default.fileExists(atPath: path), ProcessUsage.text(path) != "" else {
      return
    }
    do {
      _ = try CostThresholds(contentsOf: path)
    } catch {
      throw NoThresholds(path: path)
    }
  }

  private var folderPath: String { output ?? "report" }

  private func measure(_ settings: CostSettings, _ folder: LadderFolder) throws -> CostResults {
    // What is refused leaves no folder behind.
    let processors = try Processors(pin?.choice ?? .automatic)
    let report = folderPath
    var run = try CostRun(
      settings,
      in: folder,
      on: processors,
      logFolder: "\(report)/logs",
      tool: Compare.tool
    )
    let beginning = run.beginning
    guard let base = beginning.rung(beginning.base), !base.isLeftOut else {
      throw UnusableBase(name: beginning.base, problem: beginning.rung(beginning.base)?.problems.first ?? "")
    }
    // It makes the folder for what servers print, too.
    _ = try ReportFolder(report)
    Output.errorLine(CostText.beginning(beginning))
    let progress = CostProgress()
    run.handlesSignals = true
    run.onProgress = { progress.show($0) }
    run.keep = { results in
      // An earlier report is worth more than one without a figure.
      if results.isEndedEarly, !results.hasFigures { return }
      try CostReport.write(results, to: report)
    }
    defer { progress.clear() }
    return try run.run()
  }

  /// Ends with the status of results that lack something.
  private func end(_ results: CostResults) throws {
    if results.isEndedEarly {
      Output.errorLine(
        results.hasFigures
          ? "ended early: what was measured is in \(folderPath)/cost.json"
          : "ended early: nothing was measured yet"
      )
      // As a shell tells that SIGINT ended a program.
      throw ExitCode(130)
    }
    if results.rungs.contains(where: \.hasFailed) {
      throw ExitCode.failure
    }
  }

  /// What the flags ask for.
  func settings(_ folder: LadderFolder, _ thresholds: CostThresholds?) throws -> CostSettings {
    var settings: CostSettings
    if let thresholds {
      settings = thresholds.settings
    } else {
      let names = try folder.rungs(named: rungs?.elements ?? folder.names).map(\.id)
      let base = base ?? (names.contains("c-libuv") ? "c-libuv" : names[0])
      guard names.contains(base) else { throw NoBaseRung(name: base) }
      settings = CostSettings(rungs: names, base: base, work: work?.elements ?? Work.allCases)
      if memory == false { settings.connections = [] }
      settings.starts = starts ?? settings.starts
      var how = CostSettings.Speed()
      how.rounds = rounds ?? how.rounds
      how.durationSeconds = duration?.seconds ?? how.durationSeconds
      how.warmupSeconds = warmup?.seconds ?? how.warmupSeconds
      settings.speed = speed == false ? nil : how
    }
    settings.points = points ?? settings.points
    settings.seed = seed ?? settings.seed
    return settings
  }
}

/// Writes the files of a report.
enum CostReport {
  /// Writes `cost.json`, and draws `cost.md`, `cost.html` and `cost.svg`; each whole.
  static func write(_ results: CostResults, to folder: String) throws {
    let folder = try ReportFolder(folder)
    try folder.write(results)
    try folder.draw(results)
  }
}

/// What was to be recorded would take the place of something else.
struct NoThresholds: Error, CustomStringConvertible {
  let path: String

  var description: String {
    "\(path) is there and has no thresholds in it: name another file for --record, or remove it"
  }
}

/// The base isn't among the rungs.
struct NoBaseRung: Error, CustomStringConvertible {
  let name: String

  var description: String { "the base, \(name), is not among the rungs: add it to --rungs" }
}
