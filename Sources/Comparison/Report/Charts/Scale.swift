#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Where on an axis a value stands, from 0 to 1.
struct Scale {
  enum Kind {
    case linear
    case logarithmic
    /// For percentiles: as far from 90 to 99 as from 99 to 99.9.
    case percentile
  }

  let kind: Kind
  let low: Double
  let high: Double
  /// The values that have a label.
  let ticks: [Double]

  /// From 0 to a round number above all values.
  init(linearTo values: [Double], ticks count: Int = 5) {
    let highest = max(values.filter(\.isFinite).max() ?? 0, .leastNormalMagnitude)
    let step = Self.round(highest / Double(count))
    // Not a whole step of air above the highest.
    let steps = (highest / step).rounded(.up)
    kind = .linear
    low = 0
    high = max(highest * 1.02, steps * step - step * 0.6)
    ticks = (0...Int(steps)).map { Double($0) * step }.filter { [high] in $0 <= high * 1.0001 }
  }

  /// Between two values, and a little room.
  init(linearAround values: [Double], ticks count: Int = 5) {
    let finite = values.filter(\.isFinite)
    let lowest = finite.min() ?? 0
    let highest = finite.max() ?? 1
    let room = max((highest - lowest) * 0.04, abs(highest) * 0.01, 1e-9)
    let (low, high) = (lowest - room, highest + room)
    let step = Self.round((high - low) / Double(count))
    kind = .linear
    self.low = low
    self.high = high
    let first = Int((low / step).rounded(.up))
    let last = Int((high / step).rounded(.down))
    ticks = first <= last ? (first...last).map { Double($0) * step } : []
  }

  /// Over all positive values, by powers of ten.
  init(logarithmicAround values: [Double], ticks count: Int = 9) {
    let positive = values.filter { $0 > 0 && $0.isFinite }
    let low = (positive.min() ?? 1) * 0.85
    let high = (positive.max() ?? 10) * 1.18
    kind = .logarithmic
    self.low = low
    self.high = high
    // One, or one, two and five, of each power, as there is room.
    let first = Int(log10(low).rounded(.down))
    let last = Int(log10(high).rounded(.up))
    let choices: [[Double]] = [[1, 2, 5], [1, 3], [1]]
    let all = choices.map { factors in
      (first...last).flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
        .filter { $0 >= low && $0 <= high }
    }
    ticks = all.first { $0.count <= count } ?? all.last { $0.count > 1 } ?? all[0]
  }

  /// For percentiles up to one.
  init(percentilesTo highest: Double) {
    kind = .percentile
    low = 0
    high = highest
    ticks = [0, 50, 90, 99, 99.9, 99.99, 99.999].filter { $0 <= highest }
  }

  /// With a label at each of some values, from the first to the last.
  init(stops: [Double]) {
    let low = stops.min() ?? 0
    let high = stops.max() ?? 1
    // The first curve's beginning has room before it.
    let room = max((high - low) * 0.06, 1e-9)
    kind = .linear
    self.low = low - room
    self.high = high
    ticks = stops
  }

  /// 0 at the low end, 1 at the high end.
  func callAsFunction(_ value: Double) -> Double {
    let place = (along(value) - along(low)) / (along(high) - along(low))
    return place.isFinite ? min(1, max(0, place)) : 0
  }

  private func along(_ value: Double) -> Double {
    switch kind {
    case .linear: value
    case .logarithmic: log10(max(value, low))
    case .percentile: -log10(1 - min(value, 99.9999) / 100)
    }
  }

  /// The next of 1, 2, 2.5 and 5 times a power of ten.
  private static func round(_ step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    let factor = [1, 2, 2.5, 5].first { $0 * power >= step * 0.9999 } ?? 10
    return factor * power
  }
}
