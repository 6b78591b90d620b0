/// What a server is to keep: a bound on a figure of its latency, such as `p99<2ms`.
public struct Promise: Sendable, Equatable, CustomStringConvertible {
  /// A figure of a distribution of times.
  public enum Figure: Sendable, Equatable {
    case mean
    case max
    /// One of ``Latency/usual``.
    case percentile(Double)
  }

  /// What is bounded.
  public let figure: Figure
  /// The bound, in nanoseconds.
  public let bound: Double

  private static let units: [(String, Double)] = [
    ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9),
  ]

  /// Reads `p99<2ms`, `p99.9<500us`, `mean<1.5ms` or `max<1s`.
  ///
  /// - Returns: nil when the text is none of these, or its percentile isn't one of ``Latency/usual``.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "<", omittingEmptySubsequences: false)
    guard parts.count == 2, let figure = Self.figure(parts[0]), let bound = Self.time(parts[1]) else {
      return nil
    }
    self.figure = figure
    self.bound = bound
  }

  private static func figure(_ text: some StringProtocol) -> Figure? {
    switch text {
    case "mean": return .mean
    case "max": return .max
    default:
      guard text.first == "p", let value = Double(text.dropFirst()) else { return nil }
      // 999 is a usual way to write 99.9.
      let percentile = value > 100 ? Double("\(text.dropFirst().prefix(2)).\(text.dropFirst(3))") : value
      guard let percentile, Latency.usual.contains(percentile) else { return nil }
      return .percentile(percentile)
    }
  }

  /// Nanoseconds.
  private static func time(_ text: some StringProtocol) -> Double? {
    for (unit, scale) in units where text.hasSuffix(unit) {
      let digits = text.dropLast(unit.count)
      // Of "5ms", "s" is a suffix too, and "5m" no number.
      guard let value = Double(digits), value > 0, (value * scale).isFinite else { continue }
      return value * scale
    }
    return nil
  }

  /// The figure of a distribution, in nanoseconds.
  public func value(in latency: Latency) -> Double {
    switch figure {
    case .mean: latency.mean
    case .max: latency.max
    case .percentile(let percentile): latency[percentile]
    }
  }

  /// Whether a run keeps it: the run is valid, nothing failed, and the corrected latency is below the bound.
  public func isKept(by outcome: Outcome) -> Bool {
    outcome.verdict.isValid && outcome.errors.isEmpty && value(in: Latency(outcome.corrected)) < bound
  }

  /// The text form: `p99<2ms`.
  public var description: String {
    let name =
      switch figure {
      case .mean: "mean"
      case .max: "max"
      case .percentile(let percentile):
        "p\(percentile.rounded() == percentile ? String(Int(percentile)) : String(percentile))"
      }
    let (unit, scale) = bound < 1e6 ? ("us", 1e3) : bound < 1e9 ? ("ms", 1e6) : ("s", 1e9)
    let value = bound / scale
    return "\(name)<\(Int(exactly: value).map(String.init) ?? String(value))\(unit)"
  }
}
