import LoadGenerator
import Testing

@testable import Comparison
@testable import uvecho_tools

@Suite struct CompareProgressTests {
  // MARK: Steps

  @Test func `a step is told with how many there are`() {
    let step = Step(round: 3, entrant: "echo", cell: MadeUpResults.cell, share: nil)
    #expect(
      CompareProgress.text(step, "Echo", 7, 40, 45) == "7 of 40, 45 s left: round 3, Echo, 5 persistent"
    )
  }

  @Test func `a step at a rate names its share`() {
    let cell = Cell(.reconnect, connections: 100)
    let step = Step(round: 3, entrant: "echo", cell: cell, share: 0.125)
    #expect(
      CompareProgress.text(step, "Echo", 7, 40, 45)
        == "7 of 40, 45 s left: latency round 3, Echo, 100 reconnect at 12.5 %"
    )
  }

  // MARK: Rounds

  @Test func `a round that is over says how long the others will take`() {
    #expect(CompareProgress.text(2, 10, false, 45) == "round 2 of 10 is over, 45 s left")
    #expect(CompareProgress.text(2, 6, true, 700) == "latency round 2 of 6 is over, 12 min left")
  }

  @Test func `the last round leaves nothing`() {
    #expect(CompareProgress.text(6, 6, true, 0) == "latency round 6 of 6 is over")
  }

  // MARK: Troubles

  private func trouble(_ sample: Sample) -> String? { CompareProgress.trouble(sample, "Echo") }

  @Test func `a good sample is not worth a line`() {
    #expect(trouble(MadeUpResults.sample("echo", 1000)) == nil)
    #expect(trouble(MadeUpResults.sample("echo", 1000, share: 0.5)) == nil)
  }

  @Test func `a server that failed says how, and where`() {
    let sample = Sample(entrant: "echo", round: 3, cell: MadeUpResults.cell, failure: "no luck")
    #expect(trouble(sample) == "round 3, Echo, 5 persistent clients, 64 bytes: no luck")
  }

  @Test func `a server that ended at the first request says how`() {
    var sample = Sample(entrant: "echo", round: 3, cell: MadeUpResults.cell, failure: "it did not answer")
    sample.survival = Survival(crashed: "exit 9", answers: false, leftoverSockets: 0, end: "exit 9")
    #expect(trouble(sample)?.hasSuffix(": it did not answer; it has ended: exit 9") == true)
  }

  @Test func `a failure at a rate names its share`() {
    let sample = Sample(entrant: "echo", round: 2, cell: MadeUpResults.cell, share: 0.75, failure: "no luck")
    #expect(trouble(sample) == "latency round 2, Echo, 5 persistent clients, 64 bytes at 75 %: no luck")
  }

  @Test func `figures that can't be trusted are told in the generator's words`() {
    let sample = MadeUpResults.sample("echo", 1000) {
      $0.load?.valid = false
      $0.load?.verdict = "INVALID: a reason"
    }
    #expect(trouble(sample) == "round 1, Echo, 5 persistent clients, 64 bytes: INVALID: a reason")
  }

  @Test(
    arguments: [
      (
        Survival(crashed: "SIGSEGV", answers: false, leftoverSockets: 0, end: "SIGSEGV"),
        "the server ended under load: SIGSEGV"
      ),
      (
        Survival(answers: false, leftoverSockets: 0, end: "exit 0"),
        "the server did not answer after the load"
      ),
      (
        Survival(answers: true, leftoverSockets: 0, end: nil),
        "the server did not end at SIGTERM, and was killed"
      ),
    ]
  )
  func `how a server stood after the load is told`(survival: Survival, text: String) {
    let sample = MadeUpResults.sample("echo", 1000) { $0.survival = survival }
    #expect(trouble(sample) == "round 1, Echo, 5 persistent clients, 64 bytes: \(text)")
  }

  @Test func `a crash says more than the figures that it spoils`() {
    let sample = MadeUpResults.sample("echo", 1000) {
      $0.load?.valid = false
      $0.load?.verdict = "INVALID: a reason"
      $0.survival = Survival(crashed: "exit 9", answers: false, leftoverSockets: 0, end: "exit 9")
    }
    #expect(trouble(sample)?.hasSuffix(": the server ended under load: exit 9") == true)
  }
}
