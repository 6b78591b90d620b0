import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct MemoryPointMeasuringTests {
    private func measure(
      _ program: String,
      _ counts: [Int],
      isInterrupted: () -> Bool = { false }
    ) throws -> (points: [MemoryPoint], problem: String?) {
      var result: (points: [MemoryPoint], problem: String?) = ([], nil)
      try withPeers(["echo": program]) { peers, folder in
        let server = try Server(
          peers.peers[0],
          in: peers,
          on: nil,
          logPath: "\(folder)/log",
          patience: PythonServer.impatient
        )
        defer { server.end() }
        result = try MemoryPoint.measure(counts, of: server, isInterrupted: isInterrupted)
      }
      return result
    }

    @Test func `memory grows with connections`() throws {
      // Each connection has a megabyte of its own.
      let growing = PythonServer.echo.replacing(
        "try:\n",
        with: "own = bytearray(1 << 20)\n    try:\n",
        maxReplacements: 1
      )
      let (points, problem) = try measure(growing, [1, 20])
      #expect(problem == nil)
      #expect(points.map(\.connections) == [1, 20])
      #expect(points[1].bytes - points[0].bytes > 15 << 20)
      #expect((900_000...2 << 20).contains(Int(points[1].bytesPerConnection)))
    }

    @Test func `a server that falls behind is told, with what it had`() throws {
      let crashing = PythonServer.echo.replacing(
        "connection.sendall(data)",
        with: "connection.sendall(data); count.append(1); len(count) > 5 and __import__('os')._exit(9)"
      ).replacing("def serve", with: "count = []\ndef serve")
      let (points, problem) = try measure(crashing, [2, 40])
      #expect(points.map(\.connections) == [2])
      #expect(problem?.contains(" of 40 connections had an echo") == true)
    }

    @Test func `an interruption ends it`() throws {
      #expect(throws: Interrupted.self) { try measure(PythonServer.mute, [1]) { true } }
    }

    @Test func `more than this process may open are told`() throws {
      let (points, problem) = try measure(PythonServer.echo, [1, 100_000_000])
      #expect(points.map(\.connections) == [1])
      #expect(problem?.contains("100000000 connections need ") == true)
    }
  }
#endif
