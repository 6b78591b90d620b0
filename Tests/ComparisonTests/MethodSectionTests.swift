import LoadGenerator
import Testing

@testable import Comparison

@Suite struct MethodSectionTests {
  /// The command without what the machine adds to it.
  private func command(_ settings: Settings) -> String {
    let command = settings.command(on: steady.machine)
    #expect(command.hasSuffix(" --pin 3,0"))
    return String(command.dropLast(" --pin 3,0".count))
  }

  @Test func `the command gives what the profile doesn't have`() {
    var settings = Settings(.full, peers: ["c-libuv", "go"], base: "c-libuv")
    #expect(command(settings) == "uvecho compare --profile full --peers c-libuv,go --base c-libuv")
    settings.rounds = 12
    settings.durationSeconds = 2.5
    settings.warmupSeconds = 0.5
    settings.hasTwin = false
    settings.latencyShares = []
    settings.cells = Settings.product([.persistent], [10, 20], [64])
    settings.seed = 7
    #expect(
      command(settings)
        == "uvecho compare --profile full --peers c-libuv,go --base c-libuv --rounds 12 --duration 2.5 --warmup 0.5 "
        + "--strategies persistent --connections 10,20 --shares none --no-twin --seed 7"
    )
  }

  @Test func `the extent of the latency is given where it isn't that of the rounds`() {
    var settings = Settings(.standard, peers: ["go"], base: "go")
    settings.rounds = 4
    settings.latencyRounds = 4
    #expect(command(settings) == "uvecho compare --profile standard --peers go --base go --rounds 4")
    settings.latencyRounds = 2
    settings.latencySeconds = 1.125
    settings.latencyShares = [0.125, 0.5]
    #expect(
      command(settings)
        == "uvecho compare --profile standard --peers go --base go --rounds 4 --shares 0.125,0.5 "
        + "--latency-rounds 2 --latency-duration 1.125"
    )
  }

  @Test func `a twin that the profile doesn't have is given`() {
    var settings = Settings(.quick, peers: ["go"], base: "go")
    settings.hasTwin = true
    #expect(command(settings) == "uvecho compare --profile quick --peers go --base go --twin")
  }

  @Test(
    arguments: [
      (["persistent"], nil, nil, "--strategies persistent"),
      (nil, [100], nil, "--connections 100"),
      // Each strategy keeps its own number of clients.
      (nil, nil, [64, 128], "--sizes 64,128"),
      (["reconnect"], nil, [128], "--strategies reconnect --sizes 128"),
      (nil, [2000, 3000], nil, "--connections 2000,3000"),
      (["reconnect", "persistent"], [7], [1], "--strategies reconnect,persistent --connections 7 --sizes 1"),
    ] as [([String]?, [Int]?, [Int]?, String)]
  )
  func `the flags of the workloads bring these again, and no others`(
    strategies: [String]?,
    connections: [Int]?,
    sizes: [Int]?,
    flags: String
  ) {
    var settings = Settings(.full, peers: ["go"], base: "go")
    settings.cells = Settings.cells(
      of: settings.cells,
      strategies: strategies?.map { Workload.Strategy(rawValue: $0)! },
      connections: connections,
      sizes: sizes
    )
    #expect(command(settings) == "uvecho compare --profile full --peers go --base go \(flags)")
  }

  @Test func `processors that nobody was kept on are said to be none`() {
    var machine = steady.machine
    machine.serverProcessor = nil
    #expect(steady.settings.command(on: machine).hasSuffix(" --pin none"))
  }

  @Test func `names can't break out of the command`() {
    let settings = Settings(.quick, peers: ["a b", "it's; rm"], base: "$(x)")
    #expect(
      command(settings) == "uvecho compare --profile quick --peers 'a b,it'\\''s; rm' --base '$(x)'"
    )
  }

  @Test func `it is said what was done`() throws {
    guard case .list(let lines) = Document.Section.method(steady).blocks[0] else { throw Missing() }
    let text = lines.joined(separator: "\n")
    #expect(text.contains("each was started anew 10 times for each workload"))
    #expect(text.contains("(seed 1)"))
    #expect(text.contains("10,000 medians"))
    // Six servers and a twin, of which one isn't there, with 6.5 s each.
    #expect(text.contains("So a server and the base are about 15 s apart in the mean."))
    #expect(text.contains("each persistent client has had a reply"))
    #expect(text.contains("With fewer than 6 rounds it is their range."))
    #expect(text.contains("from 97 % of its processor on, and the clients from 90 % of theirs"))
    #expect(text.contains("is rough"))
    #expect(
      lines.contains("The latency at a fixed rate has 6 rounds, in each of which 2 s are measured.")
    )
    #expect(lines.last == "The base is started twice in each round, under two names.")
  }
  @Test func `what is the same for the latency isn't said twice`() throws {
    var results = steady
    results.settings.latencyRounds = results.settings.rounds
    results.settings.latencySeconds = results.settings.durationSeconds
    guard case .list(let lines) = Document.Section.method(results).blocks[0] else { throw Missing() }
    #expect(!lines.contains { $0.hasPrefix("The latency at a fixed rate has") })
  }
}
