/// Shares of a server's capacity at which its latency is measured: `10%..90%`.
public struct Sweep: Sendable, Equatable {
  /// The shares, rising; 0.1 is a tenth.
  public let shares: [Double]

  /// A latency that has grown by this factor since the first share marks the knee.
  static let kneeFactor = 10.0

  /// Reads `10%..90%`, in steps of ten, or `20%..80%/5%`, in steps of five.
  ///
  /// - Returns: nil when the text is none of these, the range is empty, a share is zero or above 200 %, or there are
  ///   more than a hundred.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let dots = parts[0].firstRange(of: "..") else { return nil }
    guard let low = Self.percent(parts[0][..<dots.lowerBound]),
      let high = Self.percent(parts[0][dots.upperBound...]),
      let step = parts.count == 2 ? Self.percent(parts[1]) : 10, low <= high, high <= 200,
      (high - low) / step < 100
    else { return nil }
    // A little beyond, so that the last one isn't lost by rounding.
    let steps = Int((high - low) / step + 1e-6)
    shares = (0...steps).map { (low + Double($0) * step) / 100 }
  }

  private static func percent(_ text: some StringProtocol) -> Double? {
    guard text.last == "%", let value = Double(text.dropLast()), value > 0, value.isFinite else { return nil }
    return value
  }

  /// Whether a run is at the knee or beyond: its rate could not be sent, or its p99 is ten times that of the first one.
  public static func isBeyondKnee(_ outcome: Outcome, first: Outcome) -> Bool {
    !outcome.verdict.isValid
      || Latency(outcome.corrected)[99] > Latency(first.corrected)[99] * kneeFactor
  }
}
