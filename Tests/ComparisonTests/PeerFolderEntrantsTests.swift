import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct PeerFolderEntrantsTests {
  private func entrants(_ names: [String], twin: Bool, version: String = "echo 1") throws -> [Entrant] {
    var entrants: [Entrant] = []
    try withPeers(["a": "", "b": ""], version: version) { peers, _ in
      var settings = Settings(.standard, peers: names, base: "a")
      settings.hasTwin = twin
      entrants = try peers.entrants(of: settings)
    }
    return entrants
  }

  @Test func `those that are asked for take part, in that order`() throws {
    let entrants = try entrants(["b", "a"], twin: false)
    #expect(entrants.map(\.id) == ["b", "a"])
    #expect(
      entrants[0]
        == Entrant(
          id: "b",
          peer: "b",
          name: "B",
          language: "Python",
          runtime: "socket",
          version: "1",
          digest: entrants[0].digest,
          threads: 1,
          notes: ["It is small."]
        )
    )
  }

  @Test func `a digest tells what a server is made from`() throws {
    try withPeers(["a": "1", "b": "2"]) { peers, folder in
      let digests = peers.peers.map { peers.digest(of: $0) }
      #expect(Set(digests).count == 2)
      #expect(digests.allSatisfy { $0?.count == 8 })
      try Data("3".utf8).write(to: URL(filePath: "\(folder)/a/server.py"))
      #expect(peers.digest(of: peers.peers[0]) != digests[0])
      #expect(peers.digest(of: peers.peers[1]) == digests[1])
    }
    try withPeers(["a": ""], build: "make") { peers, folder in
      #expect(peers.digest(of: peers.peers[0]) == nil, "it isn't built")
      try Data("abc\n".utf8).write(to: URL(filePath: "\(folder)/a/.built"))
      #expect(peers.digest(of: peers.peers[0]) == "abc")
    }
    try withPeers(["a": ""], start: ["$UVECHO", "{port}"]) { peers, _ in
      #expect(peers.digest(of: peers.peers[0]) == nil, "there is no such program")
    }
  }

  @Test func `the base takes part a second time at the end, under another name`() throws {
    let entrants = try entrants(["a", "b"], twin: true)
    #expect(entrants.map(\.id) == ["a", "b", "a-again"])
    #expect(entrants.map(\.peer) == ["a", "b", "a"])
    #expect(entrants.map(\.isTwin) == [false, false, true])
    #expect(entrants[2].name == "A, again")
    #expect(entrants[2].version == "1")
  }

  @Test func `who can't take part says why`() throws {
    let entrants = try entrants(["a"], twin: true, version: "exit 1")
    #expect(entrants.map { $0.problem?.hasPrefix("it isn't installed") } == [true, true])
  }

  @Test func `a name that nobody has is told, with those that there are`() throws {
    let error = #expect(throws: UnknownPeer.self) { try entrants(["a", "c"], twin: false) }
    #expect(error?.description == "no peer is named c: there are a, b")
  }
}
