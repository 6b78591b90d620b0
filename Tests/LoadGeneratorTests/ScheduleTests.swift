import Testing

@testable import LoadGenerator

@Suite struct ScheduleTests {
  private let second: UInt64 = 1_000_000_000

  private func schedule(
    _ index: Int = 0,
    of count: Int = 1,
    rate: Double,
    arrivals: Workload.Arrivals = .constant,
    seed: UInt64 = 1,
    start: UInt64 = 5000
  ) -> Schedule {
    Schedule(client: index, of: count, rate: rate, arrivals: arrivals, seed: seed, start: start)
  }

  /// The next times of a schedule.
  private func times(_ schedule: Schedule, _ count: Int) -> [UInt64] {
    var schedule = schedule
    return (0..<count).map { _ in
      defer { schedule.advance() }
      return schedule.next
    }
  }

  // MARK: Constant

  @Test func `a constant rate begins at the start, and has equal distances`() {
    #expect(times(schedule(rate: 1000), 4) == [5000, 1_005_000, 2_005_000, 3_005_000])
  }

  @Test(arguments: [3, 7, 11, 13, 299, 3000, 30_000])
  func `the request that begins a second is not begun a moment before it`(rate: Double) {
    var schedule = schedule(rate: rate, start: 0)
    for number in 0..<UInt64(rate * 10) {
      if number % UInt64(rate) == 0 { #expect(schedule.next == number / UInt64(rate) * second) }
      schedule.advance()
    }
    #expect(schedule.next == 10 * second)
  }

  @Test(arguments: [1, 2, 3, 7, 100]) func `clients take turns, as evenly as one alone`(count: Int) {
    let alone = times(schedule(rate: 1000), 10 * count)
    let together = (0..<count).flatMap { times(schedule($0, of: count, rate: 1000), 10) }.sorted()
    #expect(zip(alone, together).allSatisfy { max($0, $1) - min($0, $1) <= 1 })
    // Client after client.
    #expect((0..<count).map { schedule($0, of: count, rate: 1000).next } == Array(together[..<count]))
  }

  @Test(arguments: [1000, 3000, 7, 299.7, 777.77]) func `an hour of a constant rate doesn't drift`(
    rate: Double
  ) {
    var schedule = schedule(rate: rate, start: 1)
    let count = Int(rate * 3600)
    for number in 0..<count {
      let exact = Double(number) * 1e9 / rate
      let time = Double(schedule.next - 1)
      // The time is given in whole nanoseconds.
      if abs(time - exact) > 1 {
        Issue.record("request \(number) is to begin at \(time), not \(exact)")
        return
      }
      schedule.advance()
    }
  }

  @Test func `all clients together have so many requests in an hour as the rate says`() {
    // A period that is no whole number of nanoseconds.
    let (rate, clients) = (300.0, 9)
    let end = 3600 * second
    var total = 0
    for index in 0..<clients {
      var schedule = schedule(index, of: clients, rate: rate, start: 0)
      while schedule.next < end {
        total += 1
        schedule.advance()
      }
    }
    #expect(total == 1_080_000)
  }

  // MARK: Poisson

  @Test func `the distances of Poisson arrivals have an exponential distribution`() {
    let count = 200_000
    let times = [5000] + times(schedule(rate: 1000, arrivals: .poisson), count)
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 }
    let mean = gaps.reduce(0, +) / Double(count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // In milliseconds both are one; four standard errors.
    #expect(abs(mean - 1) < 4 / Double(count).squareRoot())
    #expect(abs(variance - 1) < 4 * (8 / Double(count)).squareRoot())
    // The first e-th part is below the mean's share of it.
    let shortest = gaps.filter { $0 < 1 }.count
    #expect(abs(Double(shortest) / Double(count) - 0.632) < 0.005)
  }

  @Test func `a gap says nothing about the next one`() {
    let times = times(schedule(rate: 1000, arrivals: .poisson), 100_001)
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) / 1e6 - 1 }
    let covariance = zip(gaps, gaps.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(gaps.count)
    #expect(abs(covariance) < 0.02)
  }

  @Test func `clients with Poisson arrivals share the rate, each with times of its own`() {
    let clients = 50
    var total = 0
    var firsts: Set<UInt64> = []
    for index in 0..<clients {
      var schedule = schedule(index, of: clients, rate: 1000, arrivals: .poisson, start: 0)
      firsts.insert(schedule.next)
      while schedule.next < 100 * second {
        total += 1
        schedule.advance()
      }
    }
    #expect(firsts.count == clients)
    // Four standard deviations of a Poisson number of 100,000.
    #expect(abs(total - 100_000) < 1300)
  }

  @Test func `the same seed gives the same times, another one others`() {
    let first = times(schedule(rate: 10, arrivals: .poisson, seed: 1), 50)
    #expect(first == times(schedule(rate: 10, arrivals: .poisson, seed: 1), 50))
    #expect(first != times(schedule(rate: 10, arrivals: .poisson, seed: 2), 50))
    #expect(first == first.sorted())
  }

  // MARK: Both

  @Test(arguments: Workload.Arrivals.allCases)
  func `the times don't depend on when they are asked for`(arrivals: Workload.Arrivals) {
    let all = times(schedule(2, of: 5, rate: 100, arrivals: arrivals), 100)
    var late = schedule(2, of: 5, rate: 100, arrivals: arrivals)
    // A hundred have passed before the first one is looked at.
    let copy = late
    for _ in 0..<99 { late.advance() }
    #expect(late.next == all[99])
    #expect(times(copy, 100) == all)
  }

  @Test(arguments: Workload.Arrivals.allCases)
  func `another start moves all times, and nothing else`(arrivals: Workload.Arrivals) {
    let early = times(schedule(1, of: 3, rate: 100, arrivals: arrivals, start: 0), 50)
    let late = times(schedule(1, of: 3, rate: 100, arrivals: arrivals, start: 7 * second), 50)
    #expect(early.map { $0 + 7 * second } == late)
  }

  @Test(arguments: Workload.Arrivals.allCases)
  func `a rate of next to nothing comes next to never`(arrivals: Workload.Arrivals) {
    var schedule = Schedule(client: 1, of: 2, rate: 1e-300, arrivals: arrivals, seed: 1, start: 5)
    #expect(schedule.next == 5 + 1_000_000_000_000_000_000)
    schedule.advance()
    #expect(schedule.next == 5 + 1_000_000_000_000_000_000)
  }
}
