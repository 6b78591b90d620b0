import ArgumentParser
import Glibc
import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import uvecho_tools

/// What the flags of `uvecho bench` mean.
@Suite struct BenchTests {
  private func workload(
    _ arguments: String...,
    at address: SocketAddress = "127.0.0.1:4000"
  ) throws -> Workload {
    try Bench.parse(arguments).workload(of: address)
  }

  // MARK: Defaults

  @Test func `without flags: 2000 persistent clients, 30 seconds after one, a closed loop of 64 bytes`()
    throws
  {
    let workload = try workload()
    #expect(workload.strategy == .persistent)
    #expect(workload.connections == 2000)
    #expect(workload.duration == .seconds(30))
    #expect(workload.warmup == .seconds(1))
    #expect(workload.rate == nil)
    #expect(workload.requests == nil)
    #expect(workload.ramp == nil)
    #expect(workload.size == 64...64)
    #expect(workload.seed == 1)
    #expect(workload.pipeline == 1)
    #expect(workload.threads == 1)
    #expect(workload.timeout == .seconds(5))
    #expect(workload.sources == nil)
    #expect(!workload.halfClose)
    #expect(workload.serverProcess == nil)
    try #expect(Bench.parse([]).target == nil)
  }

  @Test func `reconnecting clients are 3000`() throws {
    try #expect(workload("--strategy", "reconnect").connections == 3000)
    try #expect(workload("--strategy", "reconnect", "-c", "7").connections == 7)
  }

  @Test func `a number of requests has no duration and no warm-up, unless they are asked for`() throws {
    let counted = try workload("--requests", "10")
    #expect(counted.duration == nil)
    #expect(counted.warmup == .zero)
    let both = try workload("-n", "10", "-d", "3", "--warmup", "2")
    #expect(both.requests == 10)
    #expect(both.duration == .seconds(3))
    #expect(both.warmup == .seconds(2))
  }

  @Test(arguments: [["--find-rate", "p99<2ms"], ["--sweep", "10%..90%"]])
  func `each run of a search is of five seconds, unless it is asked for`(search: [String]) throws {
    let bench = try Bench.parse(search)
    try #expect(bench.workload(of: "127.0.0.1:4000").duration == .seconds(5))
    try #expect(bench.workload(of: "127.0.0.1:4000").warmup == .seconds(1))
    let short = try Bench.parse(search + ["--duration", "200ms"])
    try #expect(short.workload(of: "127.0.0.1:4000").duration == .milliseconds(200))
  }

  // MARK: Sources

  @Test func `many ports of this machine take many source addresses`() throws {
    let all = SourceAddresses("127.0.0.0/16")
    try #expect(workload("--strategy", "reconnect").sources == all)
    try #expect(workload("--strategy", "reconnect", at: "127.1.2.3:7").sources == all)
    try #expect(workload("-c", "20001").sources == all)
    try #expect(workload("-c", "20000").sources == nil)
  }

  @Test func `other machines and Unix sockets leave the source to the system`() throws {
    try #expect(workload("--strategy", "reconnect", at: "10.0.0.7:4000").sources == nil)
    try #expect(workload("--strategy", "reconnect", at: "[::1]:4000").sources == nil)
    let path = try #require(SocketAddress(unixPath: "/tmp/127.0.0.1"))
    try #expect(workload("--strategy", "reconnect", at: path).sources == nil)
  }

  @Test func `sources that are asked for are taken`() throws {
    let range = SourceAddresses("127.0.7.0/24")
    try #expect(workload("--sources", "127.0.7.0/24").sources == range)
    try #expect(workload("--sources", "127.0.7.0/24", "--strategy", "reconnect").sources == range)
  }

  @Test(arguments: ["[::1]:4000", "unix:/tmp/s"])
  func `sources that can't reach the server are refused`(text: String) throws {
    let target = try #require(SocketAddress(text))
    #expect {
      try workload("--sources", "127.0.0.0/16", at: target)
    } throws: {
      "\($0)" == "--sources are IPv4 addresses, from which nothing gets to \(text)"
    }
  }

  // MARK: Flags

  @Test func `each flag goes to its place`() throws {
    let workload = try workload(
      "--strategy",
      "persistent",
      "--connections",
      "5",
      "--rate",
      "1000.5",
      "--arrivals",
      "poisson",
      "--duration",
      "2m",
      "--requests",
      "77",
      "--warmup",
      "500ms",
      "--ramp",
      "50",
      "--size",
      "1-64k",
      "--seed",
      "18446744073709551615",
      "--pipeline",
      "16",
      "--timeout",
      "250ms",
      "--half-close",
      "--threads",
      "4",
      "--sources",
      "127.0.0.9",
      "--server-pid",
      "\(getpid())"
    )
    #expect(workload.connections == 5)
    #expect(workload.rate == 1000.5)
    #expect(workload.arrivals == .poisson)
    #expect(workload.duration == .seconds(120))
    #expect(workload.requests == 77)
    #expect(workload.warmup == .milliseconds(500))
    #expect(workload.ramp == 50)
    #expect(workload.size == 1...65536)
    #expect(workload.seed == .max)
    #expect(workload.pipeline == 16)
    #expect(workload.timeout == .milliseconds(250))
    #expect(workload.halfClose)
    #expect(workload.threads == 4)
    #expect(workload.sources?.count == 1)
    #expect(workload.serverProcess == Int(getpid()))
  }

  @Test func `short flags are the long ones`() throws {
    let bench = try Bench.parse(["-c", "3", "-d", "4", "-n", "5", "-s", "6", "-t", "2", "[::1]:7"])
    let workload = try bench.workload(of: "[::1]:7")
    #expect(workload.connections == 3)
    #expect(workload.duration == .seconds(4))
    #expect(workload.requests == 5)
    #expect(workload.size == 6...6)
    #expect(workload.threads == 2)
    #expect(bench.target?.description == "[::1]:7")
  }

  @Test func `a process that isn't there is named`() {
    #expect {
      // Above the largest number that the kernel gives.
      try workload("--server-pid", "99999999")
    } throws: {
      "\($0)" == "no process has the number 99999999 of --server-pid"
    }
  }

  @Test(
    arguments: [
      (["--connections", "0"], "--connections must be at least 1"),
      (["--rate", "0"], "--rate must be from 0.001 to 1e9 a second"),
      (["--rate", "nan"], "--rate must be from 0.001 to 1e9 a second"),
      (["--rate", "2e9"], "--rate must be from 0.001 to 1e9 a second"),
      (["--arrivals", "poisson"], "--arrivals needs --rate: a closed loop has no schedule"),
      (["--duration", "9ms"], "--duration must be at least 10ms"),
      (["--requests", "0"], "--requests must be at least 1"),
      (["--ramp", "0"], "--ramp must be from 0.001 to 1e9 a second"),
      (["--ramp", "inf"], "--ramp must be from 0.001 to 1e9 a second"),
      (["--pipeline", "0"], "--pipeline must be from 1 to 100000"),
      (["--pipeline", "100001"], "--pipeline must be from 1 to 100000"),
      (
        ["--pipeline", "2", "--strategy", "reconnect"],
        "--pipeline needs --strategy persistent: a reconnecting client sends one request on a connection"
      ),
      (["--timeout", "0"], "--timeout must be at least 1ms"),
      (["--timeout", "999us"], "--timeout must be at least 1ms"),
      (["--threads", "0"], "--threads must be from 1 to 256"),
      (["--threads", "257"], "--threads must be from 1 to 256"),
      (["--threads", "3", "-c", "2"], "--threads must not be more than the 2 connections"),
      (["--server-pid", "0"], "--server-pid must be the number of a process"),
      (
        ["--find-rate", "p99<2ms", "--sweep", "10%..20%"],
        "--find-rate and --sweep are different searches: ask for one"
      ),
      (
        ["--find-rate", "p99<2ms", "--rate", "5"],
        "--find-rate finds its rates itself: leave --rate out"
      ),
      (["--sweep", "10%..20%", "--rate", "5"], "--sweep finds its rates itself: leave --rate out"),
      (
        ["--sweep", "10%..20%", "--requests", "5"],
        "--sweep measures for --duration: leave --requests out"
      ),
      (
        ["--find-rate", "p99<2ms", "--csv", "x"],
        "--csv is of one run, and --find-rate makes many: use --json"
      ),
      (["--sweep", "10%..20%", "--hdr", "x"], "--hdr is of one run, and --sweep makes many: use --json"),
      (
        ["--sweep", "10%..20%", "--hdr-log", "x"],
        "--hdr-log is of one run, and --sweep makes many: use --json"
      ),
      (["--json", "-", "--csv", "-"], "only one file can be standard output"),
      (["--hdr", "-", "--hdr-log", "-"], "only one file can be standard output"),
      (["--strategy", "random"], "--strategy"),
      (["--arrivals", "bursts", "--rate", "5"], "--arrivals"),
      (["--size", "0"], "--size"),
      (["--size", "2-1"], "--size"),
      (["--seed", "abc"], "--seed"),
      (["--duration", "soon"], "--duration"),
      (["--warmup=-1"], "--warmup"),
      (["--sources", "::1/64"], "--sources"),
      (["--find-rate", "p98<2ms"], "--find-rate"),
      (["--sweep", "90%..10%"], "--sweep"),
      (["--connections"], "--connections"),
      (["--nonsense"], "--nonsense"),
      (["localhost"], "localhost"),
      (["127.0.0.1:0"], "127.0.0.1:0"),
      (["unix:"], "unix:"),
      (["127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:2"),
    ]
  )
  func `a bad flag is named, with the usage, and exit 64`(flags: [String], message: String) throws {
    let bench = try runUvecho(["bench"] + flags)
    #expect(bench.exit == .code(64))
    #expect(bench.output == "")
    #expect(bench.errors.contains(message))
    #expect(bench.errors.contains("Usage: uvecho bench"))
  }

  @Test(
    arguments: [
      ["--connections", "1"], ["--rate", "1e9"], ["--rate", "0.001"], ["--duration", "10ms"],
      ["--pipeline", "100000"], ["--timeout", "1ms"], ["--threads", "256"], ["--warmup", "0"],
      ["--find-rate", "max<1s", "--arrivals", "poisson"], ["--sweep", "10%..10%", "--json", "-"],
    ]
  )
  func `the least and the most are taken`(flags: [String]) throws {
    _ = try Bench.parse(flags)
  }

  @Test(arguments: [["bench", "--help"], ["help", "bench"]])
  func `the help mentions every option`(arguments: [String]) throws {
    let help = try runUvecho(arguments)
    #expect(help.exit == .code(0))
    #expect(help.errors == "")
    // The options are the wrapped properties: `_hdrLog` is `--hdr-log`.
    let options = Mirror(reflecting: try Bench.parse([])).children.compactMap(\.label)
    #expect(options.count == 23)
    for option in options where option != "_target" {
      let words = option.drop { $0 == "_" }.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }
      #expect(help.output.contains("--\(words.joined())"))
    }
    #expect(help.output.contains("<target>"))
  }
}
