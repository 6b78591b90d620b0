import Histogram
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

/// Outcomes come from true runs: nothing else can make one.
@Suite struct LoadFiguresOutcomeTests {
  private func outcome(_ fault: FaultyServer.Fault, rate: Double? = nil) throws -> Outcome {
    try withDeadline {
      let server = try FaultyServer(fault, requestSize: 64)
      var workload = Workload(target: server.address)
      workload.connections = 4
      workload.requests = 400
      workload.duration = nil
      workload.rate = rate
      let outcome = try LoadGenerator(workload).run()
      server.stop()
      return outcome
    }
  }

  @Test func `a closed loop has a limiter, and one latency`() throws {
    let outcome = try outcome(.delay(.milliseconds(2)))
    let figures = LoadFigures(outcome)
    #expect(figures.verdict == "VALID")
    #expect(figures.valid)
    #expect(figures.limiter == .neither, "both wait")
    #expect(figures.seconds == outcome.seconds)
    #expect(figures.requests == 400)
    #expect(figures.responses == 400)
    #expect(figures.responsesPerSecond == outcome.responsesPerSecond)
    #expect(figures.connectionsMade == 4)
    #expect(figures.errors.isEmpty)
    #expect(figures.rawLatency == nil)
    #expect(figures.clientSeconds == outcome.client.processorSeconds)
    #expect(figures.clientShare == outcome.client.processorShare + outcome.client.waitingShare)
  }

  @Test func `times are in microseconds, and those of the histogram`() throws {
    let outcome = try outcome(.delay(.milliseconds(2)))
    let latency = LoadFigures(outcome).latency
    #expect(latency.min >= 2000)
    #expect(latency.curve.count == LatencyFigures.percentiles.count)
    for percentile in LatencyFigures.percentiles {
      #expect(latency[percentile] == Double(outcome.corrected.valueAtPercentile(percentile)) / 1000)
    }
    #expect(latency.max == Double(outcome.corrected.maxRecorded) / 1000)
    #expect(abs(latency.mean - outcome.corrected.mean / 1000) < 1e-6 * latency.mean)
  }

  @Test func `an open loop has no limiter, and the raw latency too`() throws {
    let figures = LoadFigures(try outcome(.stall(.milliseconds(50), every: 200), rate: 2000))
    #expect(figures.limiter == nil)
    let raw = try #require(figures.rawLatency)
    #expect(raw[90] < figures.latency[90], "the stall held up those that had not begun")
  }

  @Test func `errors of a kind are counted by their name`() throws {
    let figures = LoadFigures(try outcome(.reset(every: 100)))
    let resets = figures.errors.filter { $0.key.hasSuffix(".reset") }.values.reduce(0, +)
    #expect(resets > 0)
    #expect(figures.errors.keys.allSatisfy { $0.contains(".") })
  }

  @Test func `what can't be trusted says why`() throws {
    let figures = LoadFigures(try outcome(.wrongByte(every: 50)))
    #expect(!figures.valid)
    #expect(figures.verdict.hasPrefix("INVALID: "))
  }
}
