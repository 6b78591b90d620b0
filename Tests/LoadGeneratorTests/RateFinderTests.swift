import Libuv
import Testing

@testable import LoadGenerator

@Suite struct RateFinderTests {
  private let promise = Promise("p99<2ms")!

  private var workload: Workload {
    var workload = Workload(target: "127.0.0.1:4000")
    workload.rate = 1
    workload.connections = 7
    return workload
  }

  /// A server that keeps the promise up to a rate.
  private func outcome(_ workload: Workload, upTo threshold: Double) -> Outcome {
    let isKept = workload.rate ?? 0 <= threshold
    return sampleOutcome(workload: workload, corrected: [isKept ? 1_000_000 : 5_000_000])
  }

  @Test func `the rate is found with a closed loop first, and open loops then`() throws {
    var workloads: [Workload] = []
    let finding = try RateFinder(promise, workload).run { workload, _ in
      workloads.append(workload)
      return outcome(workload, upTo: 640)
    }
    let rate = try #require(finding.rate)
    #expect((620...640).contains(rate))
    #expect(!finding.isInterrupted)
    #expect(finding.promise == promise)
    #expect(finding.capacity.workload.rate == nil)
    #expect(workloads.first?.rate == nil)
    #expect(workloads.dropFirst().allSatisfy { $0.rate != nil })
    #expect(workloads.allSatisfy { $0.connections == 7 })
    #expect(workloads.dropFirst().map(\.rate) == finding.trials.map(\.rate))
    // The capacity is a thousand a second.
    #expect(workloads[1].rate == 500)
  }

  @Test func `each trial has its outcome`() throws {
    let finding = try RateFinder(promise, workload).run { workload, _ in outcome(workload, upTo: 640) }
    for trial in finding.trials {
      #expect(trial.outcome.workload.rate == trial.rate)
      #expect(trial.isKept == (trial.rate <= 640))
    }
    let confirmations = finding.trials.filter(\.isConfirmation)
    #expect(confirmations.map(\.rate) == [finding.rate, finding.rate])
  }

  @Test func `each run has a label`() throws {
    var labels: [String] = []
    let finding = try RateFinder(promise, workload).run { workload, label in
      labels.append(label)
      return outcome(workload, upTo: 640)
    }
    #expect(labels.first == "capacity")
    #expect(labels.dropFirst().first == "trying 500/s")
    #expect(labels.last == "confirming \(Int(try #require(finding.rate)))/s")
  }

  @Test func `without a valid capacity there is no search`() throws {
    var runs = 0
    let finding = try RateFinder(promise, workload).run { workload, _ in
      runs += 1
      return sampleOutcome(workload: workload, reasons: [.noResponse])
    }
    #expect(runs == 1)
    #expect(finding.rate == nil)
    #expect(finding.trials.isEmpty)
    #expect(!finding.isInterrupted)
  }

  @Test func `replies that all came too late make no capacity`() throws {
    var rates: [Double?] = []
    let finding = try RateFinder(promise, workload).run { workload, _ in
      rates.append(workload.rate)
      return sampleOutcome(workload: workload, responsesPerSecond: 0)
    }
    #expect(rates == [nil])
    #expect(finding.rate == nil)
  }

  @Test func `a client that is the limit makes a capacity all the same`() throws {
    let finding = try RateFinder(promise, workload).run { workload, _ in
      sampleOutcome(workload: workload, isClientLimited: workload.rate == nil, corrected: [1000])
    }
    #expect(finding.rate != nil)
  }

  @Test func `when no rate keeps the promise none is found`() throws {
    let finding = try RateFinder(promise, workload).run { workload, _ in outcome(workload, upTo: 0) }
    #expect(finding.rate == nil)
    #expect(!finding.trials.isEmpty)
    #expect(!finding.isInterrupted)
  }

  @Test(arguments: 0..<8) func `an interrupted run ends the search`(count: Int) throws {
    var runs = 0
    let finding = try RateFinder(promise, workload).run { workload, _ in
      defer { runs += 1 }
      if runs == count { return sampleOutcome(workload: workload, isInterrupted: true) }
      return outcome(workload, upTo: 640)
    }
    #expect(runs == count + 1)
    #expect(finding.isInterrupted)
    #expect(finding.rate == nil)
    #expect(finding.trials.count == max(0, count - 1), "what was interrupted tells nothing")
  }

  @Test(arguments: [0, 1, 5]) func `an error of a run is thrown`(count: Int) {
    struct Broken: Error {}
    var runs = 0
    #expect(throws: Broken.self) {
      try RateFinder(promise, workload).run { workload, _ in
        defer { runs += 1 }
        if runs == count { throw Broken() }
        return outcome(workload, upTo: 640)
      }
    }
    #expect(runs == count + 1)
  }
}
