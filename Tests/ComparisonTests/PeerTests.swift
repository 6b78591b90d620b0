import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct PeerTests {
  private static let valid = """
    {
      "name": "Echo", "language": "Shell", "runtime": "sh", "version": "echo 1",
      "start": ["./echo", "--port={port}", "x"], "threads": 2, "notes": ["a note"], "install": {"apt": ["sh"]}
    }
    """

  /// Makes a folder of peers, with the text of each one's `peer.json`.
  private func withPeers(_ texts: [String: String], _ body: (String) throws -> Void) throws {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (name, text) in texts {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)",
          withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)/peer.json"))
      }
      try body(folder)
    }
  }

  @Test func `what peer json says is read, and what is not for us passed over`() throws {
    try withPeers(["echo": Self.valid]) { folder in
      let peer = try Peer(folder: "\(folder)/echo")
      #expect(peer.id == "echo")
      #expect(peer.description.name == "Echo")
      #expect(peer.description.threads == 2)
      #expect(peer.description.notes == ["a note"])
      #expect(peer.description.environment == nil)
      #expect(peer.isBuilt, "there is nothing to build")
    }
  }

  @Test func `what has to be built is built when the mark is there`() throws {
    let text = Self.valid.replacing("\"threads\"", with: "\"build\": \"make\", \"threads\"")
    try withPeers(["echo": text]) { folder in
      let peer = try Peer(folder: "\(folder)/echo")
      #expect(!peer.isBuilt)
      try Data().write(to: URL(filePath: "\(folder)/echo/.built"))
      #expect(peer.isBuilt)
    }
  }

  @Test(arguments: [
    ("", "it isn't JSON"),
    ("[]", "of the wrong type"),
    ("{}", "is missing"),
    (valid.replacing("2", with: "\"2\""), "`threads` is of the wrong type"),
    (valid.replacing("\"name\"", with: "\"title\""), "`name` is missing"),
    (valid.replacing("{port}", with: "4000"), "no word of its `start` has {port} in it"),
  ])
  func `what is wrong with a peer json is told, with its path`(text: String, reason: String) throws {
    try withPeers(["echo": text]) { folder in
      let error = #expect(throws: UnreadablePeer.self) { try Peer(folder: "\(folder)/echo") }
      let sentence = "\(try #require(error))"
      #expect(sentence.contains(reason), "\(sentence)")
      #expect(sentence.hasPrefix("\(folder)/echo/peer.json: "))
      #expect(sentence.contains("Peers/README.md"))
    }
  }

  @Test func `a folder without a peer json can't be read`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: UnreadablePeer.self) { try Peer(folder: folder) }
      #expect(error?.reason == "it can't be read")
    }
  }

  @Test func `each peer of the project can be read`() throws {
    let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let peers = try PeerFolder("\(project)/Peers", program: "/x/uvecho").peers
    for id in ["c-epoll", "c-libuv", "node", "uvecho"] { #expect(peers.contains { $0.id == id }) }
    #expect(!peers.contains { $0.id == "c-epoll-client" }, "it is no server")
  }
}
