import Testing

@testable import LoadGenerator
@testable import uvecho_tools

@Suite struct SearchTextTests {
  private let capacity = MadeUp().outcome
  private let promise = Promise("p99<2ms")!

  private func trial(_ rate: Double, isKept: Bool, isConfirmation: Bool = false) -> RateFinder.Trial {
    let outcome = MadeUp {
      $0.openLoop(rate, scheduled: 1000)
      if !isKept { $0.errors = [Failure(.read, .reset): 1234] }
    }.outcome
    return RateFinder.Trial(rate: rate, isKept: isKept, isConfirmation: isConfirmation, outcome: outcome)
  }

  private func words(_ line: Substring) -> [String] { line.split(separator: " ").map { String($0) } }

  // MARK: A rate

  @Test func `a search tells its capacity, each run, and the rate`() {
    let finding = RateFinder.Finding(
      promise: promise,
      capacity: capacity,
      trials: [
        trial(500, isKept: true), trial(700, isKept: false), trial(500, isKept: true, isConfirmation: true),
      ],
      rate: 500
    )
    let lines = SearchText.text(finding).split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines[0] == "127.0.0.1:4000, persistent, 100 clients: 1000 responses/s in a closed loop")
    #expect(words(lines[1]) == ["run", "rate/s", "mean", "p50", "p99", "p99.9", "max", "errors", "p99<2ms"])
    #expect(words(lines[2]).prefix(2) == ["try", "500"])
    #expect(words(lines[2]).suffix(2) == ["0", "kept"])
    #expect(words(lines[3]).prefix(2) == ["try", "700"])
    #expect(words(lines[3]).suffix(3) == ["1,234", "broken:", "errors"])
    #expect(words(lines[4]).prefix(2) == ["confirm", "500"])
    #expect(lines[5] == "The highest rate that keeps p99<2ms: 500 requests/s")
  }

  @Test func `a capacity that the client limited is a lower bound`() {
    let finding = RateFinder.Finding(promise: promise, capacity: MadeUp { $0.isClientLimited = true }.outcome)
    #expect(SearchText.text(finding).contains(": >= 1000 responses/s in a closed loop\n"))
  }

  @Test func `no rate is told as such`() {
    let finding = RateFinder.Finding(
      promise: promise,
      capacity: capacity,
      trials: [trial(500, isKept: false)]
    )
    #expect(SearchText.text(finding).hasSuffix("\nno rate keeps p99<2ms"))
  }

  @Test func `an early end of a search is told`() {
    let finding = RateFinder.Finding(
      promise: promise,
      capacity: capacity,
      trials: [trial(500, isKept: true)],
      isInterrupted: true
    )
    #expect(SearchText.text(finding).hasSuffix("\nENDED EARLY: no rate was found"))
  }

  @Test func `a capacity that can't be trusted ends a search`() {
    let finding = RateFinder.Finding(
      promise: promise,
      capacity: MadeUp { $0.reasons = [.noResponse] }.outcome
    )
    #expect(
      SearchText.text(finding).hasSuffix(
        "\nthe capacity could not be measured: INVALID: no reply came in the measured time"
      )
    )
  }

  // MARK: A sweep

  private func step(_ share: Double, _ reasons: [Verdict.Reason] = []) -> SweepRunner.Step {
    let outcome = MadeUp {
      $0.openLoop(share * 1000, scheduled: 1000)
      $0.reasons = reasons
    }.outcome
    return SweepRunner.Step(share: share, rate: share * 1000, outcome: outcome)
  }

  @Test func `a sweep tells its capacity, each step, and the knee`() {
    let result = SweepRunner.Result(
      capacity: capacity,
      steps: [step(0.2), step(0.4, [.rateNotSent(share: 0.5)])],
      knee: 0.4
    )
    let lines = SearchText.text(result).split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines[0] == "127.0.0.1:4000, persistent, 100 clients: 1000 responses/s in a closed loop")
    #expect(
      words(lines[1]) == ["share", "rate/s", "mean", "p50", "p99", "p99.9", "max", "errors", "verdict"]
    )
    #expect(words(lines[2]).prefix(3) == ["20.0", "%", "200"])
    #expect(words(lines[2]).last == "VALID")
    #expect(words(lines[3]).prefix(3) == ["40.0", "%", "400"])
    #expect(words(lines[3]).last == "INVALID")
    #expect(
      lines[4]
        == "The knee is at 40.0 % of the capacity: p99 has grown tenfold, or the rate could not be sent"
    )
  }

  @Test func `a sweep without a knee says so`() {
    let result = SweepRunner.Result(capacity: capacity, steps: [step(0.2)])
    #expect(SearchText.text(result).hasSuffix("\nNo knee up to the highest share"))
  }

  @Test func `an early end of a sweep is told`() {
    let result = SweepRunner.Result(capacity: capacity, steps: [step(0.2)], isInterrupted: true)
    #expect(
      SearchText.text(result).hasSuffix("\nENDED EARLY: what stands above was measured until then")
    )
  }

  @Test func `a capacity that can't be trusted ends a sweep`() {
    let result = SweepRunner.Result(capacity: MadeUp { $0.reasons = [.corrupt(1)] }.outcome)
    #expect(
      SearchText.text(result).hasSuffix("\nthe capacity could not be measured: INVALID: 1 reply was corrupt")
    )
  }

  @Test func `a capacity of nothing ends a search and a sweep`() throws {
    let nothing = MadeUp { $0.responsesPerSecond = 0 }.outcome
    var runs = 0
    let sentence = "\nthe capacity could not be measured: all replies came after the measured time"
    let result = try SweepRunner(try #require(Sweep("10%..20%")), nothing.workload).run { _, _ in
      runs += 1
      return nothing
    }
    #expect(runs == 1)
    #expect(SearchText.text(result).hasSuffix(sentence))
    let finding = try RateFinder(promise, nothing.workload).run { _, _ in nothing }
    #expect(finding.trials.isEmpty)
    #expect(SearchText.text(finding).hasSuffix(sentence))
  }
}
