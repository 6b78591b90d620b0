import Libuv
import Testing

@testable import LoadGenerator

@Suite struct OutcomeTests {
  @Test func `the figures of an interval are in seconds`() {
    var interval = Interval(index: 3, start: 3_000_000_000, length: 250_000_000)
    interval.requests = 5
    interval.responses = 4
    interval.errors = 1
    interval.connections = 2
    interval.times = sampleTimes([1000, 2000, 3000, 1_000_000])
    let figures = IntervalFigures(interval)
    #expect(figures.start == 3)
    #expect(figures.seconds == 0.25)
    #expect(figures.requests == 5)
    #expect(figures.responses == 4)
    #expect(figures.errors == 1)
    #expect(figures.connections == 2)
    #expect(figures.latency == Latency(interval.times))
    #expect(figures.latency.count == 4)
  }

  @Test func `a server has used time in user space and in the kernel`() {
    let usage = ServerUsage(process: 7, userSeconds: 1.5, systemSeconds: 2.25, residentBytes: 1, peakBytes: 2)
    #expect(usage.processorSeconds == 3.75)
  }

  @Test func `a time is spread over the replies of the measured time, in microseconds`() {
    // 10,000 replies in ten seconds.
    #expect(sampleOutcome(responsesPerSecond: 1000).perResponse(2.5) == 250)
    #expect(sampleOutcome(responsesPerSecond: 1000).perResponse(0) == 0)
  }

  @Test func `no replies share no time`() {
    #expect(sampleOutcome(responsesPerSecond: 0).perResponse(2.5) == nil)
  }

  // MARK: A number of requests at a rate

  private static let second: UInt64 = 1_000_000_000

  /// What a worker has measured that began its last request at a time.
  private func result(requests: Int, lastBegin: UInt64?) -> Worker.Result {
    var record = Record()
    record.requests = requests
    record.responses = requests
    record.scheduled = requests
    return Worker.Result(
      record: record,
      lastInterval: Interval(index: 0, start: 0, length: 0),
      start: 0,
      end: 4 * Self.second,
      usage: ThreadUsage(),
      usageNanoseconds: 0,
      lastBegin: lastBegin,
      slotNanoseconds: 0
    )
  }

  private func outcome(_ workload: Workload, _ results: Worker.Result...) -> Outcome {
    Outcome(
      workload,
      results,
      intervals: [],
      unreachable: nil,
      coordination: ThreadUsage(),
      server: nil,
      isInterrupted: false
    )
  }

  private func workload(requests: Int?, arrivals: Workload.Arrivals = .constant) -> Workload {
    var workload = Workload(target: "127.0.0.1:1")
    workload.rate = 1000
    workload.requests = requests
    workload.arrivals = arrivals
    return workload
  }

  @Test func `requests that all begin in their time are at their rate`() {
    let good = outcome(workload(requests: 1000), result(requests: 1000, lastBegin: Self.second))
    #expect(good.scheduled == 1000)
    #expect(good.verdict.isValid)
  }

  @Test func `a last request that begins late tells that the rate was not sent`() {
    let late = outcome(workload(requests: 1000), result(requests: 1000, lastBegin: 3 * Self.second))
    #expect(late.scheduled == 2900, "as many had come due, but for the tenth of a second")
    #expect(late.verdict.reasons == [.rateNotSent(share: 1000.0 / 2900)])
  }

  @Test func `the slowest thread tells the rate of all`() {
    let late = outcome(
      workload(requests: 1000),
      result(requests: 500, lastBegin: Self.second / 2),
      result(requests: 500, lastBegin: 3 * Self.second)
    )
    #expect(late.scheduled == 2900)
  }

  @Test func `a run that ends before its requests is judged by its end`() {
    let ended = outcome(workload(requests: 100_000), result(requests: 1000, lastBegin: nil))
    #expect(ended.scheduled == 3900)
    #expect(!ended.verdict.isValid)
  }

  @Test func `independent arrivals may be fewer by chance`() {
    let workload = workload(requests: 1000, arrivals: .poisson)
    #expect(outcome(workload, result(requests: 1000, lastBegin: 1_150_000_000)).verdict.isValid)
    #expect(!outcome(workload, result(requests: 1000, lastBegin: 3 * Self.second)).verdict.isValid)
  }

  @Test func `without a number of requests the schedules tell`() {
    var result = result(requests: 1000, lastBegin: nil)
    #expect(outcome(workload(requests: nil), result).scheduled == 1000)
    result = self.result(requests: 0, lastBegin: nil)
    #expect(outcome(workload(requests: nil), result).verdict.reasons == [.nothingDue])
  }

  @Test(arguments: [
    (0.5, false), (0.89, false), (0.95, true), (1.1, true), (1.5, false), (3.5, false), (3.7, true),
  ])
  func `a server is saturated that keeps one core busy, or all`(seconds: Double, isSaturated: Bool) {
    let usage = ServerUsage(
      process: 1,
      userSeconds: seconds,
      systemSeconds: 0,
      residentBytes: 0,
      peakBytes: 0
    )
    #expect(usage.isSaturated(seconds: 1, cores: 4) == isSaturated)
  }
}
