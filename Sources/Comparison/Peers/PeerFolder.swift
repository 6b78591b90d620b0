internal import FoundationEssentials

/// The folder that the peers' folders are in.
public struct PeerFolder: Sendable {
  /// Its path.
  public let path: String
  /// Our own program, which peers start as `$UVECHO`.
  public let program: String

  /// All peers, by their folders' names.
  public let peers: [Peer]
  /// Those whose `peer.json` isn't what it has to be.
  public let unreadable: [UnreadablePeer]

  /// Reads all peers of a folder.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - program: the path of our own program.
  /// - Throws: ``NoPeers`` when there is no peer.
  public init(_ path: String, program: String) throws {
    self.path = path
    self.program = program
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    var peers: [Peer] = []
    var unreadable: [UnreadablePeer] = []
    for name in names.sorted() where FileManager.default.fileExists(atPath: "\(path)/\(name)/peer.json") {
      do { peers.append(try Peer(folder: "\(path)/\(name)")) } catch { unreadable.append(error) }
    }
    guard !peers.isEmpty || !unreadable.isEmpty else { throw NoPeers(path: path) }
    self.peers = peers
    self.unreadable = unreadable
  }

  /// A folder with peers that are known already.
  init(_ path: String, program: String, peers: [Peer]) {
    self.path = path
    self.program = program
    self.peers = peers
    unreadable = []
  }

  /// The variables that all commands of a peer have.
  func environment(of peer: Peer) -> [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["UVECHO"] = program
    // The interpreter of the peers' own packages, where `make peers` has made it.
    // The folder alone is made absolute: where the link of the interpreter leads, there are no packages.
    environment["PEERS_PYTHON"] = "\(absolute("\(path)/.."))/.build/peers-venv/bin/python3"
    environment.merge(peer.description.environment ?? [:]) { _, own in own }
    return environment
  }

  /// The words that start a peer's server on a port.
  func command(of peer: Peer, port: UInt16) -> [String] {
    expanded(peer.description.start.map { $0.replacing("{port}", with: "\(port)") }, of: peer)
  }

  /// Words of a command, where a variable as the first one is the program, as in a shell.
  func expanded(_ words: [String], of peer: Peer) -> [String] {
    guard let first = words.first, first.hasPrefix("$") else { return words }
    return [environment(of: peer)[String(first.dropFirst())] ?? first] + words.dropFirst()
  }

  private func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path
  }
}

/// There is no peer in a folder.
public struct NoPeers: Error, CustomStringConvertible {
  /// The folder.
  public let path: String

  /// A sentence that says what to do.
  public var description: String {
    "no peer is in \(path): run in the project's folder, or name its Peers folder with --peers-folder"
  }
}
