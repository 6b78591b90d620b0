import ArgumentParser
import Comparison
import LoadGenerator
import Testing

@testable import uvecho_tools

/// What the flags of `uvecho compare` mean.
@Suite struct CompareTests {
  private func settings(_ arguments: String..., of peers: [String] = ["c-libuv", "uvecho"]) throws -> Settings
  {
    try Compare.parse(arguments).settings(peers)
  }

  // MARK: Profiles

  @Test func `without flags it is the standard profile of all servers`() throws {
    let settings = try settings(of: ["a", "c-libuv", "node"])
    #expect(settings == Settings(.standard, peers: ["a", "c-libuv", "node"], base: "c-libuv"))
    #expect(settings.hasTwin)
    #expect(settings.rounds == 10)
    #expect(settings.durationSeconds == 5)
    #expect(settings.warmupSeconds == 1.5)
    #expect(settings.cells == Settings.product([.persistent, .reconnect], [100, 2000], [64]))
    #expect(settings.latencyShares == [0.25, 0.5, 0.75])
    #expect(settings.latencyRounds == 6)
    #expect(settings.latencySeconds == 2)
    #expect(settings.seed == 1)
    let compare = try Compare.parse([])
    #expect(compare.peersFolder == "Peers")
    #expect(compare.output == "report")
    #expect(compare.pin == nil)
    #expect(!compare.resume)
    #expect(!compare.list)
  }

  @Test func `a quick look has two rounds, and no twin`() throws {
    let settings = try settings("--profile", "quick")
    #expect(settings == Settings(.quick, peers: ["c-libuv", "uvecho"], base: "c-libuv"))
    #expect(!settings.hasTwin)
    #expect(settings.rounds == 2)
    #expect(settings.durationSeconds == 2)
    #expect(settings.warmupSeconds == 0.5)
    #expect(settings.cells == Settings.product([.persistent, .reconnect], [100], [64]))
    #expect(settings.latencyShares == [0.5])
    #expect(settings.latencyRounds == 2)
    #expect(settings.latencySeconds == 1)
  }

  @Test func `the full profile has the numbers of 2015`() throws {
    let settings = try settings("--profile", "full")
    #expect(settings == Settings(.full, peers: ["c-libuv", "uvecho"], base: "c-libuv"))
    #expect(settings.cells == [Cell(.persistent, connections: 2000), Cell(.reconnect, connections: 3000)])
    #expect(settings.durationSeconds == 30)
    #expect(settings.warmupSeconds == 3)
    #expect(settings.rounds == 6)
  }

  // MARK: The base

  @Test func `the base is C on libuv, or else the first server, or what is asked for`() throws {
    try #expect(settings(of: ["a", "b"]).base == "a")
    try #expect(settings("--peers", "node,uvecho").base == "node")
    try #expect(settings("--peers", "node,c-libuv").base == "c-libuv")
    try #expect(settings("--peers", "node,c-libuv", "--base", "node").base == "node")
    // Whether it is there is told when the peers are known.
    try #expect(settings("--base", "pascal").base == "pascal")
  }

  // MARK: Flags

  @Test func `each flag goes to its place`() throws {
    let settings = try settings(
      "--profile",
      "quick",
      "--peers",
      "uvecho,node",
      "--base",
      "node",
      "--rounds",
      "20",
      "--duration",
      "250ms",
      "--warmup",
      "0",
      "--strategies",
      "reconnect",
      "--connections",
      "5,7",
      "--sizes",
      "1,4k",
      "--shares",
      "30%,0.6",
      "--latency-rounds",
      "4",
      "--latency-duration",
      "3",
      "--twin",
      "--seed",
      "18446744073709551615"
    )
    #expect(settings.profile == .quick)
    #expect(settings.peers == ["uvecho", "node"])
    #expect(settings.base == "node")
    #expect(settings.rounds == 20)
    #expect(settings.durationSeconds == 0.25)
    #expect(settings.warmupSeconds == 0)
    #expect(
      settings.cells == [
        Cell(.reconnect, connections: 5, size: 1), Cell(.reconnect, connections: 5, size: 4096),
        Cell(.reconnect, connections: 7, size: 1), Cell(.reconnect, connections: 7, size: 4096),
      ]
    )
    #expect(settings.latencyShares == [0.3, 0.6])
    #expect(settings.latencyRounds == 4)
    #expect(settings.latencySeconds == 3)
    #expect(settings.hasTwin)
    #expect(settings.seed == .max)
    let compare = try Compare.parse(["--pin", "1,0", "--peers-folder", "other", "-o", "there", "-c", "9"])
    #expect(compare.pin?.choice == .these(server: 1, client: 0))
    #expect(compare.peersFolder == "other")
    #expect(compare.output == "there")
    #expect(compare.connections?.elements == [9])
  }

  @Test func `the twin can be left out`() throws {
    try #expect(!settings("--no-twin").hasTwin)
  }

  @Test func `the rounds of the latency follow the rounds, up to six`() throws {
    try #expect(settings("--rounds", "3").latencyRounds == 3)
    try #expect(settings("--rounds", "6").latencyRounds == 6)
    try #expect(settings("--rounds", "50").latencyRounds == 6)
    try #expect(settings("--rounds", "3", "--latency-rounds", "9").latencyRounds == 9)
  }

  @Test func `no shares, no latency`() throws {
    let settings = try settings("--shares", "none")
    #expect(settings.latencyShares == [])
    #expect(settings.latencyCell == nil)
  }

  @Test func `what a workload isn't given it has from the profile`() throws {
    try #expect(
      settings("--strategies", "persistent").cells == Settings.product([.persistent], [100, 2000], [64])
    )
    try #expect(
      settings("--connections", "5").cells == Settings.product([.persistent, .reconnect], [5], [64])
    )
    try #expect(
      settings("--sizes", "1k").cells == Settings.product([.persistent, .reconnect], [100, 2000], [1024])
    )
  }

  @Test func `in the full profile each strategy keeps its number of clients`() throws {
    try #expect(
      settings("--profile", "full", "--sizes", "64,1k").cells == [
        Cell(.persistent, connections: 2000), Cell(.persistent, connections: 2000, size: 1024),
        Cell(.reconnect, connections: 3000), Cell(.reconnect, connections: 3000, size: 1024),
      ]
    )
    try #expect(
      settings("--profile", "full", "--strategies", "reconnect").cells == [
        Cell(.reconnect, connections: 3000)
      ]
    )
    try #expect(
      settings("--profile", "full", "-c", "10").cells == [
        Cell(.persistent, connections: 10), Cell(.reconnect, connections: 10),
      ]
    )
  }

  // MARK: Refusals

  @Test(
    arguments: [
      (["--rounds", "0"], "--rounds must be from 1 to 1000"),
      (["--rounds", "1001"], "--rounds must be from 1 to 1000"),
      (["--latency-rounds", "0"], "--latency-rounds must be from 1 to 1000"),
      (["--latency-rounds", "1001"], "--latency-rounds must be from 1 to 1000"),
      (["--duration", "99ms"], "--duration must be from 100ms to 1h"),
      (["--duration", "61m"], "--duration must be from 100ms to 1h"),
      (["--latency-duration", "99ms"], "--latency-duration must be from 100ms to 1h"),
      (["--latency-duration", "3601"], "--latency-duration must be from 100ms to 1h"),
      (["--warmup", "11m"], "--warmup must be at most 10m"),
      (["--connections", "0"], "--connections must be from 1 to 100000"),
      (["--connections", "5,100001"], "--connections must be from 1 to 100000"),
      (["--connections", "5,6,5"], "--connections has a number twice"),
      (["--peers", "a,b,a"], "--peers has a name twice; the base takes part twice with --twin"),
      (["--strategies", "reconnect,reconnect"], "--strategies has a name twice"),
      (["--sizes", "1k,1024"], "--sizes has a size twice"),
      (["--shares", "50%,0.5"], "--shares has a share twice"),
      (["--sizes", "64,1-2k"], "--sizes are single sizes: a range would be another workload each time"),
      (
        ["--shares", "none", "--latency-rounds", "2"],
        "--latency-rounds and --latency-duration have no meaning with --shares none"
      ),
      (
        ["--shares", "none", "--latency-duration", "2"],
        "--latency-rounds and --latency-duration have no meaning with --shares none"
      ),
      (["--output", ""], "--output needs the name of a folder"),
      (["--profile", "slow"], "Please provide one of 'quick', 'standard' or 'full'."),
      (["--strategies", "both"], "Please provide one of 'persistent' and 'reconnect'."),
      (["--peers", ""], "--peers"),
      (["--connections", "many"], "--connections"),
      (["--sizes", "0"], "--sizes"),
      (["--shares", "1.5"], "--shares"),
      (["--pin", "1"], "--pin"),
      (["--seed", "-1"], "--seed"),
      (["--duration", "soon"], "--duration"),
      (["--warmup=-1"], "--warmup"),
      (["--rounds"], "--rounds"),
      (["--nonsense"], "--nonsense"),
      (["uvecho"], "uvecho"),
    ]
  )
  func `a bad flag is named, with the usage`(flags: [String], message: String) {
    expectRefusal(flags, message)
  }

  @Test(
    arguments: [
      ["--profile", "quick"], ["--peers", "a"], ["--base", "a"], ["--rounds", "2"], ["--duration", "1"],
      ["--warmup", "1"], ["--strategies", "persistent"], ["--connections", "5"], ["--sizes", "64"],
      ["--shares", "none"], ["--latency-rounds", "2"], ["--latency-duration", "1"], ["--twin"],
      ["--no-twin"], ["--seed", "2"], ["--pin", "none"],
    ]
  )
  func `what is gone on with has been asked before`(flags: [String]) throws {
    _ = try Compare.parse(flags)
    expectRefusal(
      ["--resume"] + flags,
      "--resume goes on with what was asked before: only --output and --peers-folder go with it"
    )
  }

  private func expectRefusal(
    _ flags: [String],
    _ message: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try Compare.parse(flags)
    }
    guard let error else { return }
    #expect(Compare.exitCode(for: error) == .validationFailure, sourceLocation: sourceLocation)
    let text = Compare.fullMessage(for: error)
    #expect(text.contains(message), sourceLocation: sourceLocation)
    #expect(text.contains("Usage: "), sourceLocation: sourceLocation)
  }

  @Test(
    arguments: [
      ["--rounds", "1"], ["--rounds", "1000"], ["--latency-rounds", "1000"], ["--duration", "100ms"],
      ["--duration", "1h"], ["--latency-duration", "100ms"], ["--latency-duration", "1h"],
      ["--warmup", "0"], ["--warmup", "10m"], ["--connections", "1,100000"], ["--shares", "100%"],
      ["--resume", "--output", "x", "--peers-folder", "y"], ["--shares", "0.5", "--latency-rounds", "2"],
    ]
  )
  func `the least and the most are taken`(flags: [String]) throws {
    _ = try Compare.parse(flags)
  }

  // MARK: Help

  @Test(arguments: [["compare", "--help"], ["help", "compare"]])
  func `the help mentions every option`(arguments: [String]) throws {
    let help = try runUvecho(arguments)
    #expect(help.exit == .code(0))
    #expect(help.errors == "")
    // The options are the wrapped properties: `_latencyRounds` is `--latency-rounds`.
    let options = Mirror(reflecting: try Compare.parse([])).children.compactMap(\.label)
    #expect(options.count == 19)
    for option in options {
      let words = option.drop { $0 == "_" }.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }
      #expect(help.output.contains("--\(words.joined())"))
    }
    #expect(help.output.contains("--twin/--no-twin"))
  }

  @Test func `a bad flag ends the program with 64`() throws {
    let compare = try runUvecho("compare", "--rounds", "0")
    #expect(compare.exit == .code(64))
    #expect(compare.output == "")
    #expect(compare.errors.contains("--rounds must be from 1 to 1000"))
    #expect(compare.errors.contains("Usage: uvecho compare"))
  }
}
