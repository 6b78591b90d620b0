import FoundationEssentials
import Libuv
import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct CountedRunTests {
    /// Runs a command as it is.
    private static var none: Instrument { Instrument { $0 } }

    private func withRun(_ rung: Rung, _ body: (CountedRun, String) throws -> Void) throws {
      try withLadderFolder([rung]) { ladder, folder in
        var run = CountedRun(
          rung: rung,
          ladder: ladder,
          processors: try Processors(.none),
          logPath: "\(folder)/log"
        )
        run.patience = .seconds(30)
        try body(run, folder)
      }
    }

    private func reason(
      _ rung: Rung,
      _ work: Work,
      patience: Duration = .seconds(30),
      under instrument: Instrument = Instrument { $0 }
    ) throws -> String? {
      var reason: String?
      try withRun(rung) { run, _ in
        var run = run
        run.patience = patience
        reason = #expect(throws: CountFailure.self) { try run.run(work, count: 3, under: instrument) }?.reason
      }
      return reason
    }

    @Test func `a server does the work, and ends`() throws {
      try withRun(MadeUpLadder.rung("a")) { run, _ in
        try run.run(.echo, count: 20, under: Self.none)
        try run.run(.connection, count: 5, under: Self.none)
      }
    }

    @Test func `a command is told how much, and ends`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["sh", "-c", "echo $0 > work/count", "{count}"])
      try withRun(rung) { run, folder in
        try run.run(.timer, count: 42, under: Self.none)
        #expect(try String(contentsOf: URL(filePath: "\(folder)/count"), encoding: .utf8) == "42\n")
      }
    }

    @Test func `all goes through the instrument`() throws {
      let marking = Instrument { ["sh", "-c", "echo \"$@\" >> work/words; exec \"$@\"", "sh"] + $0 }
      let rung = MadeUpLadder.rung("a", wakeups: MadeUpLadder.counting)
      try withRun(rung) { run, folder in
        try run.run(.wakeup, count: 3, under: marking)
        try run.run(.echo, count: 3, under: marking)
        let words = try String(contentsOf: URL(filePath: "\(folder)/words"), encoding: .utf8)
        #expect(words.hasPrefix("sh -c "))
        #expect(words.contains("python3 -c "))
      }
    }

    @Test func `an instrument that keeps signals passes them on through the group`() throws {
      let keeping = Instrument(
        command: { ["sh", "-c", "trap : TERM; \"$@\" & wait; wait", "sh"] + $0 },
        keepsSignals: true
      )
      try withRun(MadeUpLadder.rung("a")) { run, _ in try run.run(.echo, count: 3, under: keeping) }
    }

    @Test func `hashes are the same each time`() throws {
      let rung = MadeUpLadder.rung(
        "a",
        timers: ["sh", "-c", "[ $SWIFT_DETERMINISTIC_HASHING = 1 ] # $0", "{count}"]
      )
      try withRun(rung) { run, _ in try run.run(.timer, count: 1, under: Self.none) }
    }

    // MARK: Failures

    @Test func `a command that fails is told with what it printed`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["sh", "-c", "echo no luck; exit 3 # $0", "{count}"])
      #expect(try reason(rung, .timer) == "it ended badly: exit 3; it printed: no luck")
    }

    @Test func `a command that hangs is killed, with what it has started`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["sh", "-c", "sleep 60 & wait # $0", "{count}"])
      #expect(
        try reason(rung, .timer, patience: .milliseconds(200))?.hasPrefix("it was not done within ") == true
      )
    }

    @Test func `a command that isn't there is told`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["./no-such-program", "{count}"])
      #expect(try reason(rung, .timer)?.hasPrefix("it can't be started: ") == true)
    }

    @Test func `a rung without a program for it is told`() throws {
      #expect(try reason(MadeUpLadder.rung("a"), .wakeup) == "it has no program for that")
    }

    @Test func `a server that doesn't start is told`() throws {
      let rung = MadeUpLadder.rung("a", echo: MadeUpLadder.echo("print('no luck'); exit(3)"))
      #expect(try reason(rung, .echo) == "it ended before it accepted: exit 3; it printed: no luck")
    }

    @Test func `a server that answers wrongly is told`() throws {
      let wrong = MadeUpLadder.server.replacing("sendall(data)", with: "sendall(data[::-1])")
      let rung = MadeUpLadder.rung("a", echo: MadeUpLadder.echo(wrong))
      #expect(try reason(rung, .echo) == "message 1 came back with other bytes")
    }

    @Test func `a server that ends at a message is told`() throws {
      let crashing = MadeUpLadder.server.replacing(
        "connection.sendall(data)",
        with: "__import__('os')._exit(9)"
      )
      let rung = MadeUpLadder.rung("a", echo: MadeUpLadder.echo(crashing))
      let reason = try reason(rung, .echo)
      // Its connection may be told to have ended before its process is.
      #expect(reason == "it ended: exit 9" || reason?.contains("message 1") == true, "\(reason ?? "")")
    }

    @Test func `a server that ends badly is told`() throws {
      let bad =
        "import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(5))\n" + MadeUpLadder.server
      let rung = MadeUpLadder.rung("a", echo: MadeUpLadder.echo(bad))
      #expect(try reason(rung, .echo) == "it ended badly when it was told to: exit 5")
    }

    @Test func `an interruption ends a command`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["sh", "-c", "sleep 60 # $0", "{count}"])
      try withRun(rung) { run, _ in
        var run = run
        run.isInterrupted = { true }
        #expect(throws: Interrupted.self) { try run.run(.timer, count: 1, under: Self.none) }
      }
    }
  }
#endif
