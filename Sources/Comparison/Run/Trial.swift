internal import Libuv
internal import LoadGenerator

/// Starts a peer's server, loads it, looks at it, and ends it.
struct Trial {
  let settings: Settings
  let peer: Peer
  let folder: PeerFolder
  let processors: Processors
  /// Where what the server prints goes.
  let logPath: String
  var patience = Server.Patience()
  var probe = ConnectionProbe()
  /// Whether signals end the load early.
  var handlesSignals = false
  /// Whether to give up; asked often.
  var isInterrupted: () -> Bool = { false }

  /// What came of one start.
  ///
  /// - Parameter rate: the requests a second of the step's share; nil in a closed loop.
  /// - Throws: ``Interrupted``; what the server does is in the sample, also when it does nothing.
  func run(_ step: Step, rate: Double?) throws -> Sample {
    var sample = Sample(
      entrant: step.entrant,
      round: step.round,
      cell: step.cell,
      share: step.share,
      ratePerSecond: rate
    )
    let server: Server
    do {
      // Who waits for the port must not take the server's processor.
      server = try processors.onClients {
        try Server(
          peer,
          in: folder,
          on: processors.server,
          logPath: logPath,
          patience: patience,
          isInterrupted: isInterrupted
        )
      }
    } catch let failure as ServerFailure {
      sample.failure = failure.description
      return sample
    }
    sample.startMilliseconds = server.startMilliseconds
    var survival = Survival(answers: false, leftoverSockets: 0, end: nil)
    do {
      try processors.onClients { try load(server, step, rate, &sample, &survival) }
    } catch {
      server.end()
      throw error
    }
    let end = server.end()
    if survival.crashed == nil { survival.end = end?.description }
    sample.survival = survival
    return sample
  }

  private func load(
    _ server: Server,
    _ step: Step,
    _ rate: Double?,
    _ sample: inout Sample,
    _ survival: inout Survival
  ) throws {
    let idle = server.usage
    guard try server.answers() else {
      survival.crashed = try server.exit(within: .milliseconds(100))?.description
      sample.failure = "it accepted, and did not answer"
      return
    }
    let sockets = server.socketCount
    var bytesPerConnection: Double?
    // Not more than the load has: what they leave in the server is in its memory under load.
    if rate == nil, step.cell.strategy == .persistent {
      var probe = probe
      probe.connections = min(probe.connections, step.cell.connections)
      bytesPerConnection = try probe.bytesPerConnection(of: server.address) { server.usage?.residentBytes }
    }
    if isInterrupted() { throw Interrupted() }

    var generator = LoadGenerator(workload(server, step, rate))
    generator.handlesSignals = handlesSignals
    var threads = 0
    generator.onProgress = { progress in
      // Some have a thread for each connection, and the last connections may be gone when it is finishing.
      switch progress {
      case .connecting: break
      case .loading, .interval, .finishing: threads = max(threads, server.usage?.threads ?? 0)
      }
    }
    let outcome = try generator.run()
    if outcome.isInterrupted || isInterrupted() { throw Interrupted() }

    sample.load = LoadFigures(outcome)
    if let idle, let usage = outcome.server {
      sample.server = ServerFigures(
        userSeconds: usage.userSeconds,
        systemSeconds: usage.systemSeconds,
        idleBytes: idle.residentBytes,
        loadBytes: usage.residentBytes,
        peakBytes: usage.peakBytes,
        bytesPerConnection: bytesPerConnection,
        threads: threads
      )
    }
    survival.crashed = try server.exit(within: .zero)?.description
    guard survival.crashed == nil else { return }
    survival.answers = try server.answers()
    survival.leftoverSockets = try server.leftoverSockets(above: sockets ?? 0)
    // Some end only when all have gone.
    survival.crashed = try server.exit(within: .zero)?.description
  }

  private func workload(_ server: Server, _ step: Step, _ rate: Double?) -> Workload {
    var workload = Workload(target: server.address)
    workload.strategy = step.cell.strategy
    workload.connections = step.cell.connections
    workload.size = step.cell.size...step.cell.size
    workload.rate = rate
    workload.warmup = .seconds(settings.warmupSeconds)
    workload.duration = .seconds(rate == nil ? settings.durationSeconds : settings.latencySeconds)
    workload.greets = true
    workload.sources = workload.usualSources
    workload.serverProcess = server.processIdentifier
    workload.seed = settings.seed
    return workload
  }
}
