import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct TrialTests {
    private static let cell = Cell(.persistent, connections: 5)
    private static let closed = Step(round: 2, entrant: "echo-again", cell: cell, share: nil)
    private static let open = Step(round: 2, entrant: "echo-again", cell: cell, share: 0.5)

    private func trial(
      _ program: String,
      _ step: Step = closed,
      rate: Double? = nil,
      _ change: (inout Trial) -> Void = { _ in }
    ) throws -> Sample {
      var sample: Sample?
      try withPeers(["echo": program]) { peers, folder in
        var settings = Settings(.quick, peers: ["echo"], base: "echo")
        settings.durationSeconds = 0.2
        settings.warmupSeconds = 0
        settings.latencySeconds = 0.1
        var trial = Trial(
          settings: settings,
          peer: peers.peers[0],
          folder: peers,
          processors: try Processors(.none),
          logPath: "\(folder)/log"
        )
        trial.patience = PythonServer.impatient
        // For those that answer, on a busy machine.
        trial.patience.answer = .seconds(30)
        trial.probe.connections = 20
        change(&trial)
        sample = try trial.run(step, rate: rate)
      }
      return try #require(sample)
    }

    @Test func `a closed loop brings all figures, under the entrant's name`() throws {
      let sample = try trial(PythonServer.echo)
      #expect(sample.step == Self.closed)
      #expect(sample.failure == nil)
      #expect(try #require(sample.startMilliseconds) > 1)
      let load = try #require(sample.load)
      #expect(load.valid, "\(load.verdict)")
      #expect(load.responses > 0)
      #expect(load.limiter != nil)
      #expect((0.2..<1).contains(load.seconds))
      let server = try #require(sample.server)
      #expect(server.userSeconds + server.systemSeconds > 0)
      #expect(server.idleBytes > 1 << 20)
      #expect(server.loadBytes >= server.idleBytes)
      #expect(server.peakBytes >= server.loadBytes)
      #expect(server.bytesPerConnection != nil)
      #expect(server.threads >= 2, "one for each connection, and the first")
      let survival = try #require(sample.survival)
      #expect(survival.isWhole)
      #expect(survival.end == "SIGTERM")
      #expect(survival.leftoverSockets == 0)
    }

    @Test func `an open loop keeps its rate, and doesn't try the connections`() throws {
      let sample = try trial(PythonServer.echo, Self.open, rate: 500)
      #expect(sample.step == Self.open)
      #expect(sample.ratePerSecond == 500)
      let load = try #require(sample.load)
      // A busy machine may not keep it, which makes the sample invalid.
      #expect(load.requests <= 50, "500 a second, for a tenth of one")
      #expect(load.rawLatency != nil)
      #expect(sample.server?.bytesPerConnection == nil)
    }

    @Test func `a connection for each request goes the same way`() throws {
      let step = Step(
        round: 1,
        entrant: "echo",
        cell: Cell(.reconnect, connections: 3, size: 1000),
        share: nil
      )
      let load = try #require(try trial(PythonServer.echo, step).load)
      #expect(load.valid, "\(load.verdict)")
      #expect(load.connectionsMade >= load.responses)
    }

    @Test func `a server that can't be started is a failure, and no more`() throws {
      let sample = try trial(PythonServer.broken)
      #expect(sample.failure == "it ended before it accepted: exit 3; it printed: no luck")
      #expect(sample.startMilliseconds == nil)
      #expect(sample.load == nil)
      #expect(sample.survival == nil)
      #expect(!sample.isValid)
    }

    @Test func `a server that doesn't answer is a failure, before any load is made`() throws {
      let sample = try trial(PythonServer.mute) { $0.patience.answer = .milliseconds(200) }
      #expect(sample.failure == "it accepted, and did not answer")
      #expect(sample.load == nil)
      #expect(sample.survival?.answers == false)
      #expect(sample.survival?.end == "SIGTERM")
    }

    @Test func `a server that the first bytes end has crashed`() throws {
      let sample = try trial(PythonServer.crashing)
      #expect(sample.failure == "it accepted, and did not answer")
      #expect(sample.survival?.crashed == "exit 9")
      #expect(sample.survival?.end == nil)
    }

    @Test func `a server that ends under load is told so`() throws {
      // After some thousand bytes; the question and the probe have less.
      let program =
        "count = [0]\n"
        + PythonServer.echo.replacing(
          "connection.sendall(data)",
          with:
            "count[0] += len(data); count[0] < 5000 or __import__('os')._exit(7); connection.sendall(data)"
        )
      let sample = try trial(program)
      #expect(sample.failure == nil)
      #expect(sample.survival?.crashed == "exit 7")
      #expect(sample.survival?.end == nil)
      #expect(!sample.isValid, "half of it is of no server")
      #expect(sample.survival?.isWhole == false)
      #expect(sample.load?.errors.isEmpty == false)
    }

    @Test func `a server that hangs in the load brings no figures, and its children end with it`() throws {
      // One child stays in its group, and one has a session of its own; all ignore the signal that asks to end.
      let program =
        "import signal, subprocess, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + "children = [subprocess.Popen(['sleep', '60'], start_new_session=own) for own in (False, True)]\n"
        + "print(*[child.pid for child in children], flush=True)\ncount = [0]\n"
        + PythonServer.echo.replacing(
          "connection.sendall(data)",
          with: "count[0] += len(data); count[0] > 5000 and time.sleep(60); connection.sendall(data)"
        )
      var log = ""
      let sample = try trial(program) { trial in
        let path = trial.logPath
        // Not for one that answers, which it does until there is load.
        trial.patience.answer = .seconds(3)
        trial.isInterrupted = {
          log = ProcessUsage.text(path) ?? ""
          return false
        }
      }
      #expect(sample.survival?.crashed == nil)
      #expect(sample.survival?.answers == false)
      #expect(sample.serverFailure == "it did not answer a new client after the load")
      #expect(!sample.isValid)
      let children = log.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      #expect(children.count == 2)
      // They are killed; on a busy machine it takes a moment until they are gone.
      let deadline = ContinuousClock.now + .seconds(20)
      for child in children {
        while ProcessUsage.start(of: child) != nil, ContinuousClock.now < deadline {}
        #expect(ProcessUsage.start(of: child) == nil)
      }
    }

    @Test func `wrong bytes make a sample invalid, and the server lives on`() throws {
      let program = PythonServer.echo.replacing(
        "connection.sendall(data)",
        with: "connection.sendall(data if len(data) < 64 or data[:1] == b'.' else data[:-1] + b'?')"
      )
      let sample = try trial(program)
      #expect(sample.load?.valid == false)
      #expect(sample.load?.verdict.contains("corrupt") == true)
      #expect(!sample.isValid)
      #expect(sample.survival?.answers == true)
    }

    @Test func `a server that has to be killed has no end`() throws {
      let sample = try trial(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PythonServer.echo
      )
      #expect(sample.isValid)
      #expect(sample.survival?.end == nil)
      #expect(sample.survival?.isWhole == false)
    }

    @Test func `an interruption ends the server, and leaves no sample`() throws {
      var process: Int?
      // Not while it starts: only what answers prints.
      let noting = PythonServer.echo.replacing(
        "connection.sendall(data)",
        with: "connection.sendall(data); print(__import__('os').getpid(), flush=True)"
      )
      #expect(throws: Interrupted.self) {
        try trial(noting) { trial in
          let log = trial.logPath
          trial.isInterrupted = {
            process = ProcessUsage.text(log)?.split(separator: "\n").first.flatMap { Int($0) }
            return process != nil
          }
        }
      }
      let number = try #require(process)
      #expect(ProcessUsage(of: number) == nil)
    }

    @Test func `server and clients are kept apart, and this thread goes back`() throws {
      let all = ThreadAffinity.processors
      let processors = try Processors(.automatic)
      let program =
        "import os\nprint(sorted(os.sched_getaffinity(0)), flush=True)\n" + PythonServer.echo
      var allowed: String?
      let sample = try trial(program) { trial in
        let log = trial.logPath
        trial = Trial(
          settings: trial.settings,
          peer: trial.peer,
          folder: trial.folder,
          processors: processors,
          logPath: log,
          probe: trial.probe,
          isInterrupted: {
            allowed = ProcessUsage.text(log)
            return false
          }
        )
      }
      #expect(sample.isValid)
      #expect(ThreadAffinity.processors == all)
      if let server = processors.server { #expect(allowed == "[\(server)]\n") }
    }
  }
#endif
