import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct PeerFolderReadinessTests {
  private func readiness(
    version: String,
    build: String? = nil,
    isBuilt: Bool = false,
    patience: Duration = .seconds(60)
  ) throws -> Readiness {
    var readiness: [Readiness] = []
    try withPeers(["echo": ""], version: version, build: build) { peers, folder in
      if isBuilt { try Data().write(to: URL(filePath: "\(folder)/echo/.built")) }
      readiness = try peers.readiness(of: peers.peers, patience: patience)
    }
    #expect(readiness.count == 1)
    return readiness[0]
  }

  @Test func `the first line of the version command is the version`() throws {
    #expect(try readiness(version: "printf ' Echo 1.2 \\\\nmore\\\\n'") == Readiness(version: "Echo 1.2"))
  }

  @Test func `the command runs in the peer's folder, with its variables`() throws {
    let answer = try readiness(version: "ls; echo $UVECHO >&2")
    #expect(answer.version == "peer.json")
  }

  @Test func `what isn't installed is told with what the shell said, and the cure`() throws {
    let answer = try readiness(version: "echo 'no such runtime' >&2; exit 1")
    #expect(answer.version == nil)
    #expect(
      answer.problem == "it isn't installed (no such runtime): `make peers PEERS=echo` installs it"
    )
    #expect(
      try readiness(version: "exit 1").problem == "it isn't installed: `make peers PEERS=echo` installs it"
    )
    // A command that says nothing tells no version.
    #expect(
      try readiness(version: "true").problem == "it isn't installed: `make peers PEERS=echo` installs it"
    )
  }

  @Test func `what isn't built is told`() throws {
    let problem = "it isn't built: `make peers PEERS=echo` builds it"
    #expect(try readiness(version: "echo 1", build: "make") == Readiness(version: "1", problem: problem))
    #expect(try readiness(version: "echo 1", build: "make", isBuilt: true) == Readiness(version: "1"))
  }

  @Test func `that our own program isn't there is told`() throws {
    try withPeers(["echo": ""], start: ["$UVECHO", "{port}"]) { peers, _ in
      let answers = try peers.readiness(of: peers.peers)
      #expect(answers == [Readiness(problem: "it isn't built: `make build` builds it")])
    }
  }

  @Test func `a version that doesn't come is not waited for`() throws {
    #expect(
      try readiness(version: "sleep 60", patience: .milliseconds(300)).problem
        == "its version was not told in time"
    )
  }
}
