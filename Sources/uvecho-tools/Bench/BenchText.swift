import Histogram
import LoadGenerator

/// The outcome of a run for people.
struct BenchText: CustomStringConvertible {
  private let outcome: Outcome

  init(_ outcome: Outcome) { self.outcome = outcome }

  var description: String {
    [headline, speed, latencies, counts, errors, usage, "", ending].joined(separator: "\n")
  }

  // MARK: What was asked

  private var headline: String {
    let workload = outcome.workload
    var parts = ["\(workload.target)", workload.strategy.rawValue]
    parts.append("\(Text.count(workload.connections)) \(workload.connections == 1 ? "client" : "clients")")
    parts.append(Self.size(workload.size))
    if workload.pipeline > 1 { parts.append("pipeline of \(workload.pipeline)") }
    if let rate = workload.rate {
      parts.append("open loop at \(Text.number(rate, rate < 100 ? 1 : 0))/s (\(workload.arrivals.rawValue))")
    } else {
      parts.append("closed loop")
    }
    if let sources = workload.sources { parts.append("from \(sources)") }
    let warmup = workload.warmup / .seconds(1)
    parts.append(
      "\(Text.number(outcome.seconds, 2)) s\(warmup > 0 ? " after \(Text.number(warmup, 1)) s of warm-up" : "")"
    )
    return parts.joined(separator: ", ")
      + (outcome.isInterrupted ? "\nENDED EARLY: what follows was measured until then" : "")
  }

  private static func size(_ range: ClosedRange<Int>) -> String {
    let low = Text.count(range.lowerBound)
    return range.count == 1
      ? "\(low) \(range.lowerBound == 1 ? "byte" : "bytes")"
      : "\(low) to \(Text.count(range.upperBound)) bytes"
  }

  // MARK: How much

  /// The lines of 2015.
  private var speed: String {
    let bound = outcome.verdict.isClientLimited ? ">= " : ""
    let requests = Text.number(outcome.requestsPerSecond, 0)
    let responses = Text.number(outcome.responsesPerSecond, 0)
    return """

      Speed: \(bound)\(requests) request/sec, \(bound)\(responses) response/sec
      Requests: \(outcome.requests)
      Responses: \(outcome.responses)

      """
  }

  // MARK: How long

  private var latencies: String {
    var rows = [["latency", "mean", "stddev", "min"] + Latency.usual.map(Self.name) + ["max"]]
    func add(_ name: String, _ times: Times) {
      guard times.totalCount > 0 else { return rows.append([name, "-"]) }
      let latency = Latency(times)
      let values =
        [latency.mean, latency.standardDeviation, latency.min] + Latency.usual.map { latency[$0] } + [
          latency.max
        ]
      rows.append([name] + values.map(Text.time))
    }
    add("connect", outcome.connect)
    add("first byte", outcome.firstByte)
    if outcome.workload.isOpenLoop {
      add("last byte, corrected", outcome.corrected)
      add("last byte, raw", outcome.raw)
      if let lag = outcome.lag { add("send lag", lag) }
    } else {
      add("last byte", outcome.corrected)
    }
    return Text.table(rows) + "\n" + note
  }

  private static func name(_ percentile: Double) -> String {
    "p\(percentile.rounded() == percentile ? Text.number(percentile, 0) : "\(percentile)")"
  }

  private var note: String {
    if outcome.workload.isOpenLoop {
      return """
        (corrected: from when a request was to begin; raw: from when it began, which hides what held it up)

        """
    }
    return
      "(closed loop: while the server stalls nobody asks, so stalls are underrated; --rate counts them)\n"
  }

  // MARK: What else

  private var counts: String {
    var rows = [
      ["connections made", Text.count(outcome.connectionsMade)],
      ["bytes sent", "\(Text.bytes(outcome.bytesSent))"],
      ["bytes received", "\(Text.bytes(outcome.bytesReceived)), each compared with what was sent"],
      ["corrupt replies", "\(Text.count(outcome.corrupt))\(outcome.corrupt > 0 ? " in the whole run" : "")"],
    ]
    if let scheduled = outcome.scheduled, scheduled > 0 {
      let share = Text.percent(Double(outcome.requests) / Double(scheduled))
      rows.append(["sent of the asked rate", share])
    }
    if let littlesLaw = outcome.littlesLaw {
      rows.append(["rate x latency / clients", "\(Text.number(littlesLaw, 4)) (Little's law: 1)"])
    }
    return Self.lines(rows)
  }

  private static func lines(_ rows: [[String]]) -> String {
    let width = max(26, (rows.map { $0[0].count }.max() ?? 0) + 2)
    return rows.map { $0[0] + String(repeating: " ", count: width - $0[0].count) + $0[1] }
      .joined(separator: "\n")
  }

  private var errors: String {
    guard !outcome.errors.isEmpty else { return Self.lines([["errors", "none"]]) }
    let sorted = outcome.errors.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
    var rows = [["errors", "\(Text.count(outcome.errors.values.reduce(0, +))) in the whole run"]]
    rows += sorted.map { ["  \($0.key)", Text.count($0.value)] }
    let isOutOfPorts = outcome.errors.keys.contains { $0.kind == .outOfPorts }
    return Self.lines(rows)
      + (isOutOfPorts ? "\n(ports ran out: connect from more addresses with --sources)" : "")
  }

  private var usage: String {
    let client = outcome.client
    var clientParts = ["\(Text.number(client.processorSeconds, 2)) s of processor time"]
    clientParts.append(
      "\(Text.percent(client.processorShare)) of \(outcome.workload.threads == 1 ? "a core" : "\(outcome.workload.threads) cores")"
    )
    if client.waitingShare >= 0.01 {
      clientParts.append("waited for it for \(Text.percent(client.waitingShare))")
    }
    if let each = outcome.perResponse(client.processorSeconds) {
      clientParts.append("\(Text.number(each, 2)) us a response")
    }
    if let memory = client.peakBytes { clientParts.append("\(Text.bytes(memory)) at most") }
    var rows = [["client", clientParts.joined(separator: ", ")]]
    if let server = outcome.server {
      var parts = [
        """
        \(Text.number(server.processorSeconds, 2)) s of processor time (\(Text.number(server.userSeconds, 2)) user, \
        \(Text.number(server.systemSeconds, 2)) system)
        """
      ]
      if let each = outcome.perResponse(server.processorSeconds) {
        parts.append("\(Text.number(each, 2)) us a response")
      }
      parts.append("\(Text.bytes(server.residentBytes)) resident, \(Text.bytes(server.peakBytes)) at most")
      rows.append(["server \(server.process)", parts.joined(separator: ", ")])
    }
    return Self.lines(rows)
  }

  private var ending: String {
    let verdict = outcome.verdict
    guard verdict.isValid else {
      return "INVALID:\n" + verdict.reasons.map { "  \($0)" }.joined(separator: "\n")
    }
    guard verdict.isClientLimited else { return "VALID" }
    return
      "CLIENT-LIMITED: the client's core was busy, the server may have more to give; the rate is a lower bound"
  }

  // MARK: For the plotter

  /// HdrHistogram's percentile distribution of the (corrected) latency, in milliseconds.
  static func percentiles(_ outcome: Outcome) -> String {
    var text = ""
    outcome.corrected.outputPercentileDistribution(to: &text, outputValueUnitScalingRatio: 1e6)
    return text
  }
}
