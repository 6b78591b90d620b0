import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct LadderFolderTests {
  private func message(_ json: String) throws -> String? {
    var message: String?
    try withTemporaryFolder { folder in
      try Data(json.utf8).write(to: URL(filePath: "\(folder)/ladder.json"))
      message = #expect(throws: UnreadableLadder.self) { try LadderFolder(folder, program: "/none") }?.reason
    }
    return message
  }

  private func json(_ rungs: [Rung]) throws -> String {
    String(decoding: try JSONEncoder().encode(Ladder(rungs: rungs)), as: UTF8.self)
  }

  // MARK: Reading

  @Test func `a ladder is read from its folder, or by its file`() throws {
    try withLadderFolder([MadeUpLadder.rung("b"), MadeUpLadder.rung("a")]) { ladder, _ in
      #expect(ladder.names == ["b", "a"], "from the bottom up")
      let other = try LadderFolder("\(ladder.path)/ladder.json", program: "/none")
      #expect(other.path == ladder.path)
      #expect(other.ladder == ladder.ladder)
    }
  }

  @Test func `who has no ladder is told what to do`() {
    let error = #expect(throws: NoLadder.self) { try LadderFolder("/no/such", program: "/none") }
    #expect(
      error?.description
        == "there is no /no/such/ladder.json: run in the project's folder, or name its Rungs folder with --ladder"
    )
  }

  @Test func `what isn't a ladder is told with its place`() throws {
    #expect(try message("no") == "it isn't JSON")
    #expect(try message("{}") == "`rungs` is missing")
    #expect(try message(#"{"rungs": []}"#) == "it has no rungs")
    #expect(try message(#"{"rungs": [{"id": 1}]}"#)?.contains("`rungs.0.") == true)
    #expect(
      try message(json([MadeUpLadder.rung("a"), MadeUpLadder.rung("a")])) == "two rungs are called a"
    )
    #expect(
      try message(json([MadeUpLadder.rung("a", echo: ["./echo"])]))
        == "no word of the `echo` of a has {port} in it"
    )
    #expect(
      try message(json([MadeUpLadder.rung("a", timers: ["./turns", "5"])]))
        == "no word of the `timers` of a has {count} in it"
    )
    #expect(
      try message(json([MadeUpLadder.rung("a", wakeups: [])]))
        == "no word of the `wakeups` of a has {count} in it"
    )
  }

  // MARK: Names

  @Test func `rungs are in the order of the ladder, whatever is asked`() throws {
    try withLadderFolder(["a", "b", "c"].map { MadeUpLadder.rung($0) }) { ladder, _ in
      let rungs = try ladder.rungs(named: ["c", "a"])
      #expect(rungs.map(\.id) == ["a", "c"])
      let error = #expect(throws: UnknownRung.self) { try ladder.rungs(named: ["a", "x"]) }
      #expect(error?.description == "no rung is named x: there are a, b, c")
    }
  }

  // MARK: Readiness

  @Test func `who can be started, and what to do about the others`() throws {
    let rungs = [
      MadeUpLadder.rung("ready", version: "echo 'one  two'; echo three"),
      MadeUpLadder.rung("raw", echo: ["./echo", "{port}"]),
      MadeUpLadder.rung("half", timers: ["turns/timers", "{count}"]),
      MadeUpLadder.rung("absent", echo: ["no-such-program", "{port}"]),
      MadeUpLadder.rung("mute", version: "exit 3"),
      MadeUpLadder.rung("ours", echo: ["$UVECHO", "{port}"]),
    ]
    try withLadderFolder(rungs) { ladder, _ in
      let readiness = try ladder.readiness(of: rungs)
      #expect(readiness[5].problem == "it isn't built: `make build` builds it")
      #expect(readiness[0] == Readiness(version: "one two", problem: nil))
      #expect(readiness[1].problem == "it isn't built: `make rungs` builds it")
      #expect(readiness[2].problem == "it isn't built: `make rungs` builds it")
      let echoes = try ladder.readiness(of: rungs, for: [.echo, .connection])
      #expect(echoes.map { $0.problem == nil } == [true, false, true, false, false, false])
      #expect(readiness[3].problem == "no-such-program isn't installed: `make rungs` says what is missing")
      #expect(
        readiness[4].problem == "its version was not told (`exit 3`): `make rungs` builds what is missing"
      )
      #expect(readiness[4].version == nil)
    }
  }

  @Test func `programs are found by path, by place in the ladder's folder, and by name`() throws {
    try withLadderFolder([MadeUpLadder.rung("a")]) { ladder, folder in
      #expect(ladder.program("/bin/sh") == "/bin/sh")
      #expect(ladder.program("sh")?.hasSuffix("/sh") == true)
      #expect(ladder.program("work/sh") == nil)
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/sh", withDestinationPath: "/bin/sh")
      #expect(ladder.program("work/sh") == ladder.path + "/" + "work/sh")
      #expect(ladder.program("no-such-program") == nil)
    }
  }

  @Test func `our own program stands for its variable`() throws {
    let rung = MadeUpLadder.rung("a", echo: ["$UVECHO", "serve", "{port}"])
    try withLadderFolder([rung]) { ladder, _ in
      let peers = ladder.peers([rung])
      #expect(peers.command(of: peers.peers[0], port: 7) == ["/none", "serve", "7"])
    }
  }
}
