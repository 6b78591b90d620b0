import Comparison
import FoundationEssentials
import LoadGenerator
import TestSupport
import Testing

@testable import uvecho_tools

@Suite struct CompareTextTests {
  // MARK: Times and shares

  @Test(
    arguments: [
      (0.0, "0 s"),
      (-5, "0 s"),
      (0.4, "0 s"),
      (45.4, "45 s"),
      (99.4, "99 s"),
      (99.6, "2 min"),
      (700, "12 min"),
      (5940, "99 min"),
      (5970, "1 h 40 min"),
      (7500, "2 h 05 min"),
      (36_000, "10 h 00 min"),
    ]
  )
  func `a time for waiting is as exact as one waits for it`(seconds: Double, text: String) {
    #expect(CompareText.time(seconds) == text)
  }

  @Test(arguments: [(0.5, "50 %"), (0.55, "55 %"), (0.125, "12.5 %"), (1, "100 %"), (0.001, "0.1 %")])
  func `a share has the digits that it needs`(share: Double, text: String) {
    #expect(CompareText.percent(share) == text)
  }

  // MARK: The beginning

  @Test func `the beginning tells how much there is to do, and for how long`() {
    let results = MadeUpResults.empty
    #expect(
      CompareText.beginning(results, secondsLeft: 150)
        == "comparing 2 servers, with 1 workload, in 1 round: about 3 min"
    )
  }

  @Test func `the beginning tells of the twin, of those who are missing, and of the machine`() {
    let results = MadeUpResults.results([]) {
      $0.isComplete = false
      $0.settings.hasTwin = true
      $0.settings.rounds = 10
      $0.settings.cells = Settings.product([.persistent, .reconnect], [5], [64])
      var twin = MadeUpResults.entrant("base-again")
      twin.isTwin = true
      $0.entrants += [twin, MadeUpResults.entrant("absent", problem: "it isn't built")]
      $0.machine.notes = ["The machine was old."]
    }
    #expect(
      CompareText.beginning(results, secondsLeft: 50) == """
        comparing 2 servers, one of them twice, with 2 workloads, in 10 rounds: about 50 s
        without Absent: it isn't built
        note: The machine was old.
        """
    )
  }

  @Test func `one server is compared with itself`() {
    let results = MadeUpResults.results([]) {
      $0.isComplete = false
      $0.settings.hasTwin = true
      $0.entrants = [MadeUpResults.entrant("base")]
    }
    #expect(CompareText.beginning(results, secondsLeft: 1).hasPrefix("comparing 1 server, twice, with"))
  }

  @Test func `when nothing is missing, that is told`() {
    let results = MadeUpResults.results([MadeUpResults.sample("base", 10)])
    #expect(
      CompareText.beginning(results, secondsLeft: 50)
        == "all rounds are there: only the report is drawn again"
    )
  }

  // MARK: The table

  @Test func `the fastest is first, and each has its ratio to the base`() {
    let results = MadeUpResults.results([
      MadeUpResults.sample("base", 50_000), MadeUpResults.sample("other", 60_000),
    ])
    #expect(
      CompareText.summary(results) == """
        5 persistent clients, 64 bytes  responses/s  of Base  range  CPU/response
        Other                                60,000    1.200      -       10.0 us
        Base                                 50,000        1              10.0 us
        """
    )
  }

  @Test func `of a few rounds it is their range, and of six an interval`() {
    func results(_ rounds: Int) -> Results {
      var samples: [Sample] = []
      for round in 1...rounds {
        samples.append(MadeUpResults.sample("base", 1000, round: round))
        samples.append(MadeUpResults.sample("other", round.isMultiple(of: 2) ? 900 : 1100, round: round))
      }
      return MadeUpResults.results(samples) { $0.settings.rounds = rounds }
    }
    let few = CompareText.summary(results(2))
    #expect(few.contains("  range  "))
    #expect(!few.contains("95 %"))
    #expect(few.contains("  1.000  0.900 to 1.100, equal  "))
    let enough = CompareText.summary(results(6))
    #expect(enough.contains("  95 %  "))
    #expect(!enough.contains("range"))
  }

  @Test func `servers that differ are not called equal`() {
    let samples = (1...6).flatMap {
      [MadeUpResults.sample("base", 1000, round: $0), MadeUpResults.sample("other", 500, round: $0)]
    }
    let text = CompareText.summary(MadeUpResults.results(samples) { $0.settings.rounds = 6 })
    #expect(text.contains("  0.500  0.500 to 0.500  "))
    #expect(!text.contains("equal"))
  }

  @Test(
    arguments: [
      (false, false, "  0.500  "), (false, true, "  >= 0.500  "), (true, false, "  <= 0.500  "),
      (true, true, "  ~ 0.500  "),
    ]
  )
  func `what the clients held back is marked`(base: Bool, other: Bool, ratio: String) {
    func sample(_ name: String, _ rate: Double, _ isLimited: Bool) -> Sample {
      MadeUpResults.sample(name, rate) { $0.load?.limiter = isLimited ? .client : .server }
    }
    let text = CompareText.summary(
      MadeUpResults.results([sample("base", 1000, base), sample("other", 500, other)])
    )
    #expect(text.contains(ratio), "\(text)")
    #expect(text.contains("  >= 1,000  ") == base, "\(text)")
    #expect(text.contains("  >= 500  ") == other, "\(text)")
  }

  @Test func `the latency at the middle share stands in the last column`() {
    let results = MadeUpResults.results([
      MadeUpResults.sample("base", 1000), MadeUpResults.sample("other", 500),
      MadeUpResults.sample("base", 250, share: 0.5),
    ]) { $0.settings.latencyShares = [0.25, 0.5, 0.75] }
    let lines = CompareText.summary(results).split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasSuffix("  p99 at 50 %"))
    #expect(lines[1].hasPrefix("Base "))
    #expect(lines[1].hasSuffix("  4.00 ms"))
    #expect(lines[2].hasPrefix("Other "))
    #expect(lines[2].hasSuffix(" -"))
  }

  @Test func `each workload has its table`() {
    var results = MadeUpResults.results([MadeUpResults.sample("base", 10)]) {
      $0.settings.cells.append(Cell(.reconnect, connections: 1, size: 1))
    }
    // Of which nothing has been measured yet.
    #expect(!CompareText.summary(results).contains("1 reconnecting client"))
    var sample = MadeUpResults.sample("base", 10)
    sample.cell = Cell(.reconnect, connections: 1, size: 1)
    results.samples.append(sample)
    results.summarize()
    #expect(CompareText.summary(results).contains("\n\n1 reconnecting client, 1 byte  responses/s"))
  }

  // MARK: Without figures

  @Test func `a server that has failed has no figures, and is told`() {
    let results = MadeUpResults.results([
      MadeUpResults.sample("base", 1000),
      Sample(entrant: "other", round: 1, cell: MadeUpResults.cell, failure: "no luck"),
    ])
    #expect(CompareText.failed(results).map(\.id) == ["other"])
    let text = CompareText.summary(results)
    #expect(text.contains("\nOther") && text.contains(" none\n"), "\(text)")
    #expect(text.hasSuffix("\n\nOther has no figures: the report says why"))
  }

  @Test func `figures that can't be trusted are none`() {
    let results = MadeUpResults.results([
      MadeUpResults.sample("base", 1000) { $0.load?.valid = false }, MadeUpResults.sample("other", 1000),
    ])
    #expect(CompareText.failed(results).map(\.id) == ["base"])
    // Without a base there is no ratio.
    #expect(CompareText.summary(results).contains("\nOther                                 1,000        -"))
  }

  @Test func `one good sample is enough`() {
    let results = MadeUpResults.results([
      MadeUpResults.sample("base", 1000), MadeUpResults.sample("other", 500),
      Sample(entrant: "other", round: 2, cell: MadeUpResults.cell, failure: "no luck"),
    ])
    #expect(CompareText.failed(results).isEmpty)
  }

  @Test func `a server whose turn had not come has no figures yet`() {
    let results = MadeUpResults.results([MadeUpResults.sample("base", 1000)]) { $0.isComplete = false }
    let text = CompareText.summary(results)
    #expect(text.hasSuffix("\n\nOther has no figures yet"))
    #expect(!text.contains("none"))
  }

  @Test func `few rounds, and no twin, are told`() {
    let first = "A first look, not a result: an interval takes 6 rounds."
    let second = "How far the same server would differ from itself was not measured: --twin does that."
    let samples = [MadeUpResults.sample("base", 1)]
    #expect(CompareText.notes(MadeUpResults.results(samples)) == "\(first)\n\(second)")
    #expect(CompareText.notes(MadeUpResults.results(samples) { $0.settings.hasTwin = true }) == first)
    #expect(CompareText.notes(MadeUpResults.results(samples) { $0.settings.rounds = 6 }) == second)
    let whole = MadeUpResults.results(samples) {
      $0.settings.rounds = 6
      $0.settings.hasTwin = true
    }
    #expect(CompareText.notes(whole) == nil)
    #expect(CompareText.notes(MadeUpResults.empty) == nil)
  }

  @Test func `before the first sample there is no table`() {
    #expect(
      CompareText.summary(MadeUpResults.empty) == """
        Base has no figures yet
        Other has no figures yet
        """
    )
  }

  @Test func `who could not take part has failed at nothing`() {
    let results = MadeUpResults.results([MadeUpResults.sample("base", 1000)]) {
      $0.entrants[1] = MadeUpResults.entrant("other", problem: "it isn't built")
    }
    #expect(CompareText.failed(results).isEmpty)
    #expect(!CompareText.summary(results).contains("Other"))
  }

  // MARK: The list

  @Test func `the list says who is ready, and what would make the others so`() throws {
    try withPeers { peers in
      try peers.add("b", name: "Bee", version: "echo; echo '  b 1  '; echo more")
      try peers.add("absent", name: "Absent", version: "echo no such thing >&2; exit 1")
      try peers.add("raw", name: "Raw", version: "echo raw 1", build: "true")
      try peers.add("broken", name: "Broken")
      try peers.write("{", to: "Peers/broken/peer.json")
      let folder = try PeerFolder(peers.path, program: "/bin/true")
      var settings = Settings(.quick, peers: folder.names, base: "b")
      settings.hasTwin = false
      #expect(
        try CompareText.list(folder.entrants(of: settings)) == """
          absent  Absent  it isn't installed (no such thing): `make peers PEERS=absent` installs it
          b       Bee     ready: b 1
          broken  broken  \(peers.path)/broken/peer.json: it isn't JSON; Peers/README.md describes the format
          raw     Raw     it isn't built: `make peers PEERS=raw` builds it
          """
      )
    }
  }
}
