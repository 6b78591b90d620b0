internal import FoundationEssentials
internal import Libuv
internal import LoadGenerator
internal import SystemPackage

/// Has a rung do an exact amount of some work, under an instrument.
struct CountedRun {
  let rung: Rung
  let ladder: LadderFolder
  let processors: Processors
  /// Where what the processes print goes.
  let logPath: String
  /// How long each part may take: the start, the work, and the end.
  var patience = Duration.seconds(120)
  /// Whether to give up; asked often.
  var isInterrupted: () -> Bool = { false }

  /// What a random seed or an address decides would be another thing in each run.
  private static let environment = ["SWIFT_DETERMINISTIC_HASHING": "1"]

  /// Does the work, and returns when the process has ended.
  ///
  /// - Throws: ``CountFailure`` when that isn't in good order, ``Interrupted``.
  func run(_ work: Work, count: Int, under instrument: Instrument) throws {
    switch work {
    case .echo: try serve(instrument) { try $0.echoes(count) }
    case .connection: try serve(instrument) { try $0.connections(count) }
    case .timer: try command(rung.timers, count, instrument)
    case .wakeup: try command(rung.wakeups, count, instrument)
    }
  }

  private func serve(_ instrument: Instrument, _ load: (EchoLoad) throws -> Void) throws {
    let peers = ladder.peers([rung], environment: Self.environment)
    let server: Server
    do {
      server = try Server(
        peers.peers[0],
        in: peers,
        on: processors.server,
        logPath: logPath,
        under: instrument,
        patience: Server.Patience(start: patience, answer: patience, end: patience),
        isInterrupted: isInterrupted
      )
    } catch let failure as ServerFailure {
      throw CountFailure(reason: failure.description)
    }
    var client = EchoLoad(address: server.address)
    client.patience = patience
    client.isInterrupted = isInterrupted
    do {
      try processors.onClients { try load(client) }
    } catch {
      let exit = (try? server.exit(within: .zero)) ?? nil
      server.end()
      guard let failure = error as? LoadFailure else { throw error }
      throw CountFailure(reason: exit.map { "it ended: \($0)" } ?? failure.reason)
    }
    let exit = server.end()
    // A program may leave its end to the signal.
    guard exit == .code(0) || exit == .signal(.terminate) || exit == .code(143) else {
      throw CountFailure(
        reason: exit.map { "it ended badly when it was told to: \($0)" }
          ?? "it did not end when it was told to, and was killed"
      )
    }
  }

  private func command(_ words: [String]?, _ count: Int, _ instrument: Instrument) throws {
    guard let words else { throw CountFailure(reason: "it has no program for that") }
    let peers = ladder.peers([rung], environment: Self.environment)
    let expanded = peers.expanded(words.map { $0.replacing("{count}", with: "\(count)") }, of: peers.peers[0])
    let exit = try processors.onServers {
      try ProcessToEnd.run(
        instrument.command(expanded),
        folder: ladder.path,
        environment: peers.environment(of: peers.peers[0]),
        logPath: logPath,
        patience: patience,
        isInterrupted: isInterrupted
      )
    }
    guard exit == .code(0) else {
      let said = (ProcessUsage.text(logPath) ?? "").split(separator: "\n").suffix(3).joined(separator: " | ")
      let reason = exit.map { "it ended badly: \($0)" } ?? "it was not done within \(patience)"
      throw CountFailure(reason: said.isEmpty ? reason : "\(reason); it printed: \(said)")
    }
  }
}

/// A program that ends by itself.
enum ProcessToEnd {
  /// Runs it.
  ///
  /// - Returns: how it ended; nil when it had to be killed, with all that it has started.
  /// - Throws: ``CountFailure`` when it can't be started; ``Interrupted``.
  static func run(
    _ words: [String],
    folder: String,
    environment: [String: String],
    logPath: String,
    patience: Duration,
    isInterrupted: () -> Bool
  ) throws -> ChildProcess.Exit? {
    let log = try FileDescriptor.open(
      FilePath(logPath),
      .writeOnly,
      options: [.create, .truncate, .closeOnExec],
      permissions: [.ownerReadWrite, .groupRead, .otherRead]
    )
    defer { try? log.close() }
    let loop = try Loop()
    var configuration = ChildProcess.Configuration(executable: words[0], arguments: Array(words.dropFirst()))
    configuration.workingDirectory = folder
    configuration.environment = environment
    configuration.standardOutput = .descriptor(log.rawValue)
    configuration.standardError = .descriptor(log.rawValue)
    configuration.isDetached = true
    let process: ChildProcess
    do {
      process = try ChildProcess(loop, configuration) { _, _ in loop.stop() }
    } catch {
      loop.run()
      try loop.close()
      throw CountFailure(reason: "it can't be started: \(error)")
    }
    let deadline = ContinuousClock.now + patience
    let ticker = try Timer(loop)
    var wasInterrupted = false
    var isKilled = false
    try withoutActuallyEscaping(isInterrupted) { isInterrupted in
      try ticker.start(after: .milliseconds(100), repeating: .milliseconds(100)) { _ in
        wasInterrupted = isInterrupted()
        if wasInterrupted || ContinuousClock.now > deadline { loop.stop() }
      }
      while process.exit == nil, !isKilled {
        loop.run()
        if process.exit == nil, wasInterrupted || ContinuousClock.now > deadline {
          isKilled = true
          try? process.sendToGroup(.kill)
        }
      }
      ticker.close()
      loop.run()
    }
    process.close()
    loop.run()
    try loop.close()
    if wasInterrupted { throw Interrupted() }
    return isKilled ? nil : process.exit
  }
}

/// Something could not be counted.
struct CountFailure: Error, CustomStringConvertible {
  /// A clause.
  let reason: String

  var description: String { reason }
}
