internal import FoundationEssentials
internal import Libuv

/// Whether a peer can be started.
public struct Readiness: Sendable, Equatable {
  /// The version of what it runs on; nil when that isn't installed.
  public var version: String?
  /// What is missing, and which command brings it: a clause; nil when the peer is ready.
  public var problem: String?
}

extension PeerFolder {
  /// Asks each peer for its version, side by side.
  ///
  /// - Parameter patience: how long they may take together, and then each one that wasn't done.
  /// - Returns: their answers, in the same order.
  /// - Throws: `UVError` when a loop can't be made.
  public func readiness(of peers: [Peer], patience: Duration = .seconds(30)) throws -> [Readiness] {
    let commands = peers.map {
      ShellCommand(text: $0.description.version, folder: $0.folder, environment: environment(of: $0))
    }
    var outcomes = try ShellCommand.run(commands, patience: patience)
    // Twenty runtimes at once can keep one waiting for long.
    for index in outcomes.indices where outcomes[index].exit == nil && commands.count > 1 {
      outcomes[index] = try ShellCommand.run([commands[index]], patience: patience)[0]
    }
    return zip(peers, outcomes).map { peer, outcome in
      if peer.description.start.first == "$UVECHO", !FileManager.default.isExecutableFile(atPath: program) {
        return Readiness(problem: "it isn't built: `make build` builds it")
      }
      return Self.readiness(of: peer, outcome)
    }
  }

  private static func readiness(of peer: Peer, _ outcome: ShellCommand.Outcome) -> Readiness {
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n").map { String($0.trimmed) }.filter { !$0.isEmpty }
    }
    let cure = "`make peers PEERS=\(peer.id)`"
    guard let exit = outcome.exit else {
      return Readiness(problem: "its version was not told in time")
    }
    guard exit == .code(0), let version = lines(outcome.output).first else {
      // What a traceback ends with says what is wrong.
      let reason = lines(outcome.errors).last.map { " (\($0))" } ?? ""
      return Readiness(problem: "it isn't installed\(reason): \(cure) installs it")
    }
    return Readiness(version: version, problem: peer.isBuilt ? nil : "it isn't built: \(cure) builds it")
  }
}

extension StringProtocol {
  /// Without blanks at its ends.
  fileprivate var trimmed: SubSequence {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
    return self[start..<end]
  }
}
