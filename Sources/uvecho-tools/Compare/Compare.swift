import ArgumentParser
import Comparison
import FoundationEssentials
import Libuv
import LoadGenerator
import UvechoSupport

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the same echo server in many languages under the same load, and write a report.",
    discussion: """
      The servers are in the folder Peers; `make peers` installs and builds them, and --list shows which are ready. \
      Each is started anew for each sample, in an order that is drawn for each round, on a processor of its own, and \
      loaded from another one. First in a closed loop, which tells how much it can do; then all at the same rate in an \
      open loop, which tells how long users wait. Every byte is checked.

      Figures on a shared machine drift, so the report shows ratios within rounds to a base, with 95 % intervals, and \
      the base takes part twice: how much these two differ is how far all others can be trusted.

      The defaults below are the standard profile's. quick has 2 rounds of 2 s after 0.5 s, 100 clients, and latency at \
      half of the slowest server's capacity; full has 6 rounds of 30 s after 3 s, 2000 persistent and 3000 reconnecting \
      clients.

      The report's folder gets results.json (docs/compare-json.md), report.html, report.md and headline.svg. Ctrl-C \
      keeps what was measured; --resume goes on.

      Examples:
        uvecho compare --list                          who is ready
        uvecho compare --profile quick                 a first look at all of them
        uvecho compare --profile quick --peers uvecho,c-libuv,node
        uvecho compare                                 figures to publish
        uvecho compare --profile full                  2015 again
        uvecho report report/results.json              the report once more
      """
  )

  // MARK: What

  @Option(
    help: """
      quick: 2 rounds; standard: 10 rounds, 100 and 2000 clients; full: 6 rounds, 2000 persistent and 3000 \
      reconnecting clients, 30 seconds. (default: standard)
      """
  )
  var profile: Settings.Profile?

  @Option(help: ArgumentHelp("The servers, by their folders' names. (default: all)", valueName: "names"))
  var peers: List<String>?

  @Option(
    help: ArgumentHelp(
      "The server that the others are divided by. (default: c-libuv, or the first of --peers)",
      valueName: "name"
    )
  )
  var base: String?

  @Option(
    help: ArgumentHelp(
      "How often each server is started for each workload. (default: 10)",
      valueName: "count"
    )
  )
  var rounds: Int?

  @Option(help: ArgumentHelp("How long to measure in a closed loop. (default: 5)", valueName: "seconds"))
  var duration: Time?

  @Option(help: ArgumentHelp("Load before each measured time. (default: 1.5)", valueName: "seconds"))
  var warmup: Time?

  // MARK: Workloads

  @Option(
    help: ArgumentHelp(
      "What clients do with their connections. (default: persistent,reconnect)",
      valueName: "names"
    )
  )
  var strategies: List<Workload.Strategy>?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How many clients: each number with each strategy. (default: 100,2000)",
      valueName: "counts"
    )
  )
  var connections: List<Int>?

  @Option(help: ArgumentHelp("Bytes of a request: 64, 4k. (default: 64)", valueName: "sizes"))
  var sizes: List<Sizes>?

  // MARK: Latency

  @Option(
    help: ArgumentHelp(
      """
      At which shares of the slowest server's capacity to measure the latency of all: 50%, 0.5, or none. The middle one \
      is for each workload, the others only for the first one with persistent clients. (default: 0.25,0.5,0.75)
      """,
      valueName: "shares"
    )
  )
  var shares: Shares?

  @Option(
    help: ArgumentHelp(
      "How often each server is started for each of these. (default: 6, or --rounds if that is fewer)",
      valueName: "count"
    )
  )
  var latencyRounds: Int?

  @Option(help: ArgumentHelp("How long to measure latency. (default: 2)", valueName: "seconds"))
  var latencyDuration: Time?

  // MARK: How

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the base takes part a second time, under another name. (default: yes, but for quick)"
  )
  var twin: Bool?

  @Option(help: "What orders and intervals are drawn from. (default: 1)")
  var seed: UInt64?

  @Option(
    help: ArgumentHelp(
      "Processors to keep servers and clients on: auto, none, or two numbers: 1,0. (default: auto)",
      valueName: "processors"
    )
  )
  var pin: Pinning?

  @Flag(help: "Go on with the comparison in the report's folder.")
  var resume = false

  @Flag(help: "Show which servers are ready, all or those of --peers, and end.")
  var list = false

  @Option(help: ArgumentHelp("The folder with the servers.", valueName: "folder"))
  var peersFolder = "Peers"

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder of the report.", valueName: "folder"))
  var output = "report"

  // MARK: Checking

  func validate() throws {
    try require(rounds.map { (1...1000).contains($0) } ?? true, "--rounds must be from 1 to 1000")
    try require(
      latencyRounds.map { (1...1000).contains($0) } ?? true,
      "--latency-rounds must be from 1 to 1000"
    )
    for (name, time) in [("--duration", duration), ("--latency-duration", latencyDuration)] {
      try require(
        time.map { (.milliseconds(100)...(.seconds(3600))).contains($0.duration) } ?? true,
        "\(name) must be from 100ms to 1h"
      )
    }
    try require(warmup.map { $0.duration <= .seconds(600) } ?? true, "--warmup must be at most 10m")
    try require(
      connections?.elements.allSatisfy { (1...100_000).contains($0) } ?? true,
      "--connections must be from 1 to 100000"
    )
    try require(connections?.elements.isDistinct ?? true, "--connections has a number twice")
    try require(
      peers?.elements.isDistinct ?? true,
      "--peers has a name twice; the base takes part twice with --twin"
    )
    try require(strategies?.elements.isDistinct ?? true, "--strategies has a name twice")
    try require(sizes?.elements.isDistinct ?? true, "--sizes has a size twice")
    try require(shares?.elements.isDistinct ?? true, "--shares has a share twice")
    try require(!output.isEmpty, "--output needs the name of a folder")
    try require(
      sizes?.elements.allSatisfy { $0.range.count == 1 } ?? true,
      "--sizes are single sizes: a range would be another workload each time"
    )
    try require(
      shares?.elements.isEmpty != true || latencyRounds == nil && latencyDuration == nil,
      "--latency-rounds and --latency-duration have no meaning with --shares none"
    )
    try require(
      !list || !resume && !isGiven,
      "--list shows servers and measures nothing: only --peers and --peers-folder go with it"
    )
    if resume {
      try require(
        !isGiven && peers == nil,
        "--resume goes on with what was asked before: only --output and --peers-folder go with it"
      )
    }
  }

  /// Whether something is asked for that a comparison is made with, besides its servers.
  private var isGiven: Bool {
    [
      profile != nil, base != nil, rounds != nil, duration != nil, warmup != nil, strategies != nil,
      connections != nil, sizes != nil, shares != nil, latencyRounds != nil, latencyDuration != nil,
      twin != nil,
      seed != nil, pin != nil,
    ].contains(true)
  }

  private func require(_ condition: Bool, _ message: String) throws {
    guard condition else { throw ValidationError(message) }
  }

  // MARK: Running

  func run() throws {
    do {
      let folder = try PeerFolder(peersFolder, program: Program.uvecho.path)
      guard !list else {
        var settings = settings(folder.names)
        settings.hasTwin = false
        return Output.line(CompareText.list(try folder.entrants(of: settings)))
      }
      // What is refused leaves no folder behind, and earlier results in their place.
      let (results, processors) = try resume ? resumed(folder) : begun(folder)
      try ComparisonRun.requireDescriptors(for: results.settings)
      let report = try ReportFolder(output)
      if !resume, let name = try report.putAside() {
        Output.errorLine("the results that were there are now \(name)")
      }
      try compare(results, folder, processors, report)
    } catch let error as ExitCode {
      throw error
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
  }

  private func compare(
    _ results: Results,
    _ folder: PeerFolder,
    _ processors: Processors,
    _ report: ReportFolder
  ) throws {
    var run = ComparisonRun(results, in: folder, on: processors, logFolder: report.logPath)
    Output.errorLine(CompareText.beginning(results, secondsLeft: run.secondsLeft))
    let progress = CompareProgress(results)
    run.handlesSignals = true
    run.onProgress = { progress.show($0) }
    run.keep = { try report.write($0) }
    let outcome: Results
    do {
      defer { progress.clear() }
      outcome = try run.run()
    }
    try report.draw(outcome)
    Output.line(CompareText.summary(outcome))
    if let notes = CompareText.notes(outcome) { Output.line("\n\(notes)") }
    Output.line("\nThe whole report: \(report.pagePath)")
    guard outcome.isComplete else {
      Output.errorLine("ended early: `uvecho compare --resume --output \(output)` goes on")
      // As a shell tells that SIGINT ended a program.
      throw ExitCode(130)
    }
    if !CompareText.failed(outcome).isEmpty { throw ExitCode.failure }
  }

  /// What results say that they were made with.
  static let tool = "uvecho \(Version.number)"

  /// Results without a sample, of what the flags ask for.
  private func begun(_ folder: PeerFolder) throws -> (Results, Processors) {
    var settings = settings(folder.names)
    let processors = try Processors(pin?.choice ?? .automatic)
    // Before all versions are asked for, which is a load of its own.
    var machine = Machine(processors)
    #if DEBUG
      machine.notes.append("This program was built for debugging: its server and its clients are slow.")
    #endif
    var entrants = try folder.entrants(of: settings)
    // Who names no base has no favourite.
    if base == nil, entrants.first(where: { $0.id == settings.base })?.problem != nil,
      let ready = entrants.first(where: { $0.problem == nil })
    {
      settings.base = ready.id
      if settings.hasTwin { entrants.addTwin(of: ready.id) }
    }
    guard let base = entrants.first(where: { $0.id == settings.base }) else {
      throw NoBase(name: settings.base)
    }
    if let problem = base.problem { throw UnusableBase(name: base.name, problem: problem) }
    let results = Results(
      tool: Self.tool,
      program: try Digest.ofFile(Executable.path) ?? "",
      startedAt: Date.now.ISO8601Format(),
      settings: settings,
      machine: machine,
      entrants: entrants
    )
    return (results, processors)
  }

  /// The results of the report's folder.
  private func resumed(_ folder: PeerFolder) throws -> (Results, Processors) {
    let path = "\(output)/results.json"
    guard FileManager.default.fileExists(atPath: path) else { throw NothingToResume(path: path) }
    let results = try ReportFolder.results(from: path)
    let machine = results.machine
    var choice = Processors.Choice.none
    if let server = machine.serverProcessor, let client = machine.clientProcessor {
      choice = .these(server: server, client: client)
    }
    let processors = try Processors(choice)
    for name in results.settings.peers where !folder.names.contains(name) {
      throw PeerGone(name: name, results: path, folder: folder.path)
    }
    let entrants = try folder.entrants(of: results.settings)
    let program = try Digest.ofFile(Executable.path) ?? ""
    try results.requireSame(program: program, Machine(processors), entrants)
    return (results, processors)
  }

  /// What the flags ask for, of these peers unless others are named.
  func settings(_ all: [String]) -> Settings {
    let peers = peers?.elements ?? all
    let base = base ?? (peers.contains("c-libuv") ? "c-libuv" : peers[0])
    var settings = Settings(profile ?? .standard, peers: peers, base: base)
    settings.rounds = rounds ?? settings.rounds
    settings.durationSeconds = duration?.seconds ?? settings.durationSeconds
    settings.warmupSeconds = warmup?.seconds ?? settings.warmupSeconds
    if strategies != nil || connections != nil || sizes != nil {
      settings.cells = Settings.cells(
        of: settings.cells,
        strategies: strategies?.elements,
        connections: connections?.elements,
        sizes: sizes?.elements.map(\.range.lowerBound)
      )
    }
    settings.latencyShares = shares?.elements ?? settings.latencyShares
    settings.latencyRounds = latencyRounds ?? Settings.latencyRounds(of: settings.rounds)
    settings.latencySeconds = latencyDuration?.seconds ?? settings.latencySeconds
    settings.hasTwin = twin ?? settings.hasTwin
    settings.seed = seed ?? settings.seed
    return settings
  }
}

/// The base isn't among the peers.
struct NoBase: Error, CustomStringConvertible {
  let name: String

  var description: String { "the base, \(name), is not among the servers: add it to --peers" }
}

/// The base can't be started.
struct UnusableBase: Error, CustomStringConvertible {
  let name: String
  let problem: String

  var description: String { "the base, \(name), can't be started: \(problem); --base names another one" }
}

/// A comparison can't go on without one of its servers.
struct PeerGone: Error, CustomStringConvertible {
  let name: String
  let results: String
  let folder: String

  var description: String { "the comparison in \(results) has \(name), which is no longer in \(folder)" }
}

/// There are no results to go on with.
struct NothingToResume: Error, CustomStringConvertible {
  let path: String

  var description: String { "there is nothing to go on with: no \(path)" }
}
