public import Histogram

/// The figures of a distribution of times, in nanoseconds.
public struct Latency: Sendable, Equatable {
  /// How many times there are.
  public let count: Int
  /// Their mean.
  public let mean: Double
  /// Their standard deviation.
  public let standardDeviation: Double
  /// The shortest.
  public let min: Double
  /// The longest.
  public let max: Double
  /// The percentiles that are kept, ascending.
  public let kept: [Double]
  /// The times at them, in nanoseconds.
  public let curve: [Double]

  /// The percentiles that are kept where nobody asks for others.
  public static let usual: [Double] = [50, 75, 90, 99, 99.9, 99.99]

  /// The figures of a histogram of nanoseconds.
  ///
  /// In one pass over the histogram, compiled for its type: its own `mean`, `stdDeviation` and `valueAtPercentile` are
  /// generic code, a hundred times as slow, which would take from the client's core once a second.
  ///
  /// - Parameter kept: the percentiles to keep, ascending.
  public init(_ times: Times, keeping kept: [Double] = Latency.usual) {
    self.kept = kept
    let total = times.totalCount
    let longest = times.maxRecorded
    let targets = kept.map { Swift.max(1, UInt64(($0.nextDown * Double(total) / 100).rounded(.up))) }
    var percentiles: [Double] = []
    var seen: UInt64 = 0
    var sum = 0.0
    // Deviations from the first value, so that squares of large numbers don't eat the small differences.
    var origin: Double?
    var squares = 0.0
    for step in times.recordedValues() {
      let highest = step.value
      let middle = Double(
        times.lowestEquivalentForValue(highest) + times.sizeOfEquivalentRangeForValue(highest) / 2
      )
      let offset = middle - (origin ?? middle)
      origin = origin ?? middle
      sum += offset * Double(step.count)
      squares += offset * offset * Double(step.count)
      seen += step.count
      while percentiles.count < targets.count, seen >= targets[percentiles.count] {
        percentiles.append(Double(Swift.min(highest, longest)))
      }
    }
    let deviation = total > 0 ? sum / Double(total) : 0
    count = Int(total)
    mean = (origin ?? 0) + deviation
    standardDeviation =
      total > 0 ? Swift.max(0, squares / Double(total) - deviation * deviation).squareRoot() : 0
    min = Double(times.min)
    max = Double(longest)
    curve = total > 0 ? percentiles : kept.map { _ in 0 }
  }

  /// The time that a share of all times doesn't exceed.
  ///
  /// - Parameter percentile: one of those that are kept.
  public subscript(percentile: Double) -> Double {
    guard let place = kept.firstIndex(of: percentile) else {
      preconditionFailure("the percentiles that are kept are \(kept), not \(percentile)")
    }
    return curve[place]
  }
}
