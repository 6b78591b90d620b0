import Foundation
import Libuv
import Testing

@testable import LoadGenerator

@Suite struct ReportTests {
  /// A report as another program reads it.
  private func decode(_ outcome: Outcome) throws -> [String: Any] {
    try decodeReport(Report(outcome))
  }

  private var open: Workload {
    var workload = Workload(target: "127.0.0.1:4000")
    workload.rate = 500
    workload.arrivals = .poisson
    workload.warmup = .milliseconds(1500)
    workload.ramp = 10
    workload.requests = 12345
    workload.size = 1...1024
    workload.seed = .max
    workload.pipeline = 4
    workload.threads = 2
    workload.sources = SourceAddresses("127.0.0.0/24")
    workload.halfClose = true
    workload.strategy = .reconnect
    return workload
  }

  // MARK: Fields

  @Test func `a report has the version and the verdict of a run`() throws {
    let report = try decode(sampleOutcome())
    #expect(report["schema"] as? Int == 1)
    #expect(report["kind"] as? String == "run")
    #expect(report["verdict"] as? String == "VALID")
    #expect(report["valid"] as? Bool == true)
    #expect(report["invalidReasons"] as? [String] == [])
    #expect(report["clientLimited"] as? Bool == false)
    #expect(report["interrupted"] as? Bool == false)
  }

  @Test func `an invalid run has its reasons`() throws {
    let outcome = sampleOutcome(
      isInterrupted: true,
      reasons: [.noResponse, .corrupt(2)],
      isClientLimited: true
    )
    let report = try decode(outcome)
    #expect(report["valid"] as? Bool == false)
    #expect((report["verdict"] as? String)?.hasPrefix("INVALID: ") == true)
    #expect(
      report["invalidReasons"] as? [String] == [
        "no reply came in the measured time", "2 replies were corrupt",
      ]
    )
    #expect(report["clientLimited"] as? Bool == true)
    #expect(report["interrupted"] as? Bool == true)
    #expect(try object(report, "throughput")["isLowerBound"] as? Bool == true)
  }

  @Test func `a report has counts, rates and bytes`() throws {
    var ledger = Ledger()
    ledger.sent = 10
    ledger.received = 9
    ledger.echoed = 7
    ledger.wrong = 2
    ledger.lost = [Failure(.read, .reset): 3]
    let report = try decode(sampleOutcome(corrupt: 4, ledger: ledger))
    #expect(report["seconds"] as? Double == 10)
    #expect(report["requests"] as? Int == 10001)
    #expect(report["responses"] as? Int == 10000)
    #expect(report["bytesSent"] as? Int == 640_064)
    #expect(report["bytesReceived"] as? Int == 640_000)
    #expect(report["corrupt"] as? Int == 4)
    #expect(report["connectionsMade"] as? Int == 100)
    #expect(report["littlesLaw"] as? Double == 1.01)
    let throughput = try object(report, "throughput")
    #expect(throughput["requestsPerSecond"] as? Double == 1000.1)
    #expect(throughput["responsesPerSecond"] as? Double == 1000)
    #expect(throughput["isLowerBound"] as? Bool == false)
    let bytes = try object(report, "ledger")
    #expect(["sent", "received", "echoed", "wrong"].map { bytes[$0] as? Int } == [10, 9, 7, 2])
    #expect(bytes["lost"] as? [String: Int] == ["read.reset": 3])
    #expect(bytes["addsUp"] as? Bool == true)
  }

  @Test func `errors are counted by kind`() throws {
    let errors = [Failure(.connect, .refused): 3, Failure(.read, .closedEarly): 5]
    let report = try decode(sampleOutcome(errors: errors))
    #expect(report["errors"] as? [String: Int] == ["connect.refused": 3, "read.closed-early": 5])
    #expect(try decode(sampleOutcome())["errors"] as? [String: Int] == [:])
  }

  @Test func `latencies are in microseconds`() throws {
    let times = (1...1000 as ClosedRange<UInt64>).map { $0 * 1_000_000 }
    let outcome = sampleOutcome(corrected: times, raw: times.map { $0 / 2 })
    let latency = try object(try decode(outcome), "latency")
    for (name, histogram) in [("corrected", outcome.corrected), ("raw", outcome.raw)] {
      let figures = try object(latency, name)
      let expected = Latency(histogram)
      #expect(figures["count"] as? Int == 1000)
      let values = [
        ("mean", expected.mean), ("stddev", expected.standardDeviation), ("min", expected.min),
        ("p50", expected[50]), ("p75", expected[75]), ("p90", expected[90]), ("p99", expected[99]),
        ("p999", expected[99.9]), ("p9999", expected[99.99]), ("max", expected.max),
      ]
      for (key, value) in values {
        let figure = try #require(figures[key] as? Double, "\(name).\(key)")
        #expect(abs(figure - value / 1000) <= 1e-9 * value, "\(name).\(key)")
      }
      #expect(figures.count == 1 + values.count)
    }
    let median = try #require(try object(latency, "corrected")["p50"] as? Double)
    #expect(abs(median - 500_000) < 500)
    #expect(try object(latency, "firstByte")["count"] as? Int == 1)
    #expect(try object(latency, "connect")["count"] as? Int == 1)
  }

  @Test func `the workload of a closed loop has no rate`() throws {
    let report = try decode(sampleOutcome())
    let workload = try object(report, "workload")
    #expect(workload["target"] as? String == "127.0.0.1:4000")
    #expect(workload["strategy"] as? String == "persistent")
    #expect(workload["loop"] as? String == "closed")
    #expect(workload["connections"] as? Int == 100)
    #expect(workload["durationSeconds"] as? Double == 10)
    #expect(workload["warmupSeconds"] as? Double == 0)
    #expect(workload["timeoutSeconds"] as? Double == 5)
    #expect(workload["smallestSize"] as? Int == 64)
    #expect(workload["largestSize"] as? Int == 64)
    #expect(workload["halfClose"] as? Bool == false)
    for key in ["rate", "arrivals", "requests", "rampPerSecond", "sources"] {
      #expect(workload[key] == nil, "\(key)")
    }
    #expect(report["scheduled"] == nil)
    #expect(try object(report, "latency")["sendLag"] == nil)
    #expect(report["server"] == nil)
  }

  @Test func `the workload of an open loop has all that was asked`() throws {
    let report = try decode(sampleOutcome(workload: open))
    let workload = try object(report, "workload")
    #expect(workload["strategy"] as? String == "reconnect")
    #expect(workload["loop"] as? String == "open")
    #expect(workload["rate"] as? Double == 500)
    #expect(workload["arrivals"] as? String == "poisson")
    #expect(workload["requests"] as? Int == 12345)
    #expect(workload["warmupSeconds"] as? Double == 1.5)
    #expect(workload["rampPerSecond"] as? Double == 10)
    #expect(workload["smallestSize"] as? Int == 1)
    #expect(workload["largestSize"] as? Int == 1024)
    #expect(workload["seed"] as? UInt64 == .max)
    #expect(workload["pipeline"] as? Int == 4)
    #expect(workload["threads"] as? Int == 2)
    #expect(workload["sources"] as? String == "127.0.0.0/24")
    #expect(workload["halfClose"] as? Bool == true)
    #expect(report["scheduled"] as? Int == 10002)
    #expect(report["littlesLaw"] == nil)
    #expect(try object(object(report, "latency"), "sendLag")["max"] as? Double == 200)
  }

  @Test func `client and server have their use of the processor`() throws {
    let usage = ServerUsage(process: 42, userSeconds: 1.5, systemSeconds: 3.5, residentBytes: 5, peakBytes: 6)
    let report = try decode(sampleOutcome(server: usage))
    let client = try object(report, "client")
    #expect(client["cpuSeconds"] as? Double == 2.5)
    #expect(client["cpuShare"] as? Double == 0.25)
    #expect(client["cpuMicrosecondsPerResponse"] as? Double == 250)
    #expect(client["peakMemoryBytes"] as? Int == 1 << 20)
    let server = try object(report, "server")
    #expect(server["pid"] as? Int == 42)
    #expect(server["cpuSeconds"] as? Double == 5)
    #expect(server["cpuUserSeconds"] as? Double == 1.5)
    #expect(server["cpuSystemSeconds"] as? Double == 3.5)
    #expect(server["cpuMicrosecondsPerResponse"] as? Double == 500)
    #expect(server["memoryBytes"] as? Int == 5)
    #expect(server["peakMemoryBytes"] as? Int == 6)
  }

  @Test func `intervals stand in their order`() throws {
    let intervals = (0..<3).map { IntervalFigures(sampleInterval($0, responses: 100 * $0)) }
    let report = try decode(sampleOutcome(intervals: intervals))
    let seconds = try #require(report["intervals"] as? [[String: Any]])
    #expect(seconds.map { $0["start"] as? Double } == [0, 1, 2])
    #expect(seconds.map { $0["seconds"] as? Double } == [1, 1, 1])
    #expect(seconds.map { $0["requests"] as? Int } == [1, 101, 201])
    #expect(seconds.map { $0["responses"] as? Int } == [0, 100, 200])
    #expect(seconds.map { $0["responsesPerSecond"] as? Double } == [0, 100, 200])
    #expect(seconds.map { $0["errors"] as? Int } == [3, 3, 3])
    #expect(seconds.map { $0["connections"] as? Int } == [100, 100, 100])
    for key in ["p50", "p99", "max"] {
      #expect(seconds.map { $0[key] as? Double } == [0, 1000, 1000], "\(key)")
    }
  }

  @Test func `a run in which nothing happened can be written`() throws {
    let empty = IntervalFigures(Interval(index: 0, start: 0, length: 0))
    let outcome = sampleOutcome(
      reasons: [.noResponse],
      responsesPerSecond: 0,
      corrected: [],
      raw: [],
      intervals: [empty]
    )
    let report = try decode(outcome)
    #expect(try object(report, "client")["cpuMicrosecondsPerResponse"] == nil)
    let seconds = try #require(report["intervals"] as? [[String: Any]])
    #expect(seconds.first?["responsesPerSecond"] as? Double == 0)
  }

  // MARK: Comma-separated values

  @Test func `each row has as many columns as there are names`() {
    let intervals = (0..<5).map { IntervalFigures(sampleInterval($0, responses: 7 * $0)) }
    let lines = Report(sampleOutcome(intervals: intervals)).csv.split(separator: "\n")
    #expect(lines.count == 6)
    let names = lines[0].split(separator: ",")
    #expect(
      names == [
        "start", "seconds", "requests", "responses", "responsesPerSecond", "errors",
        "connections", "p50", "p99", "max",
      ]
    )
    for line in lines.dropFirst() {
      let values = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(values.count == names.count)
      #expect(values.allSatisfy { Double($0) != nil }, "\(line)")
    }
    #expect(lines[2] == "1.0,1.0,8,7,7.0,3,100,1000.0,1000.0,1000.0")
  }

  @Test func `without intervals there are only the names, and a line always ends`() {
    let csv = Report(sampleOutcome()).csv
    #expect(csv == "start,seconds,requests,responses,responsesPerSecond,errors,connections,p50,p99,max\n")
  }

  private func object(_ parent: [String: Any], _ key: String) throws -> [String: Any] {
    try #require(parent[key] as? [String: Any], "\(key)")
  }
}

/// A report as another program reads it.
func decodeReport(_ report: some Encodable) throws -> [String: Any] {
  let data = try JSONEncoder().encode(report)
  return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}
