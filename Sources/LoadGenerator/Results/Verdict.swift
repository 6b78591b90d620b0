/// Whether the figures of a run can be trusted.
public struct Verdict: Sendable, Equatable {
  /// Why a run can't be trusted.
  public enum Reason: Sendable, Equatable {
    /// No connection could be made; the failure that most of them met.
    case unreachable(Failure)
    /// No reply came in the measured time.
    case noResponse
    /// No request was to begin in the measured time: the rate is too low for it.
    case nothingDue
    /// Replies had wrong, surplus or missing bytes.
    case corrupt(Int)
    /// Bytes that were sent are neither back nor lost with a failure that was counted.
    case bytesDoNotAddUp(Ledger)
    /// Less than 99 % of the asked rate was sent; the shares of a hundred.
    case rateNotSent(share: Double)
    /// Rate times mean latency is not the number of connections; the ratio of both.
    case littlesLaw(ratio: Double)
  }

  /// The share of an asked rate that has to be sent.
  public static let leastSent = 0.99
  /// How far Little's law may be off.
  public static let littlesTolerance = 0.1
  /// The share of its processors above which the client is what limits a rate.
  public static let limitedShare = 0.9

  /// Why the figures can't be trusted; empty when they can.
  public let reasons: [Reason]
  /// Whether the client limited the rate of a closed loop, which is then a lower bound.
  public let isClientLimited: Bool

  /// Whether the figures can be trusted.
  public var isValid: Bool { reasons.isEmpty }
}

/// What a verdict is made from.
struct Evidence {
  /// What most clients met when nobody could connect.
  var unreachable: Failure?
  /// Replies that became whole in the measured time, and those to requests that began in it.
  var completed = 0
  var responses = 0
  var corrupt = 0
  var ledger = Ledger()
  /// Requests that were sent, of those that were to be; nil in a closed loop.
  var sent: (Int, of: Int)?
  /// Rate times mean latency, of the connections; nil in an open loop.
  var littlesLaw: Double?
  /// The share of the time for which the client's threads ran, or had to wait for a processor.
  var clientShare = 0.0
  /// Whether the server is known to do what it can.
  var isServerSaturated = false
}

extension Verdict {
  init(_ evidence: Evidence) {
    var reasons: [Reason] = []
    if let failure = evidence.unreachable {
      reasons.append(.unreachable(failure))
    } else if let (_, asked) = evidence.sent, asked == 0 {
      reasons.append(.nothingDue)
    } else if evidence.responses == 0, evidence.completed == 0 {
      reasons.append(.noResponse)
    }
    if evidence.corrupt > 0 { reasons.append(.corrupt(evidence.corrupt)) }
    if !evidence.ledger.addsUp { reasons.append(.bytesDoNotAddUp(evidence.ledger)) }
    if let (sent, asked) = evidence.sent, asked > 0 {
      let share = Double(sent) / Double(asked)
      if share < Self.leastSent { reasons.append(.rateNotSent(share: share)) }
    }
    if let ratio = evidence.littlesLaw, abs(ratio - 1) > Self.littlesTolerance {
      reasons.append(.littlesLaw(ratio: ratio))
    }
    self.reasons = reasons
    // A server that can do no more limits the rate as much as the client does.
    isClientLimited =
      evidence.sent == nil && evidence.clientShare > Self.limitedShare && !evidence.isServerSaturated
  }
}

extension Verdict: CustomStringConvertible {
  /// `VALID`, `CLIENT-LIMITED`, or `INVALID:` with the reasons.
  public var description: String {
    guard isValid else { return "INVALID: \(reasons.map(\.description).joined(separator: "; "))" }
    return isClientLimited ? "CLIENT-LIMITED" : "VALID"
  }
}

extension Verdict.Reason: CustomStringConvertible {
  /// A clause that says what is wrong.
  public var description: String {
    switch self {
    case .unreachable(let failure): "no connection could be made: \(failure)"
    case .noResponse: "no reply came in the measured time"
    case .nothingDue: "no request was due in the measured time: measure longer, or at a higher rate"
    case .corrupt(let count): "\(count) \(count == 1 ? "reply was" : "replies were") corrupt"
    case .bytesDoNotAddUp(let ledger):
      """
      the bytes don't add up: \(ledger.sent) sent, \(ledger.echoed) echoed, \(ledger.lostTotal) lost with errors; \
      \(ledger.received) received, \(ledger.wrong) of them wrong
      """
    case .rateNotSent(let share): "only \(Self.percent(share)) of the asked rate was sent"
    case .littlesLaw(let ratio):
      "Little's law failed: rate x mean latency is \(Self.percent(ratio)) of the connections"
    }
  }

  private static func percent(_ share: Double) -> String {
    "\((share * 1000).rounded() / 10) %"
  }
}
