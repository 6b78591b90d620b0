import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct PeerFolderTests {
  private func withPeer(start: String, _ body: (PeerFolder, Peer) throws -> Void) throws {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for name in ["echo", "empty"] {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)",
          withIntermediateDirectories: true
        )
      }
      let text = """
        {
          "name": "Echo", "language": "Shell", "runtime": "sh", "version": "echo 1", "start": \(start),
          "threads": 1, "notes": [], "environment": {"SERVER": "/opt/server", "HOME": "/nowhere"}
        }
        """
      try Data(text.utf8).write(to: URL(filePath: "\(folder)/echo/peer.json"))
      let peers = try PeerFolder(folder, program: "/x/uvecho")
      #expect(peers.peers.map(\.id) == ["echo"], "a folder without a peer.json is none")
      try body(peers, peers.peers[0])
    }
  }

  @Test func `the port stands where the command wants it`() throws {
    try withPeer(start: #"["./echo", "--port={port}", "{port}"]"#) { folder, peer in
      #expect(folder.command(of: peer, port: 4321) == ["./echo", "--port=4321", "4321"])
    }
  }

  @Test(arguments: [("$UVECHO", "/x/uvecho"), ("$SERVER", "/opt/server"), ("$NONE", "$NONE")])
  func `a variable as the first word is the program`(word: String, program: String) throws {
    try withPeer(start: #"["\#(word)", "$SERVER", "{port}"]"#) { folder, peer in
      #expect(folder.command(of: peer, port: 1) == [program, "$SERVER", "1"])
    }
  }

  @Test func `a peer's own variables come before those of this process`() throws {
    try withPeer(start: #"["./echo", "{port}"]"#) { folder, peer in
      let environment = folder.environment(of: peer)
      #expect(environment["HOME"] == "/nowhere")
      #expect(environment["PATH"] == ProcessInfo.processInfo.environment["PATH"])
      #expect(environment["PEERS_PYTHON"]?.hasSuffix("/.build/peers-venv/bin/python3") == true)
      #expect(environment["PEERS_PYTHON"]?.contains("..") == false)
    }
  }

  @Test func `a folder without peers is told with what to do`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: NoPeers.self) { try PeerFolder(folder, program: "/x/uvecho") }
      #expect(error?.description.contains("--peers-folder") == true)
      #expect(throws: NoPeers.self) { try PeerFolder("\(folder)/none", program: "/x/uvecho") }
    }
  }
}
