import Libuv
import Testing

@testable import LoadGenerator

@Suite struct SearchReportsTests {
  private let workload = Workload(target: "127.0.0.1:4000")

  @Test func `the report of a search has all of its runs`() throws {
    let promise = try #require(Promise("p99<2ms"))
    let finding = try RateFinder(promise, workload).run { workload, _ in
      sampleOutcome(workload: workload, corrected: [workload.rate ?? 0 <= 640 ? 1_000_000 : 5_000_000])
    }
    let report = try decodeReport(RateFindingReport(finding))
    #expect(report["schema"] as? Int == 1)
    #expect(report["kind"] as? String == "find-rate")
    #expect(report["promise"] as? String == "p99<2ms")
    #expect(report["rate"] as? Double == finding.rate)
    #expect(report["interrupted"] as? Bool == false)
    let capacity = try #require(report["capacity"] as? [String: Any])
    #expect(capacity["kind"] as? String == "run")
    let trials = try #require(report["trials"] as? [[String: Any]])
    #expect(trials.map { $0["rate"] as? Double } == finding.trials.map(\.rate))
    #expect(trials.map { $0["kept"] as? Bool } == finding.trials.map(\.isKept))
    #expect(trials.map { $0["confirmation"] as? Bool } == finding.trials.map(\.isConfirmation))
    for trial in trials {
      let workload = try #require((trial["report"] as? [String: Any])?["workload"] as? [String: Any])
      #expect(workload["rate"] as? Double == trial["rate"] as? Double)
    }
  }

  @Test func `a search that found nothing has no rate`() throws {
    let promise = try #require(Promise("p99<2ms"))
    let finding = try RateFinder(promise, workload).run { workload, _ in
      sampleOutcome(workload: workload, isInterrupted: true)
    }
    let report = try decodeReport(RateFindingReport(finding))
    #expect(report["rate"] == nil)
    #expect(report["interrupted"] as? Bool == true)
    #expect((report["trials"] as? [Any])?.isEmpty == true)
  }

  @Test func `the report of a sweep has all of its steps`() throws {
    let sweep = try #require(Sweep("10%..90%"))
    let result = try SweepRunner(sweep, workload).run { workload, _ in
      sampleOutcome(workload: workload, corrected: [workload.rate ?? 0 > 350 ? 50_000_000 : 1_000_000])
    }
    let report = try decodeReport(SweepReport(result))
    #expect(report["schema"] as? Int == 1)
    #expect(report["kind"] as? String == "sweep")
    #expect(report["knee"] as? Double == sweep.shares[3])
    #expect(report["interrupted"] as? Bool == false)
    #expect(report["capacity"] is [String: Any])
    let steps = try #require(report["steps"] as? [[String: Any]])
    #expect(steps.map { $0["share"] as? Double } == Array(sweep.shares[...3]))
    #expect(steps.map { $0["rate"] as? Double } == result.steps.map(\.rate))
    #expect(steps.allSatisfy { ($0["report"] as? [String: Any])?["kind"] as? String == "run" })
  }

  @Test func `a sweep without a knee has none in its report`() throws {
    let sweep = try #require(Sweep("10%..30%"))
    let result = try SweepRunner(sweep, workload).run { workload, _ in sampleOutcome(workload: workload) }
    let report = try decodeReport(SweepReport(result))
    #expect(report["knee"] == nil)
    #expect((report["steps"] as? [Any])?.count == 3)
  }
}
