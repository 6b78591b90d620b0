import Comparison
import FoundationEssentials
import Glibc
import Libuv
import LoadGenerator
import TestSupport
import Testing
import UvechoSupport

@testable import uvecho_tools

/// Small comparisons, by the program as it is built.
@Suite struct CompareRunTests {
  /// The arguments of a comparison of a moment.
  private func arguments(_ peers: Peers, _ more: [String] = []) -> [String] {
    [
      "compare", "--peers-folder", peers.path, "--output", peers.report, "--duration", "100ms", "--warmup",
      "0", "--connections", "5",
    ] + more
  }

  private func compare(_ peers: Peers, _ more: String...) throws -> Ended {
    try runUvecho(arguments(peers, more))
  }

  /// Of one workload, without latency and twin, and, if no others are asked for, in one round.
  private func compareBriefly(_ peers: Peers, _ more: String...) throws -> Ended {
    let brief = ["--shares", "none", "--strategies", "persistent", "--no-twin"]
    let rounds = more.contains("--rounds") ? [] : ["--rounds", "1"]
    let pin = more.contains("--pin") ? [] : ["--pin", "none"]
    return try runUvecho(arguments(peers, brief + rounds + pin + more))
  }

  private func resume(_ peers: Peers) throws -> Ended {
    try runUvecho("compare", "--peers-folder", peers.path, "--output", peers.report, "--resume")
  }

  private func results(_ peers: Peers) throws -> Results { try ReportFolder.results(from: peers.results) }

  // MARK: To the end

  @Test func `a comparison leaves its results, a report and the servers' words`() throws {
    try withPeers { peers in
      try peers.add("a", name: "Server A")
      try peers.add("b", name: "Server B")
      let ended = try compare(
        peers,
        "--rounds",
        "1",
        "--shares",
        "50%",
        "--latency-duration",
        "100ms",
        "--strategies",
        "persistent",
        "--twin",
        "--pin",
        "none",
        "--seed",
        "7"
      )
      #expect(ended.exit == .code(0), "\(ended.errors)")

      // What is asked for stands in the results, and each server was started for it.
      let results = try results(peers)
      var settings = Settings(.standard, peers: ["a", "b"], base: "a")
      settings.rounds = 1
      settings.durationSeconds = 0.1
      settings.warmupSeconds = 0
      settings.cells = [Cell(.persistent, connections: 5)]
      settings.latencyShares = [0.5]
      settings.latencyRounds = 1
      settings.latencySeconds = 0.1
      settings.seed = 7
      #expect(results.settings == settings)
      #expect(results.isComplete)
      #expect(results.tool == "uvecho \(Version.number)")
      #expect(results.startedAt <= results.updatedAt)
      #expect(results.machine.processors == ThreadAffinity.processors.count)
      #expect(results.machine.serverProcessor == nil)
      #expect(results.entrants.map(\.id) == ["a", "b", "a-again"])
      #expect(results.entrants.map(\.version) == ["version 1", "version 1", "version 1"])
      #expect(results.samples.prefix(3).map(\.entrant).sorted() == ["a", "a-again", "b"])
      #expect(results.samples.suffix(3).map(\.entrant).sorted() == ["a", "a-again", "b"])
      #expect(results.samples.map(\.share) == [nil, nil, nil, 0.5, 0.5, 0.5])
      let rate = try #require(results.latencyRates.first)
      #expect(results.latencyRates.count == 1)
      #expect(rate.perSecond > 0)
      for sample in results.samples {
        #expect(sample.failure == nil)
        #expect(sample.ratePerSecond == (sample.share == nil ? nil : rate.perSecond))
        #expect(try #require(sample.load).responses > 0)
        #expect(try #require(sample.load).errors == [:])
        #expect(try #require(sample.server).idleBytes > 0)
        #expect(sample.survival?.isWhole == true)
        #expect(sample.survival?.end == "exit 0")
      }
      #expect(results.summaries.count == 6)

      // People are told.
      let output = ended.output
      #expect(
        output.hasPrefix("5 persistent clients, 64 bytes  responses/s  of Server A  range  "),
        "\(output)"
      )
      #expect(output.hasSuffix("\n\nThe whole report: \(peers.report)/report.html\n"))
      for name in ["Server A", "Server B", "Server A, again"] {
        #expect(output.lines.contains { $0.hasPrefix("\(name)  ") })
      }
      #expect(ended.errors.hasPrefix("comparing 2 servers, one of them twice, with 1 workload, in 1 round: "))
      #expect(ended.errors.contains("\nround 1 of 1 is over, "))
      #expect(ended.errors.hasSuffix("\nlatency round 1 of 1 is over\n"))
      #expect(!ended.errors.contains("\u{1b}"), "this is no terminal")

      // The files.
      try #expect(
        peers.files == ["headline.svg", "logs", "report.html", "report.md", "results.json"]
      )
      for log in ["a", "b", "a-again"] {
        #expect(try textOfFile("\(peers.report)/logs/\(log).log").contains("listening on 127.0.0.1:"))
      }
      #expect(try textOfFile("\(peers.report)/report.html").contains("Server B"))
      #expect(try textOfFile("\(peers.report)/report.md").contains("Server B"))
    }
  }

  @Test func `both strategies, sizes and rounds, and no latency`() throws {
    try withPeers { peers in
      try peers.add("a")
      let ended = try compare(
        peers,
        "--rounds",
        "2",
        "--shares",
        "none",
        "--sizes",
        "1,4k",
        "--no-twin",
        "--pin",
        "none"
      )
      #expect(ended.exit == .code(0), "\(ended.errors)")
      let results = try results(peers)
      #expect(results.samples.map(\.round) == [1, 1, 1, 1, 2, 2, 2, 2])
      let cells = Settings.product([.persistent, .reconnect], [5], [1, 4096])
      #expect(Set(results.samples.prefix(4).map(\.cell)) == Set(cells))
      #expect(Set(results.samples.suffix(4).map(\.cell)) == Set(cells))
      #expect(results.latencyRates == [])
      #expect(results.summaries.map(\.cell) == cells)
      #expect(!ended.output.contains("p99"))
      #expect(!ended.errors.contains("latency"))
    }
  }

  #if os(Linux)
    @Test func `servers and clients are kept on processors`() throws {
      let processors = ThreadAffinity.processors
      let (first, last) = (try #require(processors.first), try #require(processors.last))
      try withPeers { peers in
        // The server tells where it may run, in its log.
        try peers.add(
          "a",
          start: [
            "sh", "-c", "grep Cpus_allowed_list /proc/self/status; exec \"$UVECHO\" serve --port $0",
            "{port}",
          ]
        )
        let ended = try compareBriefly(peers, "--pin", "\(last),\(first)")
        #expect(ended.exit == .code(0), "\(ended.errors)")
        let log = try textOfFile("\(peers.report)/logs/a.log")
        #expect(log.hasPrefix("Cpus_allowed_list:\t\(last)\n"), "\(log)")
        let results = try results(peers)
        #expect(results.machine.serverProcessor == last)
        #expect(results.machine.clientProcessor == first)
      }
    }
  #endif

  @Test func `only those who are named take part`() throws {
    try withPeers { peers in
      for name in ["a", "b", "c"] { try peers.add(name) }
      let ended = try compareBriefly(peers, "--peers", "c,b")
      #expect(ended.exit == .code(0), "\(ended.errors)")
      let results = try results(peers)
      #expect(results.settings.base == "c")
      #expect(results.entrants.map(\.id) == ["c", "b"])
      #expect(Set(results.samples.map(\.entrant)) == ["b", "c"])
      #expect(ended.errors.hasPrefix("comparing 2 servers, with 1 workload, in 1 round: "))
    }
  }

  // MARK: Servers that fail

  @Test func `a server that can't be started is told, and the others have figures`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("bad", start: Peers.failing)
      let ended = try compareBriefly(peers, "--rounds", "4")
      #expect(ended.exit == .code(1))
      let trouble =
        "Bad, 5 persistent clients, 64 bytes: it ended before it accepted: exit 3; it printed: no luck"
      #expect(ended.errors.contains("\nround 1, \(trouble)\n"), "\(ended.errors)")
      #expect(
        ended.errors.contains(
          "\nBad is not started any more: it ended before it accepted: exit 3; it printed: no luck\n"
        )
      )
      #expect(ended.output.contains("\nBad has no figures: the report says why\n"))
      #expect(ended.output.contains("\nThe whole report: "))
      let results = try results(peers)
      #expect(results.isComplete)
      // After three failures it isn't started a fourth time.
      #expect(results.samples.count { $0.entrant == "bad" } == 3)
      #expect(results.samples.filter { $0.entrant == "a" }.count(where: \.isValid) == 4)
      #expect(results.entrants[1].givenUp?.contains("exit 3") == true)
      #expect(try textOfFile("\(peers.report)/report.md").contains("exit 3"))
    }
  }

  @Test func `a server that isn't ready is told, and that is no failure`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.add("absent", version: "exit 1")
      try peers.add("raw", build: "true")
      let ended = try compareBriefly(peers)
      #expect(ended.exit == .code(0), "\(ended.errors)")
      #expect(
        ended.errors.contains("\nwithout Absent: it isn't installed: `make peers PEERS=absent` installs it\n")
      )
      #expect(ended.errors.contains("\nwithout Raw: it isn't built: `make peers PEERS=raw` builds it\n"))
      let results = try results(peers)
      #expect(results.samples.map(\.entrant) == ["a"])
      #expect(results.entrants.map { $0.problem == nil } == [true, false, false])
    }
  }

  @Test func `a server that ends at its first request is told`() throws {
    let crashing = """
      import os, socket, sys
      listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
      while True:
          # It has a name so that it is not closed before the end.
          connection = listener.accept()[0]
          if connection.recv(1): os._exit(9)
      """
    try withPeers { peers in
      try peers.add("a")
      try peers.add("bad", start: ["python3", "-c", crashing, "{port}"])
      let ended = try compareBriefly(peers)
      #expect(ended.exit == .code(1))
      #expect(
        ended.errors.contains(
          "\nround 1, Bad, 5 persistent clients, 64 bytes: it accepted, and did not answer"
        ),
        "\(ended.errors)"
      )
      let sample = try #require(results(peers).samples.first { $0.entrant == "bad" })
      #expect(sample.survival?.crashed == "exit 9")
      #expect(sample.survival?.isWhole == false)
    }
  }

  @Test func `a peer that can't be read has a row that says why, and stops nobody`() throws {
    try withPeers { peers in
      try peers.add("a")
      try peers.makeFolder("Peers/b")
      try peers.write("{}", to: "Peers/b/peer.json")
      let sentence = "\(peers.path)/b/peer.json: `name` is missing; Peers/README.md describes the format"
      let ended = try compareBriefly(peers)
      #expect(ended.exit == .code(0))
      #expect(ended.errors.contains("\nwithout b: \(sentence)\n"), "\(ended.errors)")
      #expect(try results(peers).entrants.map(\.problem) == [nil, sentence])
    }
  }

  @Test func `a report's folder that goes away ends it, and is named`() throws {
    try withPeers { peers in
      try peers.add(
        "a",
        start: ["sh", "-c", "rm -r \(peers.report); exec \"$UVECHO\" serve --port $0", "{port}"]
      )
      let ended = try compareBriefly(peers)
      #expect(ended.exit == .code(1))
      #expect(ended.output == "")
      #expect(ended.errors.hasSuffix("\nuvecho: can't write \(peers.results)\n"), "\(ended.errors)")
    }
  }

  @Test func `more clients than this process may have ends it`() throws {
    try withPeers { peers in
      try peers.add("a")
      let child = try Child(
        path: "/bin/sh",
        ["-c", "ulimit -n 256; exec \"$0\" \"$@\"", try Child.built("uvecho")]
          + arguments(peers, ["--connections", "500", "--shares", "none", "--rounds", "1", "--no-twin"])
      )
      defer { child.end() }
      try #expect(child.waitForExit() == .code(1))
      let last = try #require(child.errors.lines.last)
      #expect(last.hasPrefix("uvecho: 500 connections need "), "\(child.errors)")
      #expect(last.contains("this process may have 256"))
      #expect(!peers.contains("report/results.json"), "nothing was measured")
    }
  }

  // MARK: In a terminal

  @Test func `in a terminal a line tells what goes on, and goes when it is over`() throws {
    try withPeers { peers in
      try peers.add("a")
      let terminal = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
      let child = try Child(
        path: "/usr/bin/env",
        ["python3", "-c", terminal, try Child.built("uvecho")]
          + arguments(
            peers,
            [
              "--rounds", "2", "--shares", "none", "--strategies", "persistent", "--no-twin", "--pin", "none",
            ]
          )
      )
      defer { child.end() }
      try #expect(child.waitForExit() == .code(0), "\(child.output) \(child.errors)")
      // Standard error is the same terminal.
      let output = child.output
      #expect(output.contains("\r\u{1b}[?7l1 of 2, "), "\(output)")
      #expect(
        output.contains(" s left: round 1, A, 5 persistent\u{1b}[K\u{1b}[?7h\r\u{1b}[Kround 1 of 2 is over, ")
      )
      #expect(output.contains("\r\u{1b}[?7l2 of 2, "))
      #expect(output.contains("\u{1b}[Kround 2 of 2 is over\r\n\r\u{1b}[K5 persistent clients, 64 bytes  "))
    }
  }

  // MARK: Earlier results

  @Test func `earlier results are put aside, not overwritten`() throws {
    try withPeers { peers in
      try peers.add("a")
      let earlier = try MadeUpResults.full.json()
      try peers.makeFolder("report")
      try peers.write(earlier, to: "report/results.json")
      let ended = try compareBriefly(peers)
      #expect(ended.exit == .code(0), "\(ended.errors)")
      let aside = "\(peers.report)/results-20260301T093000Z.json"
      #expect(ended.errors.hasPrefix("the results that were there are now \(aside)\n"), "\(ended.errors)")
      #expect(try textOfFile(aside) == earlier)
      #expect(try results(peers).entrants.map(\.id) == ["a"])
    }
  }

  // MARK: Ended early

  /// The server serves once. The second time it waits until it is told to go on, without accepting.
  private static let gated = [
    "sh", "-c",
    """
    if [ ! -e served ]; then touch served
    elif [ ! -e go ]; then touch waiting; exec sleep 60
    fi
    exec "$UVECHO" serve --port $0
    """, "{port}",
  ]

  @Test(arguments: [SIGINT, SIGTERM])
  func `a signal keeps what was measured, and --resume measures the rest`(signal: Int32) throws {
    try withPeers { peers in
      try peers.add("a", start: Self.gated)
      let child = try Child(
        "uvecho",
        arguments(
          peers,
          [
            "--rounds", "3", "--shares", "50%", "--latency-rounds", "1", "--latency-duration", "100ms",
            "--strategies", "persistent", "--no-twin", "--pin", "none",
          ]
        )
      )
      defer { child.end() }
      try child.wait(for: "second start") { peers.contains("Peers/a/waiting") }
      // The first round has been kept meanwhile.
      #expect(try results(peers).samples.count == 1)
      child.signal(signal)
      try #expect(child.waitForExit() == .code(130))
      #expect(
        child.errors.hasSuffix(
          "\nended early: `uvecho compare --resume --output \(peers.report)` goes on\n"
        ),
        "\(child.errors)"
      )
      let first = try results(peers)
      #expect(!first.isComplete)
      #expect(first.samples.map(\.round) == [1])
      #expect(first.samples.allSatisfy { $0.isValid })
      #expect(child.output.hasSuffix("\n\nThe whole report: \(peers.report)/report.html\n"))
      #expect(try textOfFile("\(peers.report)/report.md").contains("Rounds are missing"))

      try peers.write("", to: "Peers/a/go")
      let ended = try resume(peers)
      #expect(ended.exit == .code(0), "\(ended.errors)")
      let whole = try results(peers)
      #expect(whole.isComplete)
      #expect(whole.startedAt == first.startedAt)
      #expect(whole.settings == first.settings)
      #expect(whole.samples.map(\.round) == [1, 2, 3, 1])
      #expect(whole.samples.map { $0.share == nil } == [true, true, true, false])
      #expect(whole.samples[0].load?.responses == first.samples[0].load?.responses)
      #expect(try !textOfFile("\(peers.report)/report.md").contains("Rounds are missing"))
      // Nothing was put aside.
      try #expect(peers.files == ["headline.svg", "logs", "report.html", "report.md", "results.json"])
      #expect(!ended.errors.contains("\nround 1 of 3"))
      #expect(ended.errors.contains("\nround 2 of 3 is over, "))

      // Once more there is nothing to do.
      let again = try resume(peers)
      #expect(again.exit == .code(0))
      #expect(again.errors == "all rounds are there: only the report is drawn again\n")
      #expect(again.output == ended.output)
    }
  }

  @Test func `a signal before the first sample leaves results without one`() throws {
    try withPeers { peers in
      try peers.add("a", start: Self.gated)
      try peers.write("", to: "Peers/a/served")
      let child = try Child("uvecho", arguments(peers, ["--rounds", "1", "--shares", "none", "--no-twin"]))
      defer { child.end() }
      try child.wait(for: "start") { peers.contains("Peers/a/waiting") }
      child.signal(SIGINT)
      try #expect(child.waitForExit() == .code(130))
      #expect(try results(peers).samples.isEmpty)
      #expect(child.output.hasPrefix("A has no figures yet\n"))
      #expect(!child.errors.contains("did not accept"), "\(child.errors)")
      #expect(peers.contains("report/report.html"))
    }
  }
}
