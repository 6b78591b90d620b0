import Testing

@testable import LoadGenerator

@Suite struct RateSearchTests {
  /// More runs than this would take a search hours.
  private static let mostRuns = 700

  /// A search with runs that a function of the rate makes.
  private func search(
    capacity: Double,
    _ isKept: @escaping (_ rate: Double, _ isConfirmation: Bool) -> Bool?
  ) throws -> (rate: Double?, trials: [RateSearch.Trial]) {
    var runs = 0
    var search = RateSearch { rate, isConfirmation in
      runs += 1
      guard runs <= Self.mostRuns else { throw TooManyRuns() }
      return isKept(rate, isConfirmation)
    }
    let rate = try search.search(capacity: capacity)
    return (rate, search.trials)
  }

  private struct TooManyRuns: Error {}

  // MARK: Finding

  @Test(
    arguments: [
      0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.49, 0.5, 0.51, 0.7, 0.8, 0.9, 0.99, 1, 1.2, 1.7, 2, 2.5, 3,
    ]
  )
  func `a threshold is found, from below and within the precision`(share: Double) throws {
    for capacity in [10, 1000, 123_456.7] {
      let threshold = capacity * share
      let (found, trials) = try search(capacity: capacity) { rate, _ in rate <= threshold }
      let rate = try #require(found)
      #expect(rate <= threshold)
      #expect(rate * (1 + RateSearch.precision) >= threshold)
      #expect(trials.count < 30)
      // What is found was confirmed, by as many runs as it takes.
      let confirmations = trials.filter(\.isConfirmation)
      #expect(confirmations.map(\.rate) == [rate, rate])
      #expect(trials.suffix(2).allSatisfy { $0.isConfirmation })
      #expect(trials.allSatisfy { $0.isKept == ($0.rate <= threshold) })
    }
  }

  @Test func `the search begins at half the capacity`() throws {
    #expect(try search(capacity: 1000) { rate, _ in rate <= 700 }.trials.first?.rate == 500)
    #expect(try search(capacity: 1000) { rate, _ in rate <= 70 }.trials.first?.rate == 500)
  }

  @Test func `no rate is tried twice but to confirm it`() throws {
    let trials = try search(capacity: 1000) { rate, _ in rate <= 432 }.trials.filter { !$0.isConfirmation }
    #expect(Set(trials.map(\.rate)).count == trials.count)
  }

  @Test func `when even small rates break the promise nothing is found`() throws {
    let (rate, trials) = try search(capacity: 1000) { _, _ in false }
    #expect(rate == nil)
    #expect(trials.count < 15)
    #expect(trials.allSatisfy { $0.rate >= 1000 * RateSearch.leastShare })
    #expect(!trials.contains { $0.isConfirmation })
  }

  @Test func `when no rate breaks the promise the search ends all the same`() throws {
    let (rate, trials) = try search(capacity: 1000) { _, _ in true }
    #expect(try #require(rate) > 3000)
    #expect(trials.count < 30)
    #expect(trials.suffix(2).allSatisfy { $0.isConfirmation })
  }

  @Test(arguments: [0, -1, -0.0, .nan, .infinity] as [Double])
  func `without a capacity there is nothing to try`(capacity: Double) throws {
    for isKept in [true, false] {
      let (rate, trials) = try search(capacity: capacity) { _, _ in isKept }
      #expect(rate == nil)
      #expect(trials.isEmpty)
    }
  }

  // MARK: Noise

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `a noisy server's rate is found about where it is`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    // Between 720 and 880 it keeps the promise the less often the higher the rate is.
    let (found, trials) = try search(capacity: 1000) { rate, _ in
      rate < 720 + 160 * generator.nextUnit()
    }
    let rate = try #require(found)
    // A step down may begin above 720 and end below.
    #expect(rate > 720 * RateSearch.stepDown && rate < 880)
    #expect(trials.count < 60)
    // The last ones confirm it.
    let last = trials.suffix(while: { $0.isConfirmation && $0.rate == rate })
    #expect(last.filter(\.isKept).count == RateSearch.neededConfirmations)
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func `chance alone is searched in a bounded number of runs`(seed: UInt64) throws {
    for share in [0.05, 0.3, 0.5, 0.7, 0.95] {
      var generator = SeededGenerator(seed: seed)
      _ = try search(capacity: 1000) { _, _ in generator.nextUnit() < share }
    }
  }

  @Test func `a rate that is kept once and never confirmed gives way down to the least one`() throws {
    let (rate, trials) = try search(capacity: 1000) { _, isConfirmation in !isConfirmation }
    #expect(rate == nil)
    let confirmations = trials.filter(\.isConfirmation)
    #expect(confirmations.allSatisfy { $0.rate > 1 })
    #expect(try #require(confirmations.last?.rate) < 1.1)
  }

  // MARK: Confirming

  @Test func `a rate that isn't confirmed gives way to a lower one`() throws {
    var confirmed: [Double] = []
    let (found, trials) = try search(capacity: 1000) { rate, isConfirmation in
      guard isConfirmation else { return rate <= 800 }
      confirmed.append(rate)
      // The first two rates fail.
      return Set(confirmed).count > 2
    }
    let rate = try #require(found)
    let rates = trials.filter(\.isConfirmation).map(\.rate)
    let first = try #require(rates.first)
    #expect(rates == [first, first, first * 0.95, first * 0.95, first * 0.95 * 0.95, first * 0.95 * 0.95])
    #expect(rate == first * 0.95 * 0.95)
  }

  @Test(
    arguments: [
      ([true, true], true), ([true, false, true], true), ([false, true, true], true),
      ([false, false], false),
      ([true, false, false], false), ([false, true, false], false),
    ]
  )
  func `two of three runs confirm a rate, and no more are made than it takes`(
    runs: [Bool],
    isConfirmed: Bool
  ) throws {
    var rest = runs
    let (_, trials) = try search(capacity: 1000) { rate, isConfirmation in
      guard isConfirmation else { return rate <= 800 }
      return rest.isEmpty ? true : rest.removeFirst()
    }
    let confirmations = trials.filter(\.isConfirmation)
    let first = confirmations.prefix { $0.rate == confirmations[0].rate }
    #expect(first.map(\.isKept) == runs)
    #expect((first.count == confirmations.count) == isConfirmed)
  }

  // MARK: Giving up

  @Test(arguments: [0.05, 0.8, 1.5]) func `a search can be given up at each run`(share: Double) throws {
    let whole = try search(capacity: 1000) { rate, _ in rate <= 1000 * share }.trials
    for count in whole.indices {
      var runs = 0
      let (rate, trials) = try search(capacity: 1000) { rate, _ in
        runs += 1
        return runs > count ? nil : rate <= 1000 * share
      }
      #expect(rate == nil)
      #expect(runs == count + 1, "not one more")
      #expect(trials == Array(whole[..<count]))
    }
  }

  @Test func `an error of a run ends the search`() throws {
    struct Broken: Error {}
    for count in 0..<8 {
      var runs = 0
      var search = RateSearch { rate, _ in
        runs += 1
        if runs > count { throw Broken() }
        return rate <= 800
      }
      #expect(throws: Broken.self) { try search.search(capacity: 1000) }
      #expect(search.trials.count == count)
    }
  }
}

extension Array {
  /// The last elements, from the end as long as they hold.
  fileprivate func suffix(while holds: (Element) -> Bool) -> ArraySlice<Element> {
    self[(lastIndex { !holds($0) }.map { $0 + 1 } ?? startIndex)...]
  }
}
