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
    /// Whether it was ended before all rounds were done.
    var isInterrupted = false

    /// ... as their spread.
    func spread(_ rung: String) -> Spread? { Spread(Array((milliseconds[rung] ?? [:]).values)) }

    /// ... of another rung's, in the same rounds.
    func ratio(_ rung: String, to base: String, seed: UInt64) -> Ratio? {
      guard rung != base, let times = milliseconds[rung], let bases = milliseconds[base] else { return nil }
      let rounds = times.keys.sorted().filter { bases[$0].map { $0 > 0 } == true }
      return Statistics.ratio(rounds.map { times[$0]! / bases[$0]! }, seed: seed)
    }
  }

  /// Measures some rounds, or as many as an interruption leaves whole.
  ///
  /// - Parameter onRound: called before each, with its number from one.
  func measure(_ rungs: [Rung], rounds: Int, onRound: (Int) -> Void) throws -> Outcome {
    let peers = ladder.peers(rungs)
    var outcome = Outcome()
    do {
      // Before the first round each is started once: its files are in memory then, and whether it starts is known.
      for peer in peers.peers {
        outcome.problems[peer.id] = try failure { _ = try milliseconds(peer, peers) }
      }
      for round in 1...max(1, rounds) where rounds > 0 {
        onRound(round)
        var generator = SeededGenerator(seed: seed, stream: round)
        var times: [String: Double] = [:]
        for peer in peers.peers.shuffled(using: &generator) where outcome.problems[peer.id] == nil {
          outcome.problems[peer.id] = try failure { times[peer.id] = try milliseconds(peer, peers) }
        }
        for (id, time) in times { outcome.milliseconds[id, default: [:]][round] = time }
      }
    } catch is Interrupted {
      outcome.isInterrupted = true
    }
    return outcome
  }

  /// What a server could not do.
  private func failure(_ body: () throws -> Void) throws -> String? {
    do { try body() } catch let failure as ServerFailure { return failure.description }
    return nil
  }

  private func milliseconds(_ peer: Peer, _ peers: PeerFolder) throws -> Double {
    // Who waits for the line must not take the server's processor.
    try processors.onClients {
      try TimedStart(
        words: peers.command(of: peer, port: Server.freePort()),
        folder: peer.folder,
        environment: peers.environment(of: peer),
        processor: processors.server,
        logPath: "\(logFolder)/\(peer.id).log",
        patience: patience,
        isInterrupted: isInterrupted
      ).milliseconds()
    }
  }
}
