import Testing

@testable import LoadGenerator

@Suite struct VerdictTests {
  @Test func `a run without a reason against it is valid`() {
    let verdict = Verdict(reasons: [], isClientLimited: false)
    #expect(verdict.isValid)
    #expect(verdict.description == "VALID")
  }

  @Test func `a run that the client limited is valid, and says so`() {
    let verdict = Verdict(reasons: [], isClientLimited: true)
    #expect(verdict.isValid)
    #expect(verdict.description == "CLIENT-LIMITED")
  }

  @Test(arguments: [false, true]) func `reasons make a run invalid, whatever limited it`(isLimited: Bool) {
    let verdict = Verdict(reasons: [.noResponse, .corrupt(3)], isClientLimited: isLimited)
    #expect(!verdict.isValid)
    #expect(
      verdict.description == "INVALID: no reply came in the measured time; 3 replies were corrupt"
    )
  }

  @Test(
    arguments: [
      (
        .unreachable(Failure(.connect, .refused)), "no connection could be made: refused while connecting"
      ),
      (.noResponse, "no reply came in the measured time"),
      (.corrupt(1), "1 reply was corrupt"),
      (.corrupt(2), "2 replies were corrupt"),
      (.rateNotSent(share: 0.5), "only 50.0 % of the asked rate was sent"),
      (.rateNotSent(share: 0.98765), "only 98.8 % of the asked rate was sent"),
      (
        .littlesLaw(ratio: 1.25), "Little's law failed: rate x mean latency is 125.0 % of the connections"
      ),
    ] as [(Verdict.Reason, String)]
  )
  func `each reason has a text`(reason: Verdict.Reason, text: String) {
    #expect(reason.description == text)
  }

  @Test func `bytes that don't add up are told by number`() {
    var ledger = Ledger()
    ledger.sent = 100
    ledger.received = 70
    ledger.echoed = 60
    ledger.wrong = 5
    ledger.lost = [Failure(.read, .reset): 20, Failure(.read, .timeout): 3]
    #expect(
      Verdict.Reason.bytesDoNotAddUp(ledger).description == """
        the bytes don't add up: 100 sent, 60 echoed, 23 lost with errors; 70 received, 5 of them wrong
        """
    )
  }

  @Test func `the bounds are those of the measurement rules`() {
    #expect(Verdict.leastSent == 0.99)
    #expect(Verdict.littlesTolerance == 0.1)
    #expect(Verdict.limitedShare == 0.9)
  }

  // MARK: Evidence

  /// What speaks for a good run in a closed loop.
  private func goodEvidence() -> Evidence {
    Evidence(completed: 10, responses: 10, littlesLaw: 1.001, clientShare: 0.5)
  }

  @Test func `good evidence makes a valid run`() {
    #expect(Verdict(goodEvidence()) == Verdict(reasons: [], isClientLimited: false))
  }

  @Test func `each rule breaks by itself`() {
    func reasons(_ change: (inout Evidence) -> Void) -> [Verdict.Reason] {
      var evidence = goodEvidence()
      change(&evidence)
      return Verdict(evidence).reasons
    }
    let refused = Failure(.connect, .refused)
    #expect(
      reasons {
        $0.unreachable = refused
        $0.responses = 0
      } == [.unreachable(refused)]
    )
    #expect(
      reasons {
        $0.responses = 0
        $0.completed = 0
      } == [.noResponse]
    )
    #expect(reasons { $0.responses = 0 } == [], "those that came were to earlier requests")
    #expect(reasons { $0.corrupt = 2 } == [.corrupt(2)])
    var ledger = Ledger()
    ledger.sent = 1
    #expect(reasons { $0.ledger = ledger } == [.bytesDoNotAddUp(ledger)])
    #expect(reasons { $0.sent = (98, of: 100) } == [.rateNotSent(share: 0.98)])
    #expect(reasons { $0.sent = (99, of: 100) } == [])
    #expect(reasons { $0.sent = (0, of: 0) } == [.nothingDue])
    for ratio in [0.899, 1.101] { #expect(reasons { $0.littlesLaw = ratio } == [.littlesLaw(ratio: ratio)]) }
    for ratio in [0.901, 1.099] { #expect(reasons { $0.littlesLaw = ratio } == []) }
  }

  @Test func `a busy client limits a closed loop, unless the server is busy as well`() {
    func isLimited(_ change: (inout Evidence) -> Void) -> Bool {
      var evidence = goodEvidence()
      change(&evidence)
      return Verdict(evidence).isClientLimited
    }
    #expect(isLimited { $0.clientShare = 0.91 })
    #expect(!isLimited { $0.clientShare = 0.9 })
    #expect(
      !isLimited {
        $0.clientShare = 0.95
        $0.isServerSaturated = true
      }
    )
    // An open loop's rate is what was asked.
    #expect(
      !isLimited {
        $0.clientShare = 0.95
        $0.sent = (100, of: 100)
      }
    )
  }
}
