import Comparison
import Libuv
import TestSupport
import Testing
import UvechoSupport

@testable import uvecho_tools

/// What `uvecho compare` says when it can't do as it is told, before it starts a server.
@Suite struct CompareFailureTests {
  /// Runs it, and expects one sentence on standard error, nothing on standard output, and exit 1.
  private func expectRefusal(
    _ peers: Peers,
    _ arguments: String...,
    sentence: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let ended = try runUvecho(
      ["compare", "--peers-folder", peers.path, "--output", peers.report] + arguments
    )
    #expect(ended.exit == .code(1), sourceLocation: sourceLocation)
    #expect(ended.output == "", sourceLocation: sourceLocation)
    #expect(ended.errors == "uvecho: \(sentence)\n", sourceLocation: sourceLocation)
  }

  // MARK: Peers

  @Test func `a folder without peers`() throws {
    try withPeers { peers in
      let sentence =
        "no peer is in \(peers.path): run in the project's folder, or name its Peers folder with --peers-folder"
      try expectRefusal(peers, sentence: sentence)
      try expectRefusal(peers, "--list", sentence: sentence)
      #expect(!peers.contains("report"))
    }
  }

  @Test func `a name that no peer has`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("b")
      let sentence = "no peer is named pascal: there are a, b"
      try expectRefusal(peers, "--peers", "a,pascal", sentence: sentence)
      try expectRefusal(peers, "--list", "--peers", "pascal", sentence: sentence)
      #expect(!peers.contains("report"))
    }
  }

  @Test func `a peer that can't be read, when it is the only one`() throws {
    try withPeers { peers in
      try peers.makeFolder("Peers/b")
      try peers.write("{}", to: "Peers/b/peer.json")
      let sentence = "\(peers.path)/b/peer.json: `name` is missing; Peers/README.md describes the format"
      try expectRefusal(
        peers,
        sentence: "the base, b, can't be started: \(sentence); --base names another one"
      )
    }
  }

  // MARK: The base

  @Test func `a base that doesn't take part`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("b")
      try expectRefusal(
        peers,
        "--peers",
        "a",
        "--base",
        "b",
        sentence: "the base, b, is not among the servers: add it to --peers"
      )
      #expect(!peers.contains("report"))
    }
  }

  @Test func `a base that isn't ready`() throws {
    try withPeers { peers in
      try peers.add("absent", version: "exit 1")
      try peers.add("raw", build: "true")
      try peers.add("a")
      try expectRefusal(
        peers,
        "--base",
        "absent",
        sentence: """
          the base, Absent, can't be started: it isn't installed: `make peers PEERS=absent` installs it; --base names \
          another one
          """
      )
      try expectRefusal(
        peers,
        "--base",
        "raw",
        sentence: """
          the base, Raw, can't be started: it isn't built: `make peers PEERS=raw` builds it; --base names another one
          """
      )
      #expect(!peers.contains("report"))
    }
  }

  // MARK: Places

  @Test func `a report that can't be written`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.write("no folder", to: "report")
      try expectRefusal(peers, sentence: "can't write \(peers.report)")
    }
  }

  #if os(Linux)
    @Test func `a processor that isn't there`() throws {
      try withPeers { peers in
        try peers.add("a")
        let all = ThreadAffinity.processors.map(String.init).joined(separator: ", ")
        try expectRefusal(peers, "--pin", "0,9999", sentence: "processor 9999 isn't there: there are \(all)")
        #expect(!peers.contains("report"))
      }
    }
  #endif

  // MARK: Going on

  @Test func `nothing to go on with`() throws {
    try withPeers { peers in
      try peers.add("a")
      try expectRefusal(
        peers,
        "--resume",
        sentence: "there is nothing to go on with: no \(peers.results)"
      )
      #expect(!peers.contains("report"))
    }
  }

  /// Writes results that were measured here of the peer `a`, but for a change, and expects that they are not gone on with.
  private func expectNoResume(
    _ sentence: String,
    version: String = "version 1",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout Results) -> Void
  ) throws {
    try withPeers { peers in
      try peers.add("a", version: "echo '\(version)'")
      var entrant = MadeUpResults.entrant("a")
      entrant.version = "version 1"
      var results = Results(
        tool: "uvecho \(Version.number)",
        program: try Digest.ofFile(Child.built("uvecho-tools")) ?? "",
        startedAt: "2026-03-01T09:30:00Z",
        settings: Settings(.quick, peers: ["a"], base: "a"),
        machine: try Machine(Processors(.none)),
        entrants: [entrant]
      )
      change(&results)
      let text = try results.json()
      try peers.makeFolder("report")
      try peers.write(text, to: "report/results.json")
      try expectRefusal(
        peers,
        "--resume",
        sentence: "this would not be the same comparison: \(sentence)",
        sourceLocation: sourceLocation
      )
      // They are as they were.
      #expect(try textOfFile(peers.results) == text, sourceLocation: sourceLocation)
      try #expect(peers.files == ["results.json"], sourceLocation: sourceLocation)
    }
  }

  @Test func `another machine`() throws {
    let machine = try Machine(Processors(.none))
    try expectNoResume("the processor was A 6502, and is \(machine.processor)") {
      $0.machine.processor = "A 6502"
    }
    try expectNoResume("the number of processors was 999, and is \(machine.processors)") {
      $0.machine.processors = 999
    }
    try expectNoResume("the system was BeOS, and is \(machine.system)") { $0.machine.system = "BeOS" }
    try expectNoResume("the kernel was Linux 1, and is \(machine.kernel)") { $0.machine.kernel = "Linux 1" }
  }

  @Test func `another version of a server`() throws {
    try expectNoResume("the version of A was version 1, and is version 2", version: "version 2") { _ in }
  }

  @Test func `another version of this program`() throws {
    let digest = try #require(Digest.ofFile(Child.built("uvecho-tools")))
    try expectNoResume("this program was 0123abcd, and is \(digest)") { $0.program = "0123abcd" }
  }

  @Test func `results that can't be read are not gone on with`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.makeFolder("report")
      try peers.write("{}", to: "report/results.json")
      try expectRefusal(
        peers,
        "--resume",
        sentence: "\(peers.results): it isn't the results.json of `uvecho compare`"
      )
      #expect(try textOfFile(peers.results) == "{}")
    }
  }

  // MARK: The list

  @Test func `the list tells who is ready, and writes nothing`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("raw", build: "true")
      let ended = try runUvecho("compare", "--list", "--peers-folder", peers.path, "--output", peers.report)
      #expect(ended.exit == .code(0))
      #expect(ended.errors == "")
      #expect(
        ended.output == """
          a    A    ready: version 1
          raw  Raw  it isn't built: `make peers PEERS=raw` builds it

          """
      )
      #expect(!peers.contains("report"))
      let one = try runUvecho("compare", "--list", "--peers-folder", peers.path, "--peers", "a")
      #expect(one.output == "a  A  ready: version 1\n")
    }
  }
}
