/// The search for the highest rate at which a server keeps a promise.
///
/// It brackets: from a share of the capacity it goes up until the promise is broken, or down until it is kept, halves
/// the span between the two until it is narrow, and confirms the rate it has found with runs of their own. A rate that
/// isn't confirmed gives way to a lower one.
public struct RateSearch {
  /// One run of the search.
  public struct Trial: Sendable, Equatable {
    /// The rate that was asked, in requests a second.
    public let rate: Double
    /// Whether it kept the promise.
    public let isKept: Bool
    /// Whether it was to confirm what had been found.
    public let isConfirmation: Bool
  }

  /// How wide the span between a kept and a broken rate may stay, as a share of the rate.
  static let precision = 0.03
  /// How many runs confirm a rate, and how many of them have to keep the promise.
  static let confirmations = 3
  static let neededConfirmations = 2
  /// What an unconfirmed rate is multiplied with.
  static let stepDown = 0.95
  /// Below this share of the capacity the search gives up.
  static let leastShare = 0.001
  /// Above this multiple of the capacity it goes no further, though the promise be kept.
  static let mostShare = 10.0

  /// All runs, in order.
  public private(set) var trials: [Trial] = []
  private let run: (_ rate: Double, _ isConfirmation: Bool) throws -> Bool?

  /// A search that makes its runs with `run`, which tells whether the promise was kept, or nil to give the search up.
  public init(run: @escaping (_ rate: Double, _ isConfirmation: Bool) throws -> Bool?) {
    self.run = run
  }

  /// Searches.
  ///
  /// - Parameter capacity: how many requests a second the server can answer, as measured in a closed loop.
  /// - Returns: the highest rate that keeps the promise, confirmed; nil when even the smallest breaks it, or the search
  ///   was given up.
  public mutating func search(capacity: Double) throws -> Double? {
    guard capacity > 0, capacity.isFinite,
      var (kept, broken) = try bracket(from: capacity / 2, least: capacity * Self.leastShare)
    else { return nil }
    while broken - kept > kept * Self.precision {
      let middle = (kept + broken) / 2
      guard let isKept = try isKept(middle) else { return nil }
      if isKept { kept = middle } else { broken = middle }
    }
    while kept > capacity * Self.leastShare {
      switch try isConfirmed(kept) {
      case nil: return nil
      case true?: return kept
      case false?: kept *= Self.stepDown
      }
    }
    return nil
  }

  /// A rate that keeps the promise and one, at most twice as high, that breaks it.
  private mutating func bracket(from first: Double, least: Double) throws -> (kept: Double, broken: Double)? {
    guard let firstIsKept = try isKept(first) else { return nil }
    var rate = first
    if firstIsKept {
      let most = first * 2 * Self.mostShare
      while rate < most {
        guard let isKept = try isKept(rate * 1.4) else { return nil }
        guard isKept else { return (rate, rate * 1.4) }
        rate *= 1.4
      }
      // No rate breaks it: nothing is left to halve.
      return (rate, rate)
    }
    while rate / 2 > least {
      guard let isKept = try isKept(rate / 2) else { return nil }
      if isKept { return (rate / 2, rate) }
      rate /= 2
    }
    return nil
  }

  private mutating func isKept(_ rate: Double, isConfirmation: Bool = false) throws -> Bool? {
    guard let isKept = try run(rate, isConfirmation) else { return nil }
    trials.append(Trial(rate: rate, isKept: isKept, isConfirmation: isConfirmation))
    return isKept
  }

  private mutating func isConfirmed(_ rate: Double) throws -> Bool? {
    var kept = 0
    for number in 0..<Self.confirmations {
      guard let isKept = try isKept(rate, isConfirmation: true) else { return nil }
      if isKept { kept += 1 }
      if kept == Self.neededConfirmations { return true }
      if number + 1 - kept > Self.confirmations - Self.neededConfirmations { return false }
    }
    return false
  }
}
