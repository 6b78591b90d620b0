internal import FoundationEssentials
internal import LoadGenerator

extension PeerFolder {
  /// The peers of these names.
  ///
  /// - Throws: ``UnknownPeer`` for a name that none has.
  public func peers(named names: [String]) throws -> [Peer] {
    try names.map { name in
      guard let peer = peers.first(where: { $0.id == name }) else {
        throw UnknownPeer(name: name, names: peers.map(\.id))
      }
      return peer
    }
  }

  /// Those who take part in a comparison, and those who would if nothing were missing.
  ///
  /// - Throws: ``UnknownPeer``; `UVError` when a loop can't be made.
  public func entrants(of settings: Settings) throws -> [Entrant] {
    let peers = try peers(named: settings.peers)
    var entrants = zip(peers, try readiness(of: peers)).map { peer, readiness in
      Entrant(peer, readiness, digest: digest(of: peer))
    }
    if settings.hasTwin, var twin = entrants.first(where: { $0.id == settings.base }) {
      twin.id += "-again"
      twin.name += ", again"
      twin.isTwin = true
      entrants.append(twin)
    }
    return entrants
  }
}

extension PeerFolder {
  /// What a peer's server is made from: what was built, as its build has noted it, or else the files that its command
  /// names, beside `peer.json`.
  func digest(of peer: Peer) -> String? {
    if peer.description.start.first == "$UVECHO" { return Digest.ofFile(program) }
    guard peer.description.build != nil else {
      let files = (["peer.json"] + peer.description.start).map { "\(peer.folder)/\($0)" }
      return Digest.ofFiles(files.filter { FileManager.default.fileExists(atPath: $0) })
    }
    return ProcessUsage.text("\(peer.folder)/.built").map { String($0.prefix { !$0.isWhitespace }) }
  }
}

extension Entrant {
  /// What a peer's folder says, and what was found out about it.
  init(_ peer: Peer, _ readiness: Readiness, digest: String?) {
    let description = peer.description
    self.init(
      id: peer.id,
      peer: peer.id,
      name: description.name,
      language: description.language,
      runtime: description.runtime,
      version: readiness.version,
      digest: digest,
      threads: description.threads,
      notes: description.notes,
      problem: readiness.problem
    )
  }
}

/// No peer has a name that was asked for.
public struct UnknownPeer: Error, CustomStringConvertible {
  /// The name.
  public let name: String
  /// The names that there are.
  public let names: [String]

  /// A sentence that says which there are.
  public var description: String { "no peer is named \(name): there are \(names.joined(separator: ", "))" }
}
