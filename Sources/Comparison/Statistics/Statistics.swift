internal import LoadGenerator

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What decides whether two servers differ: not eyes.
enum Statistics {
  static let resamples = 10_000

  /// The middle value, or the mean of the two; nil of nothing.
  static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The median of ratios that belong to rounds, with its interval by bootstrap over the rounds.
  ///
  /// Servers of one round have met the same machine, which drifts twofold over an hour: so each is divided by the base
  /// of its own round, and rounds are what is drawn. The median, since a neighbour's noise is in a few rounds.
  static func ratio(_ ratios: [Double], seed: UInt64) -> Ratio? {
    guard let value = median(ratios) else { return nil }
    // What is drawn from values that are all the same is always the same.
    guard ratios.contains(where: { $0 != value }) else {
      return Ratio(value: value, low: value, high: value, rounds: ratios.count)
    }
    let (low, high) = interval(seed: seed, rounds: ratios.count) { generator in
      median(resample(ratios, &generator))!
    }
    return Ratio(value: value, low: low, high: high, rounds: ratios.count)
  }

  /// The ratio of two medians whose values don't belong together, such as those of two runs.
  static func ratio(_ values: [Double], to base: [Double], seed: UInt64) -> Ratio? {
    guard let top = median(values), let bottom = median(base), bottom > 0 else { return nil }
    let rounds = min(values.count, base.count)
    guard values.contains(where: { $0 != top }) || base.contains(where: { $0 != bottom }) else {
      return Ratio(value: top / bottom, low: top / bottom, high: top / bottom, rounds: rounds)
    }
    let (low, high) = interval(seed: seed, rounds: rounds) { generator in
      median(resample(values, &generator))! / median(resample(base, &generator))!
    }
    return Ratio(value: top / bottom, low: low, high: high, rounds: rounds)
  }

  private static func resample(_ values: [Double], _ generator: inout SeededGenerator) -> [Double] {
    values.map { _ in values.randomElement(using: &generator)! }
  }

  /// The middle of what is drawn: more than 95 % of it, as few rounds scatter less than what they were drawn from. With
  /// fewer than ``Ratio/leastRounds`` all of it.
  private static func interval(
    seed: UInt64,
    rounds: Int,
    _ draw: (inout SeededGenerator) -> Double
  ) -> (low: Double, high: Double) {
    var generator = SeededGenerator(seed: seed, stream: 0)
    let drawn = (0..<resamples).map { _ in draw(&generator) }.sorted()
    let outside = min(resamples / 2, Int(Double(resamples) * tail(rounds)))
    return (drawn[outside], drawn[resamples - 1 - outside])
  }

  /// The share of what is drawn that lies outside to each side: the expanded percentile interval, whose width is that of
  /// Student's distribution for so many rounds.
  static func tail(_ rounds: Int) -> Double {
    guard rounds >= Ratio.leastRounds else { return 0 }
    let normal = 1.959964
    let freedom = Double(rounds - 1)
    // Student's quantile, by its expansion around the normal one.
    let cube = normal * normal * normal
    let student =
      normal + (cube + normal) / (4 * freedom)
      + (5 * cube * normal * normal + 16 * cube + 3 * normal) / (96 * freedom * freedom)
    return erfc(student * (Double(rounds) / freedom).squareRoot() / 2.0.squareRoot()) / 2
  }
}
