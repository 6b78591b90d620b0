import Libuv
import Testing

@testable import LoadGenerator

@Suite struct SweepRunnerTests {
  private let sweep = Sweep("10%..90%")!

  private var workload: Workload {
    var workload = Workload(target: "127.0.0.1:4000")
    workload.rate = 1
    workload.connections = 7
    return workload
  }

  @Test func `a sweep measures the capacity, and then each share of it`() throws {
    var workloads: [Workload] = []
    var labels: [String] = []
    let result = try SweepRunner(sweep, workload).run { workload, label in
      workloads.append(workload)
      labels.append(label)
      return sampleOutcome(workload: workload, responsesPerSecond: workload.rate ?? 2000)
    }
    #expect(workloads.first?.rate == nil)
    #expect(workloads.dropFirst().map(\.rate) == sweep.shares.map { 2000 * $0 })
    #expect(workloads.allSatisfy { $0.connections == 7 })
    #expect(labels == ["capacity"] + (1...9).map { "at \($0)0 %" })
    #expect(result.capacity.workload.rate == nil)
    #expect(result.steps.map(\.share) == sweep.shares)
    #expect(result.steps.map(\.rate) == result.steps.map(\.outcome.workload.rate))
    #expect(result.knee == nil)
    #expect(!result.isInterrupted)
  }

  @Test func `the knee is the last step`() throws {
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      let isSlow = workload.rate ?? 0 > 650
      return sampleOutcome(workload: workload, corrected: [isSlow ? 50_000_000 : 1_000_000])
    }
    #expect(result.knee == sweep.shares[6])
    #expect(result.steps.count == 7)
    #expect(result.steps.last?.share == result.knee)
  }

  @Test func `a first run that is invalid is the knee`() throws {
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      sampleOutcome(workload: workload, reasons: workload.isOpenLoop ? [.rateNotSent(share: 0.5)] : [])
    }
    #expect(result.knee == sweep.shares[0])
    #expect(result.steps.count == 1)
  }

  @Test func `without a valid capacity there are no steps`() throws {
    var runs = 0
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      runs += 1
      return sampleOutcome(workload: workload, reasons: [.noResponse])
    }
    #expect(runs == 1)
    #expect(result.steps.isEmpty)
    #expect(result.knee == nil)
  }

  @Test func `replies that all came too late make no capacity`() throws {
    var rates: [Double?] = []
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      rates.append(workload.rate)
      return sampleOutcome(workload: workload, responsesPerSecond: 0)
    }
    #expect(rates == [nil])
    #expect(result.steps.isEmpty)
  }

  @Test(arguments: 0..<5) func `an interrupted run ends the sweep`(count: Int) throws {
    var runs = 0
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      defer { runs += 1 }
      return sampleOutcome(workload: workload, isInterrupted: runs == count)
    }
    #expect(runs == count + 1)
    #expect(result.isInterrupted)
    #expect(result.knee == nil)
    #expect(result.steps.count == max(0, count - 1))
  }

  @Test(arguments: [0, 1, 5]) func `an error of a run is thrown`(count: Int) {
    struct Broken: Error {}
    var runs = 0
    #expect(throws: Broken.self) {
      try SweepRunner(sweep, workload).run { workload, _ in
        defer { runs += 1 }
        if runs == count { throw Broken() }
        return sampleOutcome(workload: workload)
      }
    }
    #expect(runs == count + 1)
  }
}
