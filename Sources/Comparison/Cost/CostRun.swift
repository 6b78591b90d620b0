internal import FoundationEssentials
internal import Libuv
internal import LoadGenerator

/// Measures what each rung of a ladder costs.
public struct CostRun {
  /// How it goes on.
  public enum Progress: Sendable {
    /// Something is about to be measured of a rung: its name and what, and which step that is of how many.
    case step(rung: String, what: String, number: Int, of: Int)
    /// Something could not be measured, or not well: the rung's name, and a sentence.
    case problem(rung: String, String)
    /// All servers are about to be started once more: the round, of how many.
    case starts(round: Int, of: Int)
    /// Speed is about to be measured, for so many seconds.
    case speed(Results, secondsLeft: Double)
    /// How that goes on.
    case comparison(ComparisonRun.Progress)
  }

  /// Called as it goes on, on the calling thread.
  public var onProgress: (Progress) -> Void = { _ in }
  /// Called with the results after each rung, and at the end.
  public var keep: (CostResults) throws -> Void = { _ in }
  /// Whether SIGINT, SIGTERM and SIGHUP end it early, instead of the process.
  public var handlesSignals = false
  /// How long a process may take to start, to do its work, and to end.
  var patience = Duration.seconds(120)

  private let settings: CostSettings
  private let ladder: LadderFolder
  private let processors: Processors
  private let logFolder: String
  private var results: CostResults
  private let hasTracer: Bool
  /// Those that can't be started.
  private let unready: Set<String>

  /// A measurement that has yet to be made.
  ///
  /// - Parameters:
  ///   - settings: what to measure.
  ///   - ladder: where the rungs are.
  ///   - processors: where servers and clients are kept.
  ///   - logFolder: a folder for what servers print.
  ///   - tool: what results say that they were made with.
  /// - Throws: ``UnknownRung``; ``MissingTools`` when there is nothing to count with; `UVError` when a loop can't be made.
  public init(
    _ settings: CostSettings,
    in ladder: LadderFolder,
    on processors: Processors,
    logFolder: String,
    tool: String
  ) throws {
    self.settings = settings
    self.ladder = ladder
    self.processors = processors
    self.logFolder = logFolder
    let counters = settings.counters.values.flatMap(\.values).reduce(into: Set()) { $0.formUnion($1) }
    try MissingTools.require(
      (counters.isEmpty ? [] : [.valgrind, .objcopy]) + (settings.hasSizes ? [.objcopy, .size] : [])
    )
    let rungs = try ladder.rungs(named: settings.rungs)
    // Before all versions are asked for, which is a load of its own.
    let machine = Machine(processors)
    let work = Set(settings.counters.values.flatMap(\.keys))
    let readiness = try ladder.readiness(of: rungs, for: Array(work))
    unready = Set(zip(rungs, readiness).filter { $1.problem != nil }.map(\.0.id))
    results = CostResults(
      tool: tool,
      startedAt: Date.now.ISO8601Format(),
      machine: machine,
      base: settings.base,
      rungs: zip(rungs, readiness).map(RungCost.init)
    )
    // Not all systems let processes be traced: the other figures don't need it.
    hasTracer = SearchPath.has("strace")
    if counters.contains(.systemCalls), !hasTracer {
      do { try MissingTools.require([.strace]) } catch {
        results.problems = ["System calls were not counted: \(error)."]
      }
    }
  }

  /// What is known before anything was measured: who can't be started.
  public var beginning: CostResults { results }

  /// Measures all of it.
  ///
  /// - Returns: the results, which lack what was not measured when it ended early.
  /// - Throws: what ``keep`` throws; `UVError` when a loop can't be made.
  public mutating func run() throws -> CostResults {
    DescriptorLimit.raise()
    let interruption = handlesSignals ? try Interruption() : nil
    let isInterrupted = { interruption?.hasCome == true }
    let folder = FileManager.default.temporaryDirectory.appending(path: "uvecho-cost-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var failure: (any Error)?
    do {
      try count(folder, isInterrupted)
      try measureStarts(isInterrupted)
      try measureSpeed(isInterrupted)
    } catch is Interrupted {
      results.problems = (results.problems ?? []) + [CostResults.endedEarly]
    } catch {
      failure = error
    }
    // A second signal must not end the process before they are kept.
    do { try keep(results) } catch { failure = failure ?? error }
    try interruption?.end()
    if let failure { throw failure }
    return results
  }

  /// Those that can be started.
  private var ready: [Int] { results.rungs.indices.filter { !unready.contains(results.rungs[$0].id) } }

  private func rung(_ index: Int) -> Rung { ladder.ladder.rungs.first { $0.id == results.rungs[index].id }! }

  private mutating func note(_ index: Int, _ sentence: String) {
    results.rungs[index].problems.append(sentence)
    onProgress(.problem(rung: results.rungs[index].name, sentence))
  }

  // MARK: Counts, sizes and memory

  /// Something that is measured of a rung alone.
  private struct Step {
    /// For a sentence: `instructions of an echo`.
    let what: String
    /// What is counted of which work; nil for what isn't counted.
    var counted: (counter: Counter, work: Work)?
    /// Returns what is to be said against the figures: clauses.
    let measure: (inout RungCost) throws -> [String]
  }

  private mutating func count(_ folder: String, _ isInterrupted: @escaping () -> Bool) throws {
    let programs = ReadablePrograms(in: folder, ladder)
    let plans = ready.map { ($0, steps($0, programs, folder, isInterrupted)) }
    let total = plans.map(\.1.count).reduce(0, +)
    var number = 0
    for (index, steps) in plans {
      var failures = 0
      for step in steps {
        number += 1
        let name = results.rungs[index].name
        if isInterrupted() { throw Interrupted() }
        // Who has failed again and again would take its time again.
        guard failures < Self.mostFailures, isNeeded(step, index) else { continue }
        onProgress(.step(rung: name, what: step.what, number: number, of: total))
        do {
          for problem in try step.measure(&results.rungs[index]) {
            note(index, Self.sentence(step.what, problem))
          }
          failures = 0
        } catch  where error is CountFailure || error is ServerFailure || error is UnreadableProfile {
          failures += 1
          note(index, Self.sentence(step.what, "\(error)"))
        }
        if failures == Self.mostFailures {
          note(index, "It failed again and again: nothing else was counted.")
        }
      }
      try keep(results)
    }
  }

  private static let mostFailures = 3

  /// A clause about something that was measured: `Instructions of an echo: it ended.`
  private static func sentence(_ what: String, _ clause: String) -> String {
    "\(what.prefix(1).uppercased())\(what.dropFirst()): \(clause)."
  }

  /// Whether a step is to be carried out: not where another rung has done the same work by the same program, whose cost is
  /// then this one's, too; and not where the instructions, which each cost has, could not be counted.
  private mutating func isNeeded(_ step: Step, _ index: Int) -> Bool {
    guard let (counter, work) = step.counted else { return true }
    if counter == .instructions, let same = same(index, work) { results.rungs[index].work.append(same) }
    let cost = results.rungs[index].cost(of: work)
    switch counter {
    case .instructions: return cost == nil
    case .allocations: return cost.map { $0.allocations == nil } ?? false
    case .systemCalls: return cost.map { $0.systemCalls == nil } ?? false
    }
  }

  private func same(_ index: Int, _ work: Work) -> WorkCost? {
    let words = work.words(rung(index))
    let other = results.rungs[..<index].first { other in
      other.problems.isEmpty && work.words(ladder.ladder.rungs.first { $0.id == other.id }!) == words
        && settings.counters[other.id]?[work] == settings.counters[results.rungs[index].id]?[work]
    }
    return other?.cost(of: work)
  }

  private func steps(
    _ index: Int,
    _ programs: ReadablePrograms,
    _ folder: String,
    _ isInterrupted: @escaping () -> Bool
  ) -> [Step] {
    let rung = rung(index)
    var run = CountedRun(
      rung: rung,
      ladder: ladder,
      processors: processors,
      logPath: "\(logFolder)/\(rung.id).log"
    )
    run.patience = patience
    run.isInterrupted = isInterrupted
    var counter = CostCounter(run: run, programs: programs, folder: folder)
    counter.points = settings.points
    var steps: [Step] = []
    if settings.hasSizes || !settings.connections.isEmpty {
      steps.append(footprint(rung, programs, isInterrupted))
    }
    for work in Work.allCases {
      let counters = settings.counters[rung.id]?[work] ?? []
      guard work.words(rung) != nil else { continue }
      // Each cost has instructions: the others are of no use without them.
      guard !counters.isEmpty else { continue }
      steps.append(
        Step(what: "instructions of \(work.title)", counted: (.instructions, work)) { cost in
          let counted = try counter.instructions(work)
          cost.work.append(counted)
          return [counted.instructions.problem(least: Slope.leastInstructions)].compactMap { $0 }
        }
      )
      if counters.contains(.allocations) {
        steps.append(
          Step(what: "allocations of \(work.title)", counted: (.allocations, work)) { cost in
            let (allocations, bytes) = try counter.allocations(work)
            cost.change(work) { ($0.allocations, $0.allocatedBytes) = (allocations, bytes) }
            return [
              allocations.problem(least: Slope.leastAllocations),
              bytes.problem(least: Slope.leastBytes).map { "of their bytes, \($0)" },
            ].compactMap { $0 }
          }
        )
      }
      if counters.contains(.systemCalls), hasTracer {
        steps.append(
          Step(what: "system calls of \(work.title)", counted: (.systemCalls, work)) { cost in
            let calls = try counter.systemCalls(work)
            cost.change(work) { $0.systemCalls = calls }
            return []
          }
        )
      }
    }
    return steps
  }

  /// Size and memory, both of one start.
  private func footprint(
    _ rung: Rung,
    _ programs: ReadablePrograms,
    _ isInterrupted: @escaping () -> Bool
  ) -> Step {
    Step(what: "size and memory") { [settings, ladder, processors, logFolder, patience] cost in
      let peers = ladder.peers([rung])
      let server = try processors.onClients {
        try Server(
          peers.peers[0],
          in: peers,
          on: processors.server,
          logPath: "\(logFolder)/\(rung.id).log",
          patience: Server.Patience(start: patience),
          isInterrupted: isInterrupted
        )
      }
      defer { server.end() }
      var problems: [String] = []
      // What it has mapped before anybody has asked for anything; only then is its memory as it will be.
      if settings.hasSizes {
        do {
          let words = peers.command(of: peers.peers[0], port: 0)
          guard let program = try programs.prepare(words) else {
            throw CountFailure(reason: "its program is not one of machine code")
          }
          cost.size = try CodeSize.measure(program: program, process: server.processIdentifier)
        } catch let failure as CountFailure {
          problems.append("\(failure)")
        }
      }
      if !settings.connections.isEmpty {
        let (points, problem) = try processors.onClients {
          try MemoryPoint.measure(settings.connections, of: server, isInterrupted: isInterrupted)
        }
        cost.memory = points
        if let problem { problems.append(problem) }
      }
      return problems
    }
  }

  // MARK: Starts and speed

  private mutating func measureStarts(_ isInterrupted: @escaping () -> Bool) throws {
    guard settings.starts > 0 else { return }
    var times = StartTimes(ladder: ladder, processors: processors, logFolder: logFolder, seed: settings.seed)
    // They have started before, for what was counted.
    times.patience.start = min(patience, .seconds(10))
    times.isInterrupted = isInterrupted
    let outcome = try times.measure(ready.map(rung), rounds: settings.starts) {
      [onProgress, settings] round in
      onProgress(.starts(round: round, of: settings.starts))
    }
    for index in ready {
      let id = results.rungs[index].id
      results.rungs[index].startMilliseconds = outcome.spread(id)
      results.rungs[index].startRatio = outcome.ratio(id, to: settings.base, seed: settings.seed)
      if let problem = outcome.problems[id] { note(index, Self.sentence("start", problem)) }
    }
    try keep(results)
    if outcome.isInterrupted { throw Interrupted() }
  }

  private mutating func measureSpeed(_ isInterrupted: () -> Bool) throws {
    guard let speed = settings.speed, !ready.isEmpty else { return }
    let rungs = ready.map(rung)
    var comparison = settings.comparison(speed, of: rungs.map(\.id))
    if !comparison.peers.contains(comparison.base) { comparison.base = comparison.peers[0] }
    let peers = ladder.peers(rungs)
    var entrants = ready.map { index in
      let cost = results.rungs[index]
      let peer = peers.peers.first { $0.id == cost.id }!
      return Entrant(peer, Readiness(version: cost.version), digest: peers.digest(of: peer))
    }
    entrants.addTwin(of: comparison.base)
    let beginning = Results(
      tool: results.tool,
      program: try Digest.ofFile(Executable.path) ?? "",
      startedAt: Date.now.ISO8601Format(),
      settings: comparison,
      machine: results.machine,
      entrants: entrants
    )
    if isInterrupted() { throw Interrupted() }
    var run = ComparisonRun(beginning, in: peers, on: processors, logFolder: logFolder)
    onProgress(.speed(beginning, secondsLeft: run.secondsLeft))
    run.handlesSignals = handlesSignals
    run.onProgress = { [onProgress] in onProgress(.comparison($0)) }
    run.keep = { [keep, results] speed in
      var results = results
      results.speed = speed
      try keep(results)
    }
    do {
      let outcome = try run.run()
      results.speed = outcome
      if !outcome.isComplete { throw Interrupted() }
    } catch let few as TooFewDescriptors {
      results.problems = (results.problems ?? []) + ["Speed was not measured: \(few)."]
    }
  }
}

extension RungCost {
  /// One of which nothing was measured.
  init(_ rung: Rung, _ readiness: Readiness) {
    self.init(
      id: rung.id,
      name: rung.name,
      language: rung.language,
      runtime: rung.runtime,
      version: readiness.version,
      notes: rung.notes,
      work: [],
      memory: [],
      problems: readiness.problem.map { ["\(Self.leftOut)\($0)."] } ?? []
    )
  }

  private static let leftOut = "It was left out: "

  /// Whether it could not be started from the beginning, which ``problems`` say.
  public var isLeftOut: Bool { problems.first?.hasPrefix(Self.leftOut) == true }

  /// Whether nothing of what it does could be counted, though it was there.
  public var hasFailed: Bool { !isLeftOut && !problems.isEmpty && work.isEmpty }

  /// What some kind of work costs.
  public func cost(of work: Work) -> WorkCost? { self.work.first { $0.work == work } }

  mutating func change(_ work: Work, _ body: (inout WorkCost) -> Void) {
    for index in self.work.indices where self.work[index].work == work { body(&self.work[index]) }
  }
}

extension Work {
  /// For a sentence: `an echo`.
  public var title: String {
    switch self {
    case .echo: "an echo"
    case .connection: "a connection"
    case .timer: "a timer"
    case .wakeup: "a wakeup"
    }
  }

  /// The command of a rung that does it; nil when it has none.
  func words(_ rung: Rung) -> [String]? {
    switch self {
    case .echo, .connection: rung.echo
    case .timer: rung.timers
    case .wakeup: rung.wakeups
    }
  }
}
