internal import FoundationEssentials
internal import LoadGenerator

/// Carries out a comparison: starts each peer's server again and again, and measures what it does.
///
/// First come rounds of closed loops. They tell what each server can do, and so the rates at which all of them are then
/// measured in open loops.
public struct ComparisonRun {
  /// How it goes on.
  public enum Progress: Sendable {
    /// A server is about to be started: the step's number, from one, of how many, and how long all will take.
    case step(Step, number: Int, of: Int, secondsLeft: Double)
    /// What came of it.
    case sample(Sample)
    /// A round is over; the results have been kept.
    case round(Int, of: Int, isOpenLoop: Bool, secondsLeft: Double)
    /// The entrant's server has failed again and again, and is not started any more.
    case givenUp(entrant: String, reason: String)
  }

  /// After how many failures in a row a server isn't started any more.
  static let mostFailures = 3

  private var results: Results
  private let folder: PeerFolder
  private let processors: Processors
  private let logFolder: String

  /// Called as it goes on, on the calling thread.
  public var onProgress: (Progress) -> Void = { _ in }
  /// Called with the results now and then, after each round, and at the end. Summaries are those of whole rounds.
  public var keep: (Results) throws -> Void = { _ in }

  /// Whether SIGINT, SIGTERM and SIGHUP end it early, instead of the process.
  public var handlesSignals = false

  /// When the results were last kept, and after what time that is done within a round, too.
  private var lastKept = ContinuousClock.now
  private static let longestUnkept = Duration.seconds(60)

  var patience = Server.Patience()
  var probe = ConnectionProbe()

  /// A comparison that goes on from results, of which there may be none yet.
  ///
  /// - Parameters:
  ///   - results: what was measured so far; entrants with a problem don't take part.
  ///   - folder: where the peers are.
  ///   - processors: where servers and clients are kept.
  ///   - logFolder: a folder for what servers print.
  public init(_ results: Results, in folder: PeerFolder, on processors: Processors, logFolder: String) {
    self.results = results
    self.folder = folder
    self.processors = processors
    self.logFolder = logFolder
  }

  /// Raises this process's limit of open files as far as it may, and makes sure that it suffices for all workloads.
  ///
  /// - Throws: `TooFewDescriptors` when it doesn't.
  public static func requireDescriptors(for settings: Settings) throws {
    for cell in settings.cells { try LoadGenerator.requireDescriptors(for: cell.connections, cell.strategy) }
  }

  /// How long all that is missing will take, in seconds.
  public var secondsLeft: Double { seconds(TimeLeft(results.settings)) }

  /// Measures what is missing.
  ///
  /// - Returns: the results, which aren't complete when it ended early.
  /// - Throws: what ``keep`` throws; `UVError` when a loop can't be made; `TooFewDescriptors` when this process may not
  ///   have as many connections as a workload has.
  public mutating func run() throws -> Results {
    // Servers have this process's limits: the first one those of all others.
    try Self.requireDescriptors(for: results.settings)
    let interruption = handlesSignals ? try Interruption() : nil
    let left = TimeLeft(results.settings)
    var failure: (any Error)?
    do {
      try measure(Plan(results).closedRounds, isOpenLoop: false, left, interruption)
      if results.latencyRates.isEmpty { results.latencyRates = Self.rates(results) }
      try measure(Plan(results).openRounds, isOpenLoop: true, left, interruption)
      results.isComplete = true
    } catch is Interrupted {
      results.isComplete = false
    } catch {
      failure = error
    }
    // A second signal must not end the process before they are kept.
    do { try keepResults() } catch { failure = failure ?? error }
    try interruption?.end()
    if let failure { throw failure }
    return results
  }

  private mutating func keepResults() throws {
    results.summarize()
    lastKept = .now
    try keep(results)
  }

  private mutating func measure(
    _ rounds: [[Step]],
    isOpenLoop: Bool,
    _ left: TimeLeft,
    _ interruption: Interruption?
  ) throws {
    for (index, round) in rounds.enumerated() {
      var hasNew = false
      for step in round where try measure(step, left, interruption) { hasNew = true }
      guard hasNew else { continue }
      try keepResults()
      onProgress(
        .round(index + 1, of: rounds.count, isOpenLoop: isOpenLoop, secondsLeft: seconds(left))
      )
    }
  }

  /// Measures a step, if that is yet to be done, and can be.
  ///
  /// - Returns: whether there is a new sample.
  private mutating func measure(
    _ step: Step,
    _ left: TimeLeft,
    _ interruption: Interruption?
  ) throws -> Bool {
    guard !results.samples.contains(where: { $0.step == step }),
      let index = results.entrants.firstIndex(where: { $0.id == step.entrant }),
      results.entrants[index].givenUp == nil,
      let peer = folder.peers.first(where: { $0.id == results.entrants[index].peer })
    else { return false }
    var rate: Double?
    if let share = step.share {
      rate = results.latencyRates.first { $0.cell == step.cell && $0.share == share }?.perSecond
      // No server has had a valid run with this workload.
      guard rate != nil else { return false }
    }
    if interruption?.hasCome == true { throw Interrupted() }
    let total = steps.count
    onProgress(
      .step(step, number: total - missing.count + 1, of: total, secondsLeft: seconds(left))
    )
    var trial = Trial(
      settings: results.settings,
      peer: peer,
      folder: folder,
      processors: processors,
      logPath: "\(logFolder)/\(step.entrant).log"
    )
    trial.patience = patience
    trial.probe = probe
    trial.handlesSignals = interruption != nil
    trial.isInterrupted = { interruption?.hasCome == true }
    let began = ContinuousClock.now
    let sample = try trial.run(step, rate: rate)
    left.took((ContinuousClock.now - began) / .seconds(1), step)
    results.samples.append(sample)
    results.updatedAt = Date.now.ISO8601Format()
    // Rounds can be long. What they have brought is summarized when they are over.
    if ContinuousClock.now - lastKept > Self.longestUnkept {
      lastKept = .now
      try keep(results)
    }
    onProgress(.sample(sample))
    giveUp(index)
    return true
  }

  /// Gives a server up that has failed too often in a row: it would fail again, and take its time.
  private mutating func giveUp(_ index: Int) {
    let entrant = results.entrants[index].id
    let last = results.samples.filter { $0.entrant == entrant }.suffix(Self.mostFailures)
    let reasons = last.compactMap(\.serverFailure)
    guard reasons.count == Self.mostFailures, let reason = reasons.last else { return }
    results.entrants[index].givenUp = reason
    onProgress(.givenUp(entrant: entrant, reason: reason))
  }

  // MARK: What there is to do

  private var steps: [Step] {
    let plan = Plan(results)
    return Array((plan.closedRounds + plan.openRounds).joined())
  }

  private var missing: [Step] {
    let done = Set(results.samples.map(\.step))
    let givenUp = Set(results.entrants.filter { $0.givenUp != nil }.map(\.id))
    return steps.filter { !done.contains($0) && !givenUp.contains($0.entrant) }
  }

  private func seconds(_ left: TimeLeft) -> Double {
    let missing = missing
    let closed = missing.count { $0.share == nil }
    return left.seconds(closed: closed, open: missing.count - closed)
  }

  /// The rates that the slowest server can keep: shares of its median capacity with each workload.
  static func rates(_ results: Results) -> [LatencyRate] {
    results.settings.cells.flatMap { cell -> [LatencyRate] in
      let capacities = results.entrants.filter { !$0.isTwin }.compactMap { entrant -> (String, Double)? in
        let samples = results.samples.filter {
          $0.entrant == entrant.id && $0.cell == cell && $0.share == nil && $0.isValid
        }
        return Statistics.median(samples.compactMap { $0.load?.responsesPerSecond }).map { (entrant.id, $0) }
      }
      guard let (slowest, capacity) = capacities.min(by: { $0.1 < $1.1 }) else { return [] }
      return results.settings.latencyShares(of: cell).sorted().map {
        LatencyRate(cell: cell, share: $0, perSecond: max(1, ($0 * capacity).rounded()), slowest: slowest)
      }
    }
  }
}
