internal import FoundationEssentials
internal import LoadGenerator

extension PeerFolder {
  /// All names: also of those that can't be read.
  public var names: [String] { (peers.map(\.id) + unreadable.map(\.id)).sorted() }

  /// The peers of these names.
  ///
  /// - Throws: ``UnknownPeer`` for a name that none has, ``UnreadablePeer``.
  public func peers(named names: [String]) throws -> [Peer] {
    try names.map { name in
      if let peer = peers.first(where: { $0.id == name }) { return peer }
      if let peer = unreadable.first(where: { $0.id == name }) { throw peer }
      throw UnknownPeer(name: name, names: self.names)
    }
  }

  /// Those who take part in a comparison, and those who would if nothing were missing.
  ///
  /// - Throws: ``UnknownPeer``; `UVError` when a loop can't be made.
  public func entrants(of settings: Settings) throws -> [Entrant] {
    let known = try peers(named: settings.peers.filter { name in !unreadable.contains { $0.id == name } })
    let readiness = try readiness(of: known)
    var entrants = settings.peers.map { name -> Entrant in
      guard let index = known.firstIndex(where: { $0.id == name }) else {
        return Entrant(unreadable.first { $0.id == name }!)
      }
      return Entrant(known[index], readiness[index], digest: digest(of: known[index]))
    }
    if settings.hasTwin { entrants.addTwin(of: settings.base) }
    return entrants
  }
}

extension [Entrant] {
  /// Lets one take part a second time at the end, under another name, and nobody else.
  public mutating func addTwin(of base: String) {
    removeAll(where: \.isTwin)
    guard var twin = first(where: { $0.id == base }) else { return }
    twin.id += "-again"
    twin.name += ", again"
    twin.isTwin = true
    append(twin)
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

extension Entrant {
  /// One of which nothing is known.
  init(_ peer: UnreadablePeer) {
    self.init(
      id: peer.id,
      peer: peer.id,
      name: peer.id,
      language: "?",
      runtime: "?",
      problem: peer.description
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
