internal import LoadGenerator

/// How long servers take until they say that they listen.
///
/// All of them are started in each round, in an order that is drawn, as what hums meets one as it does another.
struct StartTimes {
  let ladder: LadderFolder
  let processors: Processors
  let logFolder: String
  let seed: UInt64
  var patience = Server.Patience()
  var isInterrupted: () -> Bool = { false }

  /// The times of each rung in each round, in milliseconds, and what prevented them.
  struct Outcome {
    var milliseconds: [String: [Int: Double]] = [:]
    var problems: [String: String] = [:]

    /// ... as their spread.
    func spread(_ rung: String) -> Spread? { Spread(Array((milliseconds[rung] ?? [:]).values)) }

    /// ... of another rung's, in the same rounds.
    func ratio(_ rung: String, to base: String, seed: UInt64) -> Ratio? {
      guard rung != base, let times = milliseconds[rung], let bases = milliseconds[base] else { return nil }
      let rounds = times.keys.sorted().filter { bases[$0].map { $0 > 0 } == true }
      return Statistics.ratio(rounds.map { times[$0]! / bases[$0]! }, seed: seed)
    }
  }

  /// Measures some rounds.
  ///
  /// - Parameter onRound: called before each, with its number from one.
  /// - Throws: ``Interrupted``.
  func measure(_ rungs: [Rung], rounds: Int, onRound: (Int) -> Void) throws -> Outcome {
    let peers = ladder.peers(rungs)
    var outcome = Outcome()
    // Before the first round each is started once: its files are in memory then, and whether it says that it listens is
    // known. Who asks a port again and again comes late, and takes time that the server wants.
    var saysIt: Set<String> = []
    for peer in peers.peers {
      outcome.problems[peer.id] = try failure {
        let server = try start(peer, peers, waitsForLine: false)
        // It accepts a moment before it says so.
        _ = try server.answers()
        server.end()
        let log = ProcessUsage.text(logPath(peer)) ?? ""
        if log.split(separator: "\n").contains(where: Server.tells) { saysIt.insert(peer.id) }
      }
    }
    for round in 1...max(1, rounds) where rounds > 0 {
      onRound(round)
      var generator = SeededGenerator(seed: seed, stream: round)
      for peer in peers.peers.shuffled(using: &generator) where outcome.problems[peer.id] == nil {
        var milliseconds: Double?
        outcome.problems[peer.id] = try failure {
          let server = try start(peer, peers, waitsForLine: saysIt.contains(peer.id))
          server.end()
          milliseconds = server.startMilliseconds
        }
        if let milliseconds { outcome.milliseconds[peer.id, default: [:]][round] = milliseconds }
      }
    }
    return outcome
  }

  /// What a server could not do.
  private func failure(_ body: () throws -> Void) throws -> String? {
    do { try body() } catch let failure as ServerFailure { return failure.description }
    return nil
  }

  private func start(_ peer: Peer, _ peers: PeerFolder, waitsForLine: Bool) throws -> Server {
    // Who waits for the line must not take the server's processor.
    try processors.onClients {
      try Server(
        peer,
        in: peers,
        on: processors.server,
        logPath: logPath(peer),
        patience: patience,
        waitsForLine: waitsForLine,
        isInterrupted: isInterrupted
      )
    }
  }

  private func logPath(_ peer: Peer) -> String { "\(logFolder)/\(peer.id).log" }
}
