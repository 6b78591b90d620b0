internal import FoundationEssentials
internal import Libuv
internal import LoadGenerator

/// The folder with a ladder: `ladder.json`, and the servers that it lists.
public struct LadderFolder: Sendable {
  /// Its path.
  public let path: String
  /// Our own program, which rungs start as `$UVECHO`.
  public let program: String
  /// What `ladder.json` says.
  public let ladder: Ladder

  /// Reads a ladder.
  ///
  /// - Parameters:
  ///   - path: the folder, or a file of another name.
  ///   - program: the path of our own program.
  /// - Throws: ``NoLadder`` when it isn't there, ``UnreadableLadder`` when it isn't what it has to be.
  public init(_ path: String, program: String) throws {
    let file = path.hasSuffix(".json") ? path : "\(path)/ladder.json"
    guard let text = ProcessUsage.text(file) else { throw NoLadder(path: file) }
    self.path = URL(filePath: file).deletingLastPathComponent().standardizedFileURL.path
    self.program = program
    func unreadable(_ reason: String) -> UnreadableLadder { UnreadableLadder(path: file, reason: reason) }
    do {
      ladder = try JSONDecoder().decode(Ladder.self, from: Data(text.utf8))
    } catch {
      throw unreadable((error as? DecodingError)?.sentence ?? "it can't be read")
    }
    var names: Set<String> = []
    guard !ladder.rungs.isEmpty else { throw unreadable("it has no rungs") }
    for rung in ladder.rungs {
      guard names.insert(rung.id).inserted else { throw unreadable("two rungs are called \(rung.id)") }
      for (field, words, place) in [
        ("echo", rung.echo, "{port}"), ("timers", rung.timers, "{count}"),
        ("wakeups", rung.wakeups, "{count}"),
      ] {
        guard words?.contains(where: { $0.contains(place) }) ?? true else {
          throw unreadable("no word of the `\(field)` of \(rung.id) has \(place) in it")
        }
      }
    }
  }

  /// The rungs' names, from the bottom up.
  public var names: [String] { ladder.rungs.map(\.id) }

  /// The rungs of these names, from the bottom up.
  ///
  /// - Throws: ``UnknownRung`` for a name that none has.
  public func rungs(named names: [String]) throws -> [Rung] {
    for name in names where !self.names.contains(name) { throw UnknownRung(name: name, names: self.names) }
    return ladder.rungs.filter { names.contains($0.id) }
  }

  /// Asks each rung for the version of what it runs on, side by side, and looks for its programs.
  ///
  /// - Parameters:
  ///   - rungs: the rungs.
  ///   - work: what they are to do: programs for nothing else need not be there.
  ///   - patience: how long a version may take to be told.
  /// - Returns: their answers, in the same order.
  /// - Throws: `UVError` when a loop can't be made.
  public func readiness(
    of rungs: [Rung],
    for work: [Work] = Work.allCases,
    patience: Duration = .seconds(30)
  ) throws -> [Readiness] {
    let peers = peers(rungs)
    let commands = rungs.map { rung in
      ShellCommand(
        text: rung.version,
        folder: path,
        environment: peers.environment(of: peers.peers.first { $0.id == rung.id }!)
      )
    }
    let outcomes = try ShellCommand.run(commands, patience: patience)
    return zip(rungs, outcomes).map { rung, outcome in
      let line = outcome.exit == .code(0) ? outcome.output.split(separator: "\n").first : nil
      let version = line.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      return Readiness(version: version, problem: problem(of: rung, for: work, isInstalled: version != nil))
    }
  }

  /// Why a rung can't be started: a clause; nil when it can.
  private func problem(of rung: Rung, for work: [Work], isInstalled: Bool) -> String? {
    let peers = peers([rung])
    let commands = [
      rung.echo, work.contains(.timer) ? rung.timers : nil, work.contains(.wakeup) ? rung.wakeups : nil,
    ]
    for words in commands.compactMap({ $0 }) {
      let word = peers.expanded(words, of: peers.peers[0])[0]
      guard self.program(word) == nil else { continue }
      if word == program { return "it isn't built: `make build` builds it" }
      return word.contains("/") || word.contains("$")
        ? "it isn't built: `make rungs` builds it"
        : "\(word) isn't installed: `make rungs` says what is missing"
    }
    return isInstalled
      ? nil : "its version was not told (`\(rung.version)`): `make rungs` builds what is missing"
  }

  // MARK: As peers

  /// The rungs as peers, so that all that starts a peer's server starts theirs.
  func peers(_ rungs: [Rung], environment: [String: String] = [:]) -> PeerFolder {
    let peers = rungs.map { rung in
      Peer(
        id: rung.id,
        folder: path,
        description: Peer.Description(
          name: rung.name,
          language: rung.language,
          runtime: rung.runtime,
          version: rung.version,
          build: nil,
          start: rung.echo,
          environment: environment,
          threads: 1,
          notes: rung.notes
        )
      )
    }
    return PeerFolder(path, program: program, peers: peers)
  }

  /// The path of the program that a command's first word names; nil when there is none.
  func program(_ word: String) -> String? {
    let candidates =
      word.contains("/")
      ? [word.hasPrefix("/") ? word : "\(path)/\(word)"]
      : SearchPath.candidates(word)
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// The folders that programs without a path are looked for in.
enum SearchPath {
  static func candidates(_ name: String) -> [String] {
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map {
      "\($0)/\(name)"
    }
  }

  static func has(_ name: String) -> Bool {
    candidates(name).contains { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// There is no ladder.
public struct NoLadder: Error, CustomStringConvertible {
  /// The file that was looked for.
  public let path: String

  /// A sentence that says what to do.
  public var description: String {
    "there is no \(path): run in the project's folder, or name its Rungs folder with --ladder"
  }
}

/// A `ladder.json` isn't what it has to be.
public struct UnreadableLadder: Error, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong: a clause.
  public let reason: String

  /// A sentence that names the file.
  public var description: String { "\(path): \(reason); Rungs/README.md describes the format" }
}

/// No rung has a name that was asked for.
public struct UnknownRung: Error, CustomStringConvertible {
  /// The name.
  public let name: String
  /// The names that there are.
  public let names: [String]

  /// A sentence that says which there are.
  public var description: String { "no rung is named \(name): there are \(names.joined(separator: ", "))" }
}
