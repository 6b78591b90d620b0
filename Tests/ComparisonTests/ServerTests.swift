import FoundationEssentials
import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  /// Servers of a few lines, in Python: it is there wherever these tests run.
  @Suite struct ServerTests {
    private static let echo = PythonServer.echo

    private func withPeer(
      _ program: String,
      start: [String] = PythonServer.start,
      _ body: (Peer, PeerFolder, String) throws -> Void
    ) throws {
      try withPeers(["echo": program], start: start) { peers, folder in
        try body(peers.peers[0], peers, "\(folder)/log")
      }
    }

    private static let impatient = PythonServer.impatient

    @Test func `a server is there when its port accepts, and ends when it is told to`() throws {
      try withPeer(Self.echo) { peer, folder, log in
        let server = try Server(peer, in: folder, on: nil, logPath: log)
        #expect(server.startMilliseconds > 0)
        #expect(
          Server.ports.contains(try #require(server.address.port)),
          "no outgoing connection can take it before"
        )
        #expect(try server.exit(within: .zero) == nil)
        #expect(try server.answers())
        #expect(try server.answers())
        let usage = try #require(server.usage)
        #expect(usage.residentBytes > 1 << 20)
        #expect(try #require(server.socketCount) >= 1)
        #expect(server.end() == .signal(.terminate))
        #expect(server.socketCount == nil)
      }
    }

    @Test func `a server is kept on a processor, and this thread is not`() throws {
      let all = ThreadAffinity.processors
      let last = try #require(all.last)
      try withPeer(Self.echo) { peer, folder, log in
        let server = try Server(peer, in: folder, on: last, logPath: log)
        let status = try String(
          contentsOf: URL(filePath: "/proc/\(server.processIdentifier)/status"),
          encoding: .utf8
        )
        #expect(status.contains("Cpus_allowed_list:\t\(last)\n"))
        #expect(ThreadAffinity.processors == all)
        server.end()
      }
    }

    @Test func `a server that ends before it accepts is told with what it printed`() throws {
      try withPeer("print('no luck'); exit(3)") { peer, folder, log in
        let error = #expect(throws: ServerFailure.self) {
          try Server(peer, in: folder, on: nil, logPath: log)
        }
        #expect(error?.description == "it ended before it accepted: exit 3; it printed: no luck")
      }
    }

    @Test func `a server that never accepts is ended, with its children`() throws {
      let program = """
        import subprocess, time
        print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
        time.sleep(60)
        """
      try withPeer(program) { peer, folder, log in
        var patience = Self.impatient
        // Python is there after a tenth of it.
        patience.start = .seconds(2)
        let error = #expect(throws: ServerFailure.self) {
          try Server(peer, in: folder, on: nil, logPath: log, patience: patience)
        }
        #expect(error?.reason.contains("did not accept within") == true)
        let child = try #require(Int(error?.log.split(separator: "\n").first ?? ""))
        // Nobody here waits for it: whoever adopted it does, or leaves it a zombie.
        let deadline = ContinuousClock.now + .seconds(30)
        func isRunning() -> Bool {
          guard let stat = try? String(contentsOf: URL(filePath: "/proc/\(child)/stat"), encoding: .utf8)
          else {
            return false
          }
          return !stat.contains(") Z ")
        }
        while isRunning(), ContinuousClock.now < deadline { pauseThread(for: .milliseconds(5)) }
        #expect(!isRunning())
      }
    }

    @Test func `an interruption ends the wait, and the server`() throws {
      try withPeer("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)") { peer, folder, log in
        let deadline = ContinuousClock.now + .seconds(30)
        var process: Int?
        #expect(throws: Interrupted.self) {
          try Server(peer, in: folder, on: nil, logPath: log) {
            process = ProcessUsage.text(log)?.split(separator: "\n").first.flatMap { Int($0) }
            return process != nil || ContinuousClock.now > deadline
          }
        }
        let number = try #require(process)
        #expect(ProcessUsage(of: number) == nil)
      }
    }

    @Test func `sockets that stay open are counted, after a second`() throws {
      let leaking = "kept = []\n" + Self.echo.replacing("connection.close()", with: "kept.append(connection)")
      try withPeer(leaking) { peer, folder, log in
        let server = try Server(peer, in: folder, on: nil, logPath: log)
        defer { server.end() }
        // What found out whether it accepts is kept, too: the answer comes after it.
        #expect(try server.answers())
        let before = try #require(server.socketCount)
        for _ in 0..<3 { #expect(try server.answers()) }
        #expect(try server.leftoverSockets(above: before) == 3)
        #expect(try server.leftoverSockets(above: before + 3) == 0)
        #expect(try server.leftoverSockets(above: before + 9) == 0)
      }
    }

    @Test func `a program that isn't there is told`() throws {
      try withPeer("", start: ["./no-such-program", "{port}"]) { peer, folder, log in
        let error = #expect(throws: ServerFailure.self) {
          try Server(peer, in: folder, on: nil, logPath: log)
        }
        #expect(error?.description.contains("ENOENT") == true)
      }
    }

    @Test func `a server that doesn't end is killed`() throws {
      try withPeer("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + Self.echo) {
        peer,
        folder,
        log in
        let server = try Server(peer, in: folder, on: nil, logPath: log, patience: Self.impatient)
        #expect(server.end() == nil)
        #expect(server.socketCount == nil)
      }
    }

    @Test func `a server that takes and doesn't answer is found out`() throws {
      let mute = Self.echo.replacing("connection.sendall(data)", with: "pass")
      try withPeer(mute) { peer, folder, log in
        let server = try Server(peer, in: folder, on: nil, logPath: log, patience: Self.impatient)
        #expect(try !server.answers())
        server.end()
      }
    }

    @Test func `a server that has crashed says how, and doesn't answer`() throws {
      let crashing = Self.echo.replacing("connection.sendall(data)", with: "__import__('os')._exit(9)")
      try withPeer(crashing) { peer, folder, log in
        let server = try Server(peer, in: folder, on: nil, logPath: log)
        #expect(try !server.answers())
        #expect(server.end() == .code(9))
      }
    }
  }
#endif
