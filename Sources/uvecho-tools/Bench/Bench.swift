import ArgumentParser
import Libuv
import LoadGenerator
import UvechoSupport

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Load an echo server, check every byte that comes back, and tell whether the figures can be trusted.",
    discussion: """
      Two kinds of client, as in 2015: persistent ones keep their connection and send and receive on it again and \
      again; reconnecting ones connect, send, receive, close, and begin again.

      Two kinds of loop. Closed (the default): a client sends its next request when it has the reply. That tells how \
      much a server can do; its latency hides stalls, since nobody asks while all wait. Open (--rate): requests come on \
      a schedule, and each is timed from when it was to begin. That tells how long users wait.

      The run ends with a verdict: VALID; CLIENT-LIMITED, where the client was what could do no more, and the rate \
      is a lower bound; or INVALID, with the reasons, and exit status 1.

      Examples:
        uvecho bench                                   2000 clients, 30 seconds
        uvecho bench --connections 100 --duration 5 localhost:7
        uvecho bench --strategy reconnect              a connection a request
        uvecho bench --rate 20000 --arrivals poisson   as many users send
        uvecho bench --find-rate 'p99<2ms'             a promise's highest rate
        uvecho bench --sweep 10%..90%                  latency against load
        uvecho bench --json result.json --hdr times.hgrm unix:/run/echo.sock
      """
  )

  @Argument(help: ArgumentHelp("The server: HOST:PORT, [IPv6]:PORT or unix:PATH. (default: 127.0.0.1:4000)"))
  var target: Target?

  // MARK: Clients

  @Option(help: "What clients do with their connections.")
  var strategy = Workload.Strategy.persistent

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How many clients. (default: 2000; 3000 with --strategy reconnect)",
      valueName: "count"
    )
  )
  var connections: Int?

  @Option(
    help: ArgumentHelp(
      "An open loop: so many requests a second of all clients together (connections a second, with reconnect).",
      valueName: "per-second"
    )
  )
  var rate: Double?

  @Option(help: "How the requests of a rate are spread in time. (default: constant)")
  var arrivals: Workload.Arrivals?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How long to measure: 30, 500ms, 2m. (default: 30; 5 for each run with --find-rate and --sweep)",
      valueName: "seconds"
    )
  )
  var duration: Time?

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp(
      "Stop after so many requests. Without --duration nothing else ends the run.",
      valueName: "count"
    )
  )
  var requests: Int?

  @Option(
    help: ArgumentHelp("Load before the measured time. (default: 1; 0 with --requests)", valueName: "seconds")
  )
  var warmup: Time?

  @Option(
    help: ArgumentHelp(
      "Open so many connections a second before the load begins (with reconnect: begin with so many clients a second).",
      valueName: "per-second"
    )
  )
  var ramp: Double?

  // MARK: Requests

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Bytes of a request, or a range to draw from: 64, 64k, 1-65536.", valueName: "bytes")
  )
  var size = Sizes(64)

  @Option(help: "What sizes and arrivals are drawn from: the same seed draws the same.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("Requests that a persistent client may have under way at once.", valueName: "count")
  )
  var pipeline = 1

  @Option(help: ArgumentHelp("How long a reply, or a connection, may take.", valueName: "seconds"))
  var timeout = Time.seconds(5)

  @Flag(
    help: """
      End each connection's sending side after its last request, and wait for the server's end: this also finds \
      surplus bytes after the last reply.
      """
  )
  var halfClose = false

  // MARK: This machine

  @Option(name: .shortAndLong, help: ArgumentHelp("Loops to spread the clients over.", valueName: "count"))
  var threads = 1

  @Option(
    help: ArgumentHelp(
      """
      Addresses to connect from, in turn, so that ports don't run out: one has 28,000 of them. (default: \
      127.0.0.0/16 for a server on 127.x.x.x with reconnect or more than 20,000 connections)
      """,
      valueName: "range"
    )
  )
  var sources: SourceAddresses?

  @Option(
    help: ArgumentHelp(
      "The server's process, to tell the processor time and memory of it and of those that it has started.",
      valueName: "pid"
    )
  )
  var serverPid: Int?

  // MARK: Searches

  @Option(
    help: ArgumentHelp(
      "Find the highest rate that keeps a promise on the latency: 'p99<2ms', 'p99.9<500us', 'mean<1ms', 'max<10ms'.",
      valueName: "promise"
    )
  )
  var findRate: Promise?

  @Option(
    help: ArgumentHelp(
      "Measure the capacity, then the latency at shares of it up to the knee: 10%..90%, or 20%..80%/5% for steps of 5.",
      valueName: "shares"
    )
  )
  var sweep: Sweep?

  // MARK: Output

  @Option(
    help: ArgumentHelp(
      "Write everything as JSON (docs/bench-json.md); - for standard output, and the text goes to standard error.",
      valueName: "file"
    )
  )
  var json: String?

  @Option(help: ArgumentHelp("Write the seconds of the run as comma-separated values.", valueName: "file"))
  var csv: String?

  @Option(
    help: ArgumentHelp(
      "Write the latency's percentile distribution, for HdrHistogram's plotter.",
      valueName: "file"
    )
  )
  var hdr: String?

  @Option(
    help: ArgumentHelp(
      "Write the latency second by second, as an HdrHistogram interval log.",
      valueName: "file"
    )
  )
  var hdrLog: String?

  // MARK: Checking

  func validate() throws {
    try require(connections ?? 1 > 0, "--connections must be at least 1")
    try require(rate.map { $0 >= 0.001 && $0 <= 1e9 } ?? true, "--rate must be from 0.001 to 1e9 a second")
    try require(
      arrivals == nil || rate != nil || isSearch,
      "--arrivals needs --rate: a closed loop has no schedule"
    )
    try require(duration.map { $0.duration >= .milliseconds(10) } ?? true, "--duration must be at least 10ms")
    try require(requests ?? 1 > 0, "--requests must be at least 1")
    try require(ramp.map { $0 >= 0.001 && $0 <= 1e9 } ?? true, "--ramp must be from 0.001 to 1e9 a second")
    try require(pipeline > 0 && pipeline <= 100_000, "--pipeline must be from 1 to 100000")
    try require(
      pipeline == 1 || strategy == .persistent,
      "--pipeline needs --strategy persistent: a reconnecting client sends one request on a connection"
    )
    try require(timeout.duration >= .milliseconds(1), "--timeout must be at least 1ms")
    try require((1...256).contains(threads), "--threads must be from 1 to 256")
    try require(threads <= clientCount, "--threads must not be more than the \(clientCount) connections")
    try require(serverPid ?? 1 > 0, "--server-pid must be the number of a process")
    try require(
      findRate == nil || sweep == nil,
      "--find-rate and --sweep are different searches: ask for one"
    )
    if isSearch {
      let search = findRate != nil ? "--find-rate" : "--sweep"
      try require(rate == nil, "\(search) finds its rates itself: leave --rate out")
      try require(requests == nil, "\(search) measures for --duration: leave --requests out")
      for (name, file) in [("--csv", csv), ("--hdr", hdr), ("--hdr-log", hdrLog)] {
        try require(file == nil, "\(name) is of one run, and \(search) makes many: use --json")
      }
    }
    let files = [json, csv, hdr, hdrLog].compactMap { $0 }
    try require(files.count { $0 == "-" } <= 1, "only one file can be standard output")
    try require(Set(files).count == files.count, "each kind of file needs a name of its own")
  }

  private func require(_ condition: Bool, _ message: String) throws {
    guard condition else { throw ValidationError(message) }
  }

  private var isSearch: Bool { findRate != nil || sweep != nil }
  private var clientCount: Int { connections ?? (strategy == .reconnect ? 3000 : 2000) }

  /// Whether standard output is a file's, and the text has to go elsewhere.
  private var outputIsTaken: Bool { [json, csv, hdr, hdrLog].contains("-") }

  // MARK: Running

  func run() throws {
    do {
      // A long run must not end with figures that can't be kept.
      for file in [json, csv, hdr, hdrLog] { try file.map(Output.check) }
      let workload = try workload(of: (target ?? Target("127.0.0.1:4000")!).resolve())
      let isGood =
        if let findRate {
          try runSearch(findRate, workload)
        } else if let sweep {
          try runSweep(sweep, workload)
        } else {
          try runOnce(workload)
        }
      if !isGood { throw ExitCode.failure }
    } catch let error as ExitCode {
      throw error
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
  }

  /// What the flags ask for, of the server at an address.
  func workload(of address: SocketAddress) throws -> Workload {
    if let serverPid, ProcessUsage(of: serverPid) == nil { throw NoSuchProcess(number: serverPid) }
    var workload = Workload(target: address)
    workload.strategy = strategy
    workload.connections = clientCount
    workload.rate = rate
    workload.arrivals = arrivals ?? .constant
    workload.duration = duration?.duration ?? (requests != nil ? nil : .seconds(isSearch ? 5 : 30))
    workload.requests = requests
    workload.warmup = warmup?.duration ?? (requests != nil ? .zero : .seconds(1))
    workload.ramp = ramp
    workload.size = size.range
    workload.seed = seed
    workload.pipeline = pipeline
    workload.threads = threads
    workload.timeout = timeout.duration
    workload.halfClose = halfClose
    workload.serverProcess = serverPid
    if sources != nil, address.family != .ipv4 { throw UnusableSources(target: address) }
    workload.sources = sources ?? workload.usualSources
    return workload
  }

  private func printText(_ text: String) {
    if outputIsTaken { Output.errorLine(text) } else { Output.line(text) }
  }

  private func runOnce(_ workload: Workload) throws -> Bool {
    var log: HistogramLog?
    let outcome = try Self.measure(workload, label: nil) { interval in
      guard hdrLog != nil else { return }
      let start = Double(interval.start) / 1e9
      let length = Double(interval.length) / 1e9
      // The measured time began so long ago.
      if log == nil { log = HistogramLog(startTime: WallClock.now - start - length) }
      log?.append(interval.times, start: start, length: length)
    }
    printText(BenchText(outcome).description)
    let report = Report(outcome)
    if let json { try Output.write(JSON.text(report), toFile: json) }
    if let csv { try Output.write(report.csv, toFile: csv) }
    if let hdr { try Output.write(BenchText.percentiles(outcome), toFile: hdr) }
    if let hdrLog { try Output.write((log ?? HistogramLog(startTime: WallClock.now)).text, toFile: hdrLog) }
    return outcome.verdict.isValid
  }

  /// Makes one run, with a live line on a terminal.
  static func measure(
    _ workload: Workload,
    label: String?,
    onInterval: @escaping (Interval) -> Void = { _ in }
  ) throws -> Outcome {
    var generator = LoadGenerator(workload)
    let line = LiveLine(workload, label: label)
    generator.handlesSignals = true
    generator.onProgress = { progress in
      line.show(progress)
      if case .interval(let interval) = progress { onInterval(interval) }
    }
    defer { line.clear() }
    return try generator.run()
  }

  private func runSearch(_ promise: Promise, _ workload: Workload) throws -> Bool {
    let finding = try RateFinder(promise, workload).run { try Self.measure($0, label: $1) }
    printText(SearchText.text(finding))
    if let json { try Output.write(JSON.text(RateFindingReport(finding)), toFile: json) }
    return finding.rate != nil
  }

  private func runSweep(_ sweep: Sweep, _ workload: Workload) throws -> Bool {
    let result = try SweepRunner(sweep, workload).run { try Self.measure($0, label: $1) }
    printText(SearchText.text(result))
    if let json { try Output.write(JSON.text(SweepReport(result)), toFile: json) }
    // A knee is a finding, not a failure.
    return result.capacity.verdict.isValid && result.steps.first?.outcome.verdict.isValid == true
  }
}

/// There is no process with the number of `--server-pid`.
struct NoSuchProcess: Error, CustomStringConvertible {
  let number: Int

  var description: String { "no process has the number \(number) of --server-pid" }
}

/// The addresses of `--sources` can't reach the server.
struct UnusableSources: Error, CustomStringConvertible {
  let target: SocketAddress

  var description: String { "--sources are IPv4 addresses, from which nothing gets to \(target)" }
}
