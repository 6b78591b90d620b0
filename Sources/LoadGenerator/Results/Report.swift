internal import Libuv

/// The outcome of a run as data for other programs. `docs/bench-json.md` describes each field.
///
/// Times are in microseconds where the name doesn't say otherwise.
public struct Report: Encodable, Sendable {
  /// The version of this schema: it changes when a field changes its meaning or goes, not when one is added.
  public static let schemaVersion = 1

  struct Asked: Encodable {
    let target: String
    let strategy: String
    let loop: String
    let connections: Int
    let rate: Double?
    let arrivals: String?
    let durationSeconds: Double?
    let requests: Int?
    let warmupSeconds: Double
    let rampPerSecond: Double?
    let smallestSize: Int
    let largestSize: Int
    let seed: UInt64
    let pipeline: Int
    let threads: Int
    let timeoutSeconds: Double
    let sources: String?
    let halfClose: Bool
  }

  struct Throughput: Encodable {
    let requestsPerSecond: Double
    let responsesPerSecond: Double
    let isLowerBound: Bool
  }

  struct Times: Encodable {
    let count: Int
    let mean: Double
    let stddev: Double
    let min: Double
    let p50: Double
    let p75: Double
    let p90: Double
    let p99: Double
    let p999: Double
    let p9999: Double
    let max: Double

    init(_ latency: Latency) {
      count = latency.count
      mean = latency.mean / 1e3
      stddev = latency.standardDeviation / 1e3
      min = latency.min / 1e3
      p50 = latency[50] / 1e3
      p75 = latency[75] / 1e3
      p90 = latency[90] / 1e3
      p99 = latency[99] / 1e3
      p999 = latency[99.9] / 1e3
      p9999 = latency[99.99] / 1e3
      max = latency.max / 1e3
    }
  }

  struct Latencies: Encodable {
    let corrected: Times
    let raw: Times
    let firstByte: Times
    let connect: Times
    let sendLag: Times?
  }

  struct Bytes: Encodable {
    let sent: Int
    let received: Int
    let echoed: Int
    let wrong: Int
    let lost: [String: Int]
    let addsUp: Bool
  }

  struct Second: Encodable {
    let start: Double
    let seconds: Double
    let requests: Int
    let responses: Int
    let responsesPerSecond: Double
    let errors: Int
    let connections: Int
    let p50: Double
    let p99: Double
    let max: Double
  }

  struct Client: Encodable {
    let cpuSeconds: Double
    let cpuShare: Double
    let cpuWaitShare: Double
    let cpuMicrosecondsPerResponse: Double?
    let peakMemoryBytes: Int?
  }

  struct Server: Encodable {
    let pid: Int
    let cpuSeconds: Double
    let cpuUserSeconds: Double
    let cpuSystemSeconds: Double
    let cpuMicrosecondsPerResponse: Double?
    let memoryBytes: Int
    let peakMemoryBytes: Int
  }

  let schema = Report.schemaVersion
  let kind = "run"
  let verdict: String
  let valid: Bool
  let invalidReasons: [String]
  let clientLimited: Bool
  let interrupted: Bool
  let workload: Asked
  let seconds: Double
  let requests: Int
  let responses: Int
  let scheduled: Int?
  let bytesSent: Int
  let bytesReceived: Int
  let corrupt: Int
  let errors: [String: Int]
  let connectionsMade: Int
  let ledger: Bytes
  let throughput: Throughput
  let littlesLaw: Double?
  let latency: Latencies
  let intervals: [Second]
  let client: Client
  let server: Server?

  /// The report of a run.
  public init(_ outcome: Outcome) {
    verdict = outcome.verdict.description
    valid = outcome.verdict.isValid
    invalidReasons = outcome.verdict.reasons.map(\.description)
    clientLimited = outcome.verdict.isClientLimited
    interrupted = outcome.isInterrupted
    workload = Self.asked(outcome.workload)
    seconds = outcome.seconds
    requests = outcome.requests
    responses = outcome.responses
    scheduled = outcome.scheduled
    bytesSent = outcome.bytesSent
    bytesReceived = outcome.bytesReceived
    corrupt = outcome.corrupt
    errors = Self.names(outcome.errors)
    connectionsMade = outcome.connectionsMade
    ledger = Bytes(
      sent: outcome.ledger.sent,
      received: outcome.ledger.received,
      echoed: outcome.ledger.echoed,
      wrong: outcome.ledger.wrong,
      lost: Self.names(outcome.ledger.lost),
      addsUp: outcome.ledger.addsUp
    )
    throughput = Throughput(
      requestsPerSecond: outcome.requestsPerSecond,
      responsesPerSecond: outcome.responsesPerSecond,
      isLowerBound: outcome.verdict.isClientLimited
    )
    littlesLaw = outcome.littlesLaw
    latency = Latencies(
      corrected: Times(Latency(outcome.corrected)),
      raw: Times(Latency(outcome.raw)),
      firstByte: Times(Latency(outcome.firstByte)),
      connect: Times(Latency(outcome.connect)),
      sendLag: outcome.lag.map { Times(Latency($0)) }
    )
    intervals = outcome.intervals.map(Self.second)
    client = Client(
      cpuSeconds: outcome.client.processorSeconds,
      cpuShare: outcome.client.processorShare,
      cpuWaitShare: outcome.client.waitingShare,
      cpuMicrosecondsPerResponse: outcome.perResponse(outcome.client.processorSeconds),
      peakMemoryBytes: outcome.client.peakBytes
    )
    server = outcome.server.map { server in
      Server(
        pid: server.process,
        cpuSeconds: server.processorSeconds,
        cpuUserSeconds: server.userSeconds,
        cpuSystemSeconds: server.systemSeconds,
        cpuMicrosecondsPerResponse: outcome.perResponse(server.processorSeconds),
        memoryBytes: server.residentBytes,
        peakMemoryBytes: server.peakBytes
      )
    }
  }

  private static func asked(_ workload: Workload) -> Asked {
    Asked(
      target: workload.target.description,
      strategy: workload.strategy.rawValue,
      loop: workload.isOpenLoop ? "open" : "closed",
      connections: workload.connections,
      rate: workload.rate,
      arrivals: workload.isOpenLoop ? workload.arrivals.rawValue : nil,
      durationSeconds: workload.duration.map { $0 / .seconds(1) },
      requests: workload.requests,
      warmupSeconds: workload.warmup / .seconds(1),
      rampPerSecond: workload.ramp,
      smallestSize: workload.size.lowerBound,
      largestSize: workload.size.upperBound,
      seed: workload.seed,
      pipeline: workload.pipeline,
      threads: workload.threads,
      timeoutSeconds: workload.timeout / .seconds(1),
      sources: workload.sources?.description,
      halfClose: workload.halfClose
    )
  }

  private static func names(_ counts: [Failure: Int]) -> [String: Int] {
    Dictionary(counts.map { ($0.key.name, $0.value) }, uniquingKeysWith: +)
  }

  private static func second(_ interval: IntervalFigures) -> Second {
    Second(
      start: interval.start,
      seconds: interval.seconds,
      requests: interval.requests,
      responses: interval.responses,
      responsesPerSecond: interval.seconds > 0 ? Double(interval.responses) / interval.seconds : 0,
      errors: interval.errors,
      connections: interval.connections,
      p50: interval.latency[50] / 1e3,
      p99: interval.latency[99] / 1e3,
      max: interval.latency.max / 1e3
    )
  }

  /// The intervals as comma-separated values, with a line of names.
  public var csv: String {
    var lines = ["start,seconds,requests,responses,responsesPerSecond,errors,connections,p50,p99,max"]
    for second in intervals {
      let values: [any CustomStringConvertible] = [
        second.start, second.seconds, second.requests, second.responses, second.responsesPerSecond,
        second.errors,
        second.connections, second.p50, second.p99, second.max,
      ]
      lines.append(values.map(\.description).joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Outcome {
  /// A time in seconds of the measured time as microseconds for each reply that came in it; nil if none did.
  public func perResponse(_ seconds: Double) -> Double? {
    let responses = responsesPerSecond * self.seconds
    return responses > 0 ? seconds / responses * 1e6 : nil
  }
}
