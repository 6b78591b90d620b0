import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct StartTimesTests {
    private func measure(
      _ rungs: [Rung],
      rounds: Int,
      isInterrupted: @escaping () -> Bool = { false }
    ) throws -> (outcome: StartTimes.Outcome, rounds: [Int]) {
      var result: (outcome: StartTimes.Outcome, rounds: [Int]) = (.init(), [])
      try withLadderFolder(rungs) { ladder, folder in
        var times = StartTimes(ladder: ladder, processors: try Processors(.none), logFolder: folder, seed: 1)
        times.isInterrupted = isInterrupted
        result.outcome = try times.measure(rungs, rounds: rounds) { result.rounds.append($0) }
      }
      return result
    }

    @Test func `each is started in each round`() throws {
      let (outcome, rounds) = try measure([MadeUpLadder.rung("a"), MadeUpLadder.rung("b")], rounds: 3)
      #expect(rounds == [1, 2, 3])
      #expect(outcome.problems == [:])
      for rung in ["a", "b"] {
        #expect(outcome.milliseconds[rung]?.keys.sorted() == [1, 2, 3])
        let spread = try #require(outcome.spread(rung))
        #expect(spread.low > 0 && spread.low <= spread.median && spread.median <= spread.high)
      }
      let ratio = try #require(outcome.ratio("b", to: "a", seed: 1))
      #expect(ratio.rounds == 3)
      #expect(outcome.ratio("a", to: "a", seed: 1) == nil)
    }

    @Test func `no rounds are none`() throws {
      let (outcome, rounds) = try measure([MadeUpLadder.rung("a")], rounds: 0)
      #expect(rounds == [])
      #expect(outcome.spread("a") == nil)
    }

    @Test func `a server that doesn't start is told, and the others are timed`() throws {
      let rungs = [MadeUpLadder.rung("a"), MadeUpLadder.rung("bad", echo: MadeUpLadder.echo("exit(3)"))]
      let (outcome, _) = try measure(rungs, rounds: 2)
      #expect(outcome.problems == ["bad": "it ended before it said that it listens: exit 3"])
      #expect(outcome.spread("a") != nil)
      #expect(outcome.ratio("bad", to: "a", seed: 1) == nil)
    }

    @Test func `ratios are of the same round`() throws {
      let outcome = StartTimes.Outcome(milliseconds: ["a": [1: 10, 2: 20, 3: 40], "b": [1: 20, 2: 40]])
      let ratio = try #require(outcome.ratio("b", to: "a", seed: 1))
      #expect(ratio == Ratio(value: 2, low: 2, high: 2, rounds: 2))
    }

    @Test func `an interruption ends it, and leaves the rounds that are whole`() throws {
      let rungs = [MadeUpLadder.rung("a"), MadeUpLadder.rung("b")]
      #expect(try measure(rungs, rounds: 1) { true }.outcome.milliseconds == [:])

      var begun = 0
      var hasCome = false
      var outcome = StartTimes.Outcome()
      try withLadderFolder(rungs) { ladder, folder in
        var times = StartTimes(ladder: ladder, processors: try Processors(.none), logFolder: folder, seed: 1)
        times.isInterrupted = { hasCome }
        outcome = try times.measure(rungs, rounds: 4) { round in
          begun = round
          hasCome = round == 3
        }
      }
      #expect(begun == 3)
      #expect(outcome.isInterrupted)
      for rung in ["a", "b"] { #expect(outcome.milliseconds[rung]?.keys.sorted() == [1, 2]) }
      #expect(outcome.ratio("b", to: "a", seed: 1)?.rounds == 2)
    }
  }
#endif
