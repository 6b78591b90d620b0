import FoundationEssentials
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if os(Linux)
  @Suite struct ComparisonRunTests {
    private typealias Progress = ComparisonRun.Progress

    /// Nothing but what is asked for takes time.
    static func settings(_ peers: [String], rounds: Int = 2, shares: [Double] = []) -> Settings {
      var settings = Settings(.quick, peers: peers, base: peers[0])
      settings.rounds = rounds
      settings.latencyRounds = rounds
      settings.durationSeconds = 0.1
      settings.warmupSeconds = 0
      settings.latencySeconds = 0.1
      settings.latencyShares = shares
      settings.cells = [Cell(.persistent, connections: 2)]
      return settings
    }

    static func run(_ results: Results, _ peers: PeerFolder, _ folder: String) throws -> ComparisonRun {
      var run = ComparisonRun(results, in: peers, on: try Processors(.none), logFolder: folder)
      run.patience = PythonServer.impatient
      // Nobody is mute here, and the machine may be busy.
      run.patience.answer = .seconds(30)
      run.probe.connections = 5
      return run
    }

    static func results(_ settings: Settings, _ peers: PeerFolder) throws -> Results {
      Results(
        tool: "test",
        startedAt: "2026-01-01T00:00:00Z",
        settings: settings,
        machine: Machine(try Processors(.none)),
        entrants: try peers.entrants(of: settings)
      )
    }

    @Test func `all rounds of all servers are measured, kept and told`() throws {
      try withPeers(["a": PythonServer.echo, "b": PythonServer.echo]) { peers, folder in
        var settings = Self.settings(["a", "b"], shares: [0.5])
        settings.hasTwin = true
        var run = try Self.run(Self.results(settings, peers), peers, folder)
        var kept: [Results] = []
        var steps: [String] = []
        var rounds: [String] = []
        run.keep = { kept.append($0) }
        run.onProgress = { progress in
          switch progress {
          case .step(_, let number, let total, let left):
            steps.append("\(number)/\(total)")
            #expect(left > 0)
          case .sample(let sample):
            // On a busy machine a rate may not be kept, which makes a sample invalid.
            #expect(sample.failure == nil && sample.load != nil)
            #expect(
              sample.isValid || sample.share != nil,
              "\(sample.load?.verdict ?? ""), \(sample.serverFailure ?? "and the server is well")"
            )
          case .round(let round, let total, let isOpen, let left):
            rounds.append("\(isOpen ? "open" : "closed") \(round)/\(total)")
            #expect((left == 0) == (rounds.count == 4))
          case .givenUp: Issue.record("nobody fails")
          }
        }
        let results = try run.run()

        #expect(results.isComplete)
        #expect(results.samples.count == 12)
        let plan = Plan(results)
        #expect(results.samples.map(\.step) == Array((plan.closedRounds + plan.openRounds).joined()))
        #expect(steps == (1...12).map { "\($0)/12" })
        #expect(rounds == ["closed 1/2", "closed 2/2", "open 1/2", "open 2/2"])
        #expect(kept.map(\.samples.count) == [3, 6, 9, 12, 12])
        #expect(kept.map(\.isComplete) == [false, false, false, false, true])
        #expect(kept.allSatisfy { !$0.summaries.isEmpty })
        #expect(results.updatedAt > results.startedAt)
        let rate = try #require(results.latencyRates.first)
        #expect(results.samples.filter { $0.share != nil }.allSatisfy { $0.ratePerSecond == rate.perSecond })
        #expect(results.summary(of: "a-again", settings.cells[0])?.ratio?.rounds == 2)
        #expect(results.summary(of: "b", settings.cells[0], share: 0.5)?.samples == 2)
      }
    }

    @Test func `what is there is not measured again`() throws {
      try withPeers(["a": PythonServer.echo, "b": PythonServer.echo]) { peers, folder in
        var whole = try Self.run(Self.results(Self.settings(["a", "b"]), peers), peers, folder)
        var results = try whole.run()
        let removed = results.samples.remove(at: 1)
        results.isComplete = false
        var rest = try Self.run(results, peers, folder)
        #expect(rest.secondsLeft == 1.1)
        var steps: [Step] = []
        rest.onProgress = { progress in
          if case .step(let step, let number, let total, _) = progress {
            steps.append(step)
            #expect((number, total) == (4, 4))
          }
        }
        let again = try rest.run()
        #expect(steps == [removed.step])
        #expect(again.isComplete)
        #expect(again.samples.dropLast().map(\.startMilliseconds) == results.samples.map(\.startMilliseconds))

        var nothing = try Self.run(again, peers, folder)
        #expect(nothing.secondsLeft == 0)
        nothing.onProgress = { _ in Issue.record("there is nothing to do") }
        #expect(try nothing.run().samples.count == 4)
      }
    }

    @Test func `a server that fails again and again is given up, and the others go on`() throws {
      try withPeers(["a": PythonServer.echo, "bad": PythonServer.broken]) { peers, folder in
        let settings = Self.settings(["a", "bad"], rounds: 5)
        var run = try Self.run(Self.results(settings, peers), peers, folder)
        var givenUp: [String] = []
        run.onProgress = { if case .givenUp(let entrant, _) = $0 { givenUp.append(entrant) } }
        let results = try run.run()
        #expect(results.isComplete)
        #expect(results.samples.count { $0.entrant == "a" && $0.isValid } == 5)
        #expect(results.samples.count { $0.entrant == "bad" } == ComparisonRun.mostFailures)
        #expect(givenUp == ["bad"])
        let reason = "it ended before it accepted: exit 3; it printed: no luck"
        #expect(results.entrants.map(\.givenUp) == [nil, reason])
        // Also when it goes on later.
        var again = try Self.run(results, peers, folder)
        #expect(again.secondsLeft == 0)
        #expect(try again.run().samples.count == results.samples.count)
      }
    }

    @Test func `a server that crashes under load again and again is given up, too`() throws {
      let program =
        "count = [0]\n"
        + PythonServer.echo.replacing(
          "connection.sendall(data)",
          with:
            "count[0] += len(data); count[0] < 5000 or __import__('os')._exit(7); connection.sendall(data)"
        )
      try withPeers(["a": PythonServer.echo, "bad": program]) { peers, folder in
        var run = try Self.run(Self.results(Self.settings(["a", "bad"], rounds: 5), peers), peers, folder)
        let results = try run.run()
        #expect(results.samples.count { $0.entrant == "bad" } == ComparisonRun.mostFailures)
        #expect(results.entrants.map(\.givenUp) == [nil, "it ended under load: exit 7"])
      }
    }

    @Test func `a server that fails now and then is not given up`() throws {
      // Each second start fails.
      let program = """
        import os
        first = not os.path.exists("failed")
        open("failed", "w") if first else os.remove("failed")
        if first: exit(3)

        """
      try withPeers(["a": program + PythonServer.echo]) { peers, folder in
        var run = try Self.run(Self.results(Self.settings(["a"], rounds: 8), peers), peers, folder)
        let results = try run.run()
        #expect(results.samples.map { $0.failure == nil } == (0..<8).map { $0 % 2 == 1 })
        #expect(results.entrants[0].givenUp == nil)
      }
    }

    @Test func `who isn't there is left out, and no rate comes of nothing`() throws {
      try withPeers(["a": PythonServer.broken, "b": PythonServer.echo]) { peers, folder in
        var results = try Self.results(Self.settings(["a", "b"], shares: [0.5]), peers)
        results.entrants[1].problem = "it isn't installed"
        var run = try Self.run(results, peers, folder)
        let outcome = try run.run()
        #expect(outcome.isComplete)
        #expect(outcome.latencyRates.isEmpty)
        #expect(outcome.samples.map(\.entrant) == ["a", "a"])
      }
    }

    @Test func `what can't be kept ends it`() throws {
      struct Full: Error {}
      try withPeers(["a": PythonServer.echo]) { peers, folder in
        var run = try Self.run(Self.results(Self.settings(["a"], rounds: 3), peers), peers, folder)
        var times = 0
        run.keep = { _ in
          times += 1
          throw Full()
        }
        #expect(throws: Full.self) { try run.run() }
        #expect(times == 2, "after the round, and at the end")
      }
    }

    // The signals would meet other tests of this process.
    @Test(arguments: [SIGINT, SIGTERM]) func `a signal ends it early, and what was measured is kept`(
      signal: Int32
    ) async {
      await #expect(processExitsWith: .exitCode(42)) { [signal] in
        try withPeers(["a": PythonServer.echo, "b": PythonServer.echo]) { peers, folder in
          let settings = Self.settings(["a", "b"], rounds: 50)
          var run = try Self.run(Self.results(settings, peers), peers, folder)
          run.handlesSignals = true
          var kept: Results?
          run.keep = { kept = $0 }
          run.onProgress = { progress in
            if case .step(_, let number, _, _) = progress, number == 4 { kill(getpid(), signal) }
          }
          let results = try run.run()
          try #require(!results.isComplete)
          try #require(results.samples.count == 3)
          try #require(kept?.samples.count == 3)
          try #require(kept?.summaries.isEmpty == false)
          // It goes on from there.
          var shorter = results
          shorter.settings.rounds = 2
          var rest = try Self.run(shorter, peers, folder)
          try #require(try rest.run().samples.count == 4)
        }
        exit(42)
      }
    }

    // MARK: Rates

    @Test func `rates are shares of the slowest server's median, for each workload`() throws {
      var results = steady
      results.latencyRates = []
      let rates = ComparisonRun.rates(results)
      let cells = results.settings.cells
      #expect(rates.map(\.cell) == [cells[0], cells[0], cells[0], cells[1]])
      #expect(rates.map(\.share) == [0.25, 0.5, 0.75, 0.5])
      for rate in rates {
        let medians = results.entrants.filter { !$0.isTwin }.compactMap { entrant in
          results.summary(of: entrant.id, rate.cell)?.responsesPerSecond.map { (entrant.id, $0.median) }
        }
        let slowest = try #require(medians.min { $0.1 < $1.1 })
        #expect(rate.slowest == slowest.0)
        #expect(rate.perSecond == (slowest.1 * rate.share).rounded())
      }
    }

    @Test func `who has no valid sample doesn't slow the others down`() {
      var results = steady
      for index in results.samples.indices where results.samples[index].entrant == "python-twisted" {
        results.samples[index].load?.valid = false
      }
      let rates = ComparisonRun.rates(results)
      #expect(!rates.isEmpty)
      #expect(rates.allSatisfy { $0.slowest != "python-twisted" })
    }
  }
#endif
