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
    var entrants = zip(peers, try readiness(of: peers)).map(Entrant.init)
    if settings.hasTwin, var twin = entrants.first(where: { $0.id == settings.base }) {
      twin.id += "-again"
      twin.name += ", again"
      twin.isTwin = true
      entrants.append(twin)
    }
    return entrants
  }
}

extension Entrant {
  init(_ peer: Peer, _ readiness: Readiness) {
    let description = peer.description
    self.init(
      id: peer.id,
      peer: peer.id,
      name: description.name,
      language: description.language,
      runtime: description.runtime,
      version: readiness.version,
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
