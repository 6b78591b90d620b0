import Glibc
import LoadGenerator
import TestSupport
import Testing

@testable import uvecho_tools

/// What `uvecho bench` does to a server, to the request.
@Suite struct BenchRunTests {
  // MARK: Clients

  @Test(arguments: Workload.Strategy.allCases, [1, 2])
  func `so many requests are made and answered`(strategy: Workload.Strategy, threads: Int) throws {
    try withServe { server in
      let run = try BenchRun(
        "--strategy",
        strategy.rawValue,
        "--threads",
        "\(threads)",
        "-c",
        "10",
        "-n",
        "501",
        server.addresses[0]
      )
      run.expectExactly(501)
      #expect(run.json.string("kind") == "run")
      #expect(run.json.string("workload.strategy") == strategy.rawValue)
      #expect(run.json.int("workload.threads") == threads)
      #expect(run.json.string("workload.loop") == "closed")
      #expect(run.json.int("connectionsMade") == (strategy == .persistent ? 10 : 501))
      #expect(run.json.int("latency.connect.count") == run.json.int("connectionsMade"))
      #expect(run.json.bool("interrupted") == false)
      #expect(run.json["scheduled"] == nil)
      #expect(run.json.string("workload.sources") == (strategy == .reconnect ? "127.0.0.0/16" : nil))
      let figures = try server.end()
      #expect(figures.connections == run.json.int("connectionsMade"))
      #expect(figures.bytesIn == 501 * 64)
      #expect(figures.bytesOut == 501 * 64)
    }
  }

  @Test(arguments: Workload.Strategy.allCases)
  func `with half-close each connection ends in good order`(strategy: Workload.Strategy) throws {
    try withServe { server in
      let run = try BenchRun(
        "--half-close",
        "--strategy",
        strategy.rawValue,
        "-c",
        "5",
        "-n",
        "100",
        server.addresses[0]
      )
      run.expectCounts(100)
      run.expectValid()
      #expect(run.json.bool("workload.halfClose") == true)
      let figures = try server.end()
      #expect(figures.bytesOut == 6400)
      #expect(figures.resets == 0)
    }
  }

  @Test(arguments: Workload.Strategy.allCases)
  func `a ramp takes its time`(strategy: Workload.Strategy) throws {
    try withServe { server in
      let began = ContinuousClock.now
      let run = try BenchRun(
        "--ramp",
        "100",
        "--strategy",
        strategy.rawValue,
        "-c",
        "20",
        "-n",
        "100",
        server.addresses[0]
      )
      run.expectExactly(100)
      #expect(run.json.number("workload.rampPerSecond") == 100)
      if strategy == .persistent { #expect(ContinuousClock.now - began >= .milliseconds(180)) }
    }
  }

  @Test func `connections come from the addresses that were asked for`() throws {
    try withServe { server in
      let run = try BenchRun("--sources", "127.9.0.0/24", "-c", "4", "-n", "40", server.addresses[0])
      run.expectExactly(40)
      #expect(run.json.string("workload.sources") == "127.9.0.0/24")
      #expect(run.text.contains(", from 127.9.0.0/24, "))
    }
  }

  // MARK: Requests

  @Test(arguments: [1, 64, 65_536, 300_000])
  func `a request is of so many bytes`(size: Int) throws {
    try withServe { server in
      try BenchRun("--size", "\(size)", "-c", "3", "-n", "20", server.addresses[0])
        .expectExactly(20, size: size)
    }
  }

  @Test(arguments: Workload.Strategy.allCases)
  func `sizes are drawn from a range, the same from the same seed`(strategy: Workload.Strategy) throws {
    try withServe { server in
      let bytes = try ["7", "7", "8"].map { seed in
        let run = try BenchRun(
          "--size",
          "1-1000",
          "--seed",
          seed,
          "--strategy",
          strategy.rawValue,
          "-c",
          "1",
          "-n",
          "100",
          server.addresses[0]
        )
        run.expectExactly(100, size: nil)
        #expect(run.json.int("workload.smallestSize") == 1)
        #expect(run.json.int("workload.largestSize") == 1000)
        return try #require(run.json.int("bytesSent"))
      }
      #expect((30_000...70_000).contains(bytes[0]))
      #expect(bytes[0] == bytes[1])
      #expect(bytes[0] != bytes[2])
    }
  }

  @Test func `a pipeline has many requests under way`() throws {
    try withServe { server in
      let run = try BenchRun(
        "--pipeline",
        "16",
        "--size",
        "1-5000",
        "-c",
        "4",
        "-n",
        "1000",
        server.addresses[0]
      )
      run.expectExactly(1000, size: nil)
      #expect(run.json.int("workload.pipeline") == 16)
      #expect(run.text.contains("pipeline of 16"))
    }
  }

  // MARK: A rate

  @Test(arguments: Workload.Arrivals.allCases, Workload.Strategy.allCases)
  func `a rate is not exceeded, and each request is timed twice`(
    arrivals: Workload.Arrivals,
    strategy: Workload.Strategy
  ) throws {
    try withServe { server in
      let run = try BenchRun(
        "--rate",
        "500",
        "--arrivals",
        arrivals.rawValue,
        "--strategy",
        strategy.rawValue,
        "-c",
        "5",
        "-d",
        "300ms",
        "--warmup",
        "100ms",
        server.addresses[0]
      )
      // A slow machine doesn't send all of it.
      #expect(run.exit == .code(run.json.bool("valid") == true ? 0 : 1))
      #expect(run.json.string("workload.loop") == "open")
      #expect(run.json.string("workload.arrivals") == arrivals.rawValue)
      #expect(run.json.number("workload.rate") == 500)
      let requests = try #require(run.json.int("requests"))
      let scheduled = try #require(run.json.int("scheduled"))
      #expect(requests <= scheduled)
      if arrivals == .constant { #expect((149...151).contains(scheduled)) }
      #expect(run.json.int("responses") == requests)
      for kind in ["raw", "corrected", "sendLag"] {
        #expect(run.json.int("latency.\(kind).count") == requests)
      }
      #expect(run.json["littlesLaw"] == nil)
      run.expectLedger()
    }
  }

  @Test func `a number of requests at a rate is on its schedule`() throws {
    try withServe { server in
      let run = try BenchRun("--rate", "1000", "-c", "1", "-n", "200", server.addresses[0])
      run.expectExactly(200)
      // The last one begins 199 intervals after the first.
      #expect(try #require(run.json.number("seconds")) >= 0.199)
    }
  }

  // MARK: Targets

  @Test func `a name is found`() throws {
    try withServe { server in
      try BenchRun("-c", "2", "-n", "20", "localhost:\(server.port)").expectExactly(20)
    }
  }

  @Test(arguments: Workload.Strategy.allCases)
  func `a Unix socket is a server too`(strategy: Workload.Strategy) throws {
    let folder = try TemporaryFolder()
    try withServe("--unix", folder.file("s")) { server in
      let run = try BenchRun(
        "--strategy",
        strategy.rawValue,
        "-c",
        "5",
        "-n",
        "100",
        "unix:\(folder.file("s"))"
      )
      run.expectExactly(100)
      #expect(run.json.string("workload.target") == "unix:\(folder.file("s"))")
      #expect(run.json["workload.sources"] == nil)
    }
  }

  @Test(.enabled(if: hasIPv6, "this machine has no IPv6"), arguments: Workload.Strategy.allCases)
  func `IPv6 does as well`(strategy: Workload.Strategy) throws {
    try withServe("--host", "::1") { server in
      try BenchRun("--strategy", strategy.rawValue, "-c", "5", "-n", "100", server.addresses[0])
        .expectExactly(100)
    }
  }

  @Test func `the server's process is looked at`() throws {
    try withServe { server in
      let run = try BenchRun(
        "--server-pid",
        "\(server.child.pid)",
        "-c",
        "5",
        "-d",
        "100ms",
        "--warmup",
        "0",
        server.addresses[0]
      )
      #expect(run.exit == .code(0))
      #expect(run.json.int("server.pid") == Int(server.child.pid))
      #expect(try #require(run.json.int("server.memoryBytes")) > 0)
      #expect(try #require(run.json.number("server.cpuSeconds")) >= 0)
      #expect(run.text.contains("\nserver \(server.child.pid)"))
    }
  }

  // MARK: Files

  @Test func `all files are of the same run`() throws {
    let folder = try TemporaryFolder()
    try withServe { server in
      let bench = try runUvecho(
        "bench",
        "-c",
        "3",
        "-d",
        "1100ms",
        "--warmup",
        "0",
        "--json",
        folder.file("json"),
        "--csv",
        folder.file("csv"),
        "--hdr",
        folder.file("hdr"),
        "--hdr-log",
        folder.file("log"),
        server.addresses[0]
      )
      #expect(bench.exit == .code(0))
      #expect(bench.errors == "")
      #expect(bench.output.contains("\nSpeed: "))
      let json = try JSONValue(textOfFile(folder.file("json")))
      let responses = try #require(json.int("responses"))
      #expect(responses > 0)
      let intervals = json.array("intervals")
      #expect(intervals.count == 2)

      let csv = try textOfFile(folder.file("csv")).lines
      #expect(
        csv.first == "start,seconds,requests,responses,responsesPerSecond,errors,connections,p50,p99,max"
      )
      #expect(csv.count == 1 + intervals.count)
      for (line, interval) in zip(csv.dropFirst(), intervals) {
        let names = csv[0].split(separator: ",").map { String($0) }
        let values = line.split(separator: ",").map { Double($0) }
        #expect(values == names.map { interval.number($0) })
      }

      let hdr = try textOfFile(folder.file("hdr")).lines
      let last = hdr.last { !$0.hasPrefix("#") }?.split(separator: " ") ?? []
      try #require(last.count == 3)
      #expect(Double(last[1]) == 1)
      #expect(Int(last[2]) == responses)

      let log = try textOfFile(folder.file("log")).lines
      #expect(log.prefix { $0.hasPrefix("#") }.count == 3)
      #expect(log.count == 4 + intervals.count)
      #expect(log[0] == "#[Histogram log format version 1.3]")
      for line in log.dropFirst(4) {
        let fields = line.split(separator: ",")
        try #require(fields.count == 4)
        #expect(fields[3].hasPrefix("HISTF"))
      }
    }
  }

  @Test func `the log's start time is when the measured time began`() throws {
    let folder = try TemporaryFolder()
    try withServe { server in
      let before = WallClock.now
      let bench = try runUvecho(
        "bench",
        "-c",
        "1",
        "-n",
        "10",
        "--hdr-log",
        folder.file("log"),
        server.addresses[0]
      )
      let after = WallClock.now
      #expect(bench.exit == .code(0))
      let line = try #require(textOfFile(folder.file("log")).lines.first { $0.hasPrefix("#[StartTime: ") })
      let start = try #require(Double(line.dropFirst(13).prefix { $0 != " " }))
      // It is written to the millisecond.
      #expect((before - 0.001...after + 0.001).contains(start))
    }
  }

  @Test(arguments: ["--json", "--csv", "--hdr", "--hdr-log"])
  func `a file may be standard output, and the text goes to standard error`(flag: String) throws {
    try withServe { server in
      let bench = try runUvecho("bench", "-c", "1", "-n", "10", flag, "-", server.addresses[0])
      #expect(bench.exit == .code(0))
      #expect(bench.errors.contains("\nResponses: 10\n"))
      #expect(!bench.output.contains("Speed:"))
      switch flag {
      case "--json": try #expect(JSONValue(bench.output).int("responses") == 10)
      case "--csv": #expect(bench.output.hasPrefix("start,"))
      case "--hdr": #expect(bench.output.contains("TotalCount"))
      default: #expect(bench.output.hasPrefix("#[Histogram log"))
      }
    }
  }

  @Test func `without files the text is on standard output`() throws {
    try withServe { server in
      let bench = try runUvecho("bench", "-c", "1", "-n", "10", server.addresses[0])
      #expect(bench.exit == .code(0))
      #expect(bench.errors == "")
      #expect(bench.output.contains("\nRequests: 10\nResponses: 10\n"))
    }
  }

  // MARK: Searches

  /// Whether the machine was so busy that no reply came in a search's first run, which is then exit 1.
  private func isTooSlow(_ run: BenchRun) -> Bool {
    guard run.json.number("capacity.throughput.responsesPerSecond") == 0 else { return false }
    #expect(run.exit == .code(1))
    #expect(run.text.contains("\nthe capacity could not be measured: "))
    return true
  }

  @Test func `the highest rate that keeps a promise`() throws {
    try withServe { server in
      let run = try BenchRun(
        "--find-rate",
        "mean<1s",
        "-c",
        "2",
        "-d",
        "50ms",
        "--warmup",
        "10ms",
        server.addresses[0]
      )
      #expect(run.json.string("kind") == "find-rate")
      #expect(run.json.string("promise") == "mean<1s")
      #expect(run.json.bool("interrupted") == false)
      #expect(run.json.string("capacity.workload.loop") == "closed")
      let trials = run.json.array("trials")
      guard !isTooSlow(run) else { return }
      #expect(!trials.isEmpty)
      for trial in trials {
        #expect(trial.string("report.workload.loop") == "open")
        #expect(trial.number("report.workload.rate") == trial.number("rate"))
      }
      // A slow machine may not send any rate: then none is found, and the exit status tells it.
      if let rate = run.json.number("rate") {
        #expect(run.exit == .code(0))
        let confirmations = trials.suffix(3).filter {
          $0.bool("confirmation") == true && $0.bool("kept") == true && $0.number("rate") == rate
        }
        #expect(confirmations.count == 2)
        #expect(run.text.contains("The highest rate that keeps mean<1s: "))
      } else {
        #expect(run.exit == .code(1))
        #expect(run.text.contains("no rate keeps mean<1s"))
      }
    }
  }

  @Test func `a promise that nobody can keep is exit 1`() throws {
    try withServe { server in
      let run = try BenchRun(
        "--find-rate",
        "p50<1ns",
        "-c",
        "2",
        "-d",
        "20ms",
        "--warmup",
        "0",
        server.addresses[0]
      )
      #expect(run.exit == .code(1))
      #expect(run.json["rate"] == nil)
      #expect(run.json.array("trials").allSatisfy { $0.bool("kept") == false })
      #expect(run.text.contains("no rate keeps p50<") || isTooSlow(run))
    }
  }

  @Test func `latency against load`() throws {
    try withServe { server in
      let run = try BenchRun(
        "--sweep",
        "20%..40%/20%",
        "-c",
        "2",
        "-d",
        "200ms",
        "--warmup",
        "100ms",
        server.addresses[0]
      )
      #expect(run.json.string("kind") == "sweep")
      #expect(run.json.bool("interrupted") == false)
      guard !isTooSlow(run) else { return }
      let capacity = try #require(run.json.number("capacity.throughput.responsesPerSecond"))
      let steps = run.json.array("steps")
      // With a knee at the first share there is no second one.
      let knee = run.json.number("knee")
      #expect(steps.compactMap { $0.number("share") } == (knee == 0.2 ? [0.2] : [0.2, 0.4]))
      for step in steps {
        #expect(step.number("rate") == step.number("share").map { $0 * capacity })
        #expect(step.number("report.workload.rate") == step.number("rate"))
      }
      #expect(run.exit == .code(steps.first?.bool("report.valid") == true ? 0 : 1))
      #expect(run.text.contains(knee == nil ? "No knee up to the highest share" : "The knee is at "))
    }
  }
}
