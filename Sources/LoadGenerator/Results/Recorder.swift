public import Histogram

/// Times in nanoseconds, to three significant digits, up to an hour.
public typealias Times = Histogram<UInt64>

extension Times {
  /// The longest time that is told from longer ones.
  static var longest: UInt64 { 3_600_000_000_000 }

  /// No time yet.
  init() {
    self.init(highestTrackableValue: Self.longest, numberOfSignificantValueDigits: .three)
  }

  /// Records a time; one that is longer than an hour as an hour.
  @inline(__always)
  mutating func recordTime(_ nanoseconds: UInt64) {
    record(Swift.min(nanoseconds, Self.longest))
  }
}

/// The bytes of all connections of a run, from the first to the last, counted twice: by the streams, and by the
/// clients as they check them.
public struct Ledger: Sendable, Equatable {
  /// Bytes that the kernel took, as the streams counted them.
  public var sent = 0
  /// Bytes that were read, as the streams counted them.
  public var received = 0
  /// Bytes that came back right.
  public var echoed = 0
  /// Bytes that came back wrong, or uncalled for, and those that came with them.
  public var wrong = 0
  /// Bytes that were sent and did not come back, by what ended their connection.
  public var lost: [Failure: Int] = [:]

  /// Whether every byte is accounted for: what was sent came back or was lost with a failure that was counted, and what
  /// came was right or was counted as wrong.
  public var addsUp: Bool { sent == echoed + lostTotal && received == echoed + wrong }

  /// All bytes that did not come back.
  public var lostTotal: Int { lost.values.reduce(0, +) }

  mutating func add(_ other: Ledger) {
    sent += other.sent
    received += other.received
    echoed += other.echoed
    wrong += other.wrong
    lost.merge(other.lost, uniquingKeysWith: +)
  }
}

/// What one worker has counted and timed of the requests that began in the measured time, each followed to its end.
struct Record: Sendable {
  /// Requests that were to begin in the measured time, by the schedule of an open loop.
  var scheduled = 0
  var requests = 0
  var responses = 0
  var corrupt = 0
  var bytesSent = 0
  var bytesReceived = 0
  /// Over the whole run: a failure that comes before or after the measured time is one as well.
  var errors: [Failure: Int] = [:]
  var connectionsMade = 0
  var ledger = Ledger()

  /// From the beginning of a connection until it stood.
  var connect = Times()
  /// From the (intended) beginning of a request to its reply's first byte.
  var firstByte = Times()
  /// From the intended beginning to the last byte; the same as `raw` in a closed loop, where nothing is intended.
  var corrected = Times()
  /// From the true beginning to the last byte; kept in an open loop only.
  var raw = Times()
  /// How much later than intended requests began; in an open loop only.
  var lag = Times()

  /// For Little's law, nanoseconds of the measured time, over all clients, that are not in the times above: of
  /// requests that failed or began before, of clients that had no request because they had no connection or no
  /// more to do; less what the times above have of the time after.
  var otherNanoseconds = 0.0

  mutating func add(_ other: Record) {
    scheduled += other.scheduled
    requests += other.requests
    responses += other.responses
    corrupt += other.corrupt
    bytesSent += other.bytesSent
    bytesReceived += other.bytesReceived
    errors.merge(other.errors, uniquingKeysWith: +)
    connectionsMade += other.connectionsMade
    ledger.add(other.ledger)
    connect.add(other.connect)
    firstByte.add(other.firstByte)
    corrected.add(other.corrected)
    raw.add(other.raw)
    lag.add(other.lag)
    otherNanoseconds += other.otherNanoseconds
  }
}

/// A second of the measured time.
public struct Interval: Sendable {
  /// Its number, from zero.
  public let index: Int
  /// When it began, in nanoseconds from the beginning of the measured time.
  public let start: UInt64
  /// How long it was, in nanoseconds: a second, but for the last one.
  public internal(set) var length: UInt64
  /// Requests that began in it.
  public internal(set) var requests = 0
  /// Replies that became whole in it.
  public internal(set) var responses = 0
  /// Failures in it.
  public internal(set) var errors = 0
  /// The most connections that stood at once in it.
  public internal(set) var connections = 0
  /// The times of the replies in it to requests of the measured time: from the (intended) beginning to the last byte.
  /// The last interval has those that came later too.
  public internal(set) var times = Times()

  init(index: Int, start: UInt64, length: UInt64) {
    self.index = index
    self.start = start
    self.length = length
  }

  mutating func add(_ other: Interval) {
    length = max(length, other.length)
    requests += other.requests
    responses += other.responses
    errors += other.errors
    connections += other.connections
    times.add(other.times)
  }
}

/// Counts and times what the clients of one worker do, and knows when that is measured.
///
/// The measured time, the *window*, goes from `start` up to, and without, `end`.
final class Recorder {
  /// Where the clock stood when it was last looked at.
  enum Phase {
    case before
    case inside
    case after
  }

  static let second: UInt64 = 1_000_000_000

  private let isOpenLoop: Bool

  var phase = Phase.before
  var start = UInt64.max
  var end = UInt64.max
  /// When the phase or the interval changes next. Whoever sees the clock beyond it calls ``cross(_:)``.
  var boundary = UInt64.max

  /// What is touched for each request stands here, apart from the record that it goes into in the end: of such
  /// properties the compiler sees that no two accesses overlap, and needs no check at run time.
  private var scheduled = 0
  private var requests = 0
  private var responses = 0
  private var bytesSent = 0
  private var bytesReceived = 0
  /// When a request last ended, well or not.
  private(set) var lastEnd: UInt64 = 0
  /// When a request last began.
  private(set) var lastBegin: UInt64 = 0
  private var requestsInInterval = 0
  private var responsesInInterval = 0
  private let times = TimesRecorder()
  private let firstByteTimes = TimesRecorder()
  private let rawTimes = TimesRecorder()
  private let lagTimes = TimesRecorder()

  private var rest = Record()
  private var interval = Interval(index: 0, start: 0, length: 0)
  /// The connections that stand now, and the most that stood in the interval.
  private var connections = 0
  private var mostConnections = 0

  /// Called when the window ends, before anything else is done about it.
  var onWindowEnd: () -> Void = {}
  /// Called when the window begins and ends.
  var onPhase: (Phase) -> Void = { _ in }
  /// Called with each interval but the last one when it is over.
  var onInterval: (Interval) -> Void = { _ in }

  init(isOpenLoop: Bool) {
    self.isOpenLoop = isOpenLoop
  }

  // MARK: The window

  /// Sets when it is measured.
  func open(from start: UInt64, to end: UInt64) {
    self.start = start
    self.end = end
    boundary = start
  }

  /// Ends the window early; one that is over stays as it is.
  ///
  /// - Parameter time: when it ends; not before the beginning of the interval that is under way.
  func close(at time: UInt64) {
    guard phase != .after else { return }
    let time = phase == .inside ? max(time, start + interval.start) : time
    cross(time)
    guard phase != .after else { return }
    if phase == .before { start = time }
    end = max(start, time)
    boundary = end
    cross(end)
  }

  /// Brings phase and interval up to date with the clock.
  @inline(never)
  func cross(_ now: UInt64) {
    while now >= boundary {
      switch phase {
      case .before:
        phase = .inside
        boundary = min(start + Self.second, end)
        onPhase(.inside)
      case .inside where boundary == end:
        onWindowEnd()
        finishInterval(at: end)
        phase = .after
        boundary = .max
        onPhase(.after)
      case .inside:
        finishInterval(at: boundary)
        onInterval(interval)
        interval = Interval(index: interval.index + 1, start: boundary - start, length: 0)
        boundary = min(boundary + Self.second, end)
      case .after:
        return
      }
    }
  }

  private func finishInterval(at time: UInt64) {
    interval.length = time - start - interval.start
    interval.connections = mostConnections
    mostConnections = connections
    interval.requests = requestsInInterval
    interval.responses = responsesInInterval
    requestsInInterval = 0
    responsesInInterval = 0
    takeTimes()
  }

  private func takeTimes() {
    let taken = times.take()
    interval.times.add(taken)
    rest.corrected.add(taken)
  }

  /// All that was recorded, and the last interval, which has waited for the replies that came after the window.
  func finish() -> (record: Record, lastInterval: Interval) {
    takeTimes()
    rest.scheduled = scheduled
    rest.requests = requests
    rest.responses = responses
    rest.bytesSent += bytesSent
    rest.bytesReceived += bytesReceived
    rest.firstByte = firstByteTimes.take()
    rest.raw = rawTimes.take()
    rest.lag = lagTimes.take()
    return (rest, interval)
  }

  /// Whether a request that began, or was to begin, at a time is measured.
  @inline(__always)
  private func measures(_ time: UInt64) -> Bool { time >= start && time < end }

  /// How many nanoseconds of a span of time lie in the window.
  private func overlap(from: UInt64, to: UInt64) -> Double {
    let low = max(from, start)
    let high = min(to, end)
    return high > low ? Double(high - low) : 0
  }

  // MARK: What happens

  /// A request begins.
  @inline(__always)
  func requestBegins(_ request: Request) {
    if request.began >= boundary { cross(request.began) }
    lastBegin = request.began
    if phase == .inside { requestsInInterval &+= 1 }
    guard measures(request.intended) else { return }
    requests &+= 1
    bytesSent &+= request.size
    if isOpenLoop { lagTimes.record(request.began &- request.intended) }
  }

  /// A reply is whole.
  @inline(__always)
  func responseEnds(_ request: Request, firstByte: UInt64, at now: UInt64) {
    if now >= boundary { cross(now) }
    if phase == .inside { responsesInInterval &+= 1 }
    lastEnd = now
    guard measures(request.intended) else { return responseWasEarly(request, now) }
    responses &+= 1
    bytesReceived &+= request.size
    times.record(now &- request.intended)
    firstByteTimes.record(firstByte &- request.intended)
    if isOpenLoop { rawTimes.record(now &- request.began) }
    if now > end { responseWasLate(now) }
  }

  @inline(never)
  private func responseWasLate(_ now: UInt64) {
    rest.otherNanoseconds -= Double(now - end)
  }

  @inline(never)
  private func responseWasEarly(_ request: Request, _ now: UInt64) {
    rest.otherNanoseconds += overlap(from: request.began, to: now)
  }

  /// A request has failed.
  func requestFails(_ request: Request, received: Int, unsent: Int, at now: UInt64) {
    rest.otherNanoseconds += overlap(from: request.began, to: now)
    lastEnd = now
    guard measures(request.intended) else { return }
    rest.bytesSent -= unsent
    rest.bytesReceived += received
  }

  /// Something has failed: a request, or a connection without one.
  func fails(_ failure: Failure, count: Int, at now: UInt64) {
    rest.errors[failure, default: 0] += count
    if failure.isCorruption { rest.corrupt += 1 }
    if phase == .inside { interval.errors += count }
    // Last: it may end the run, and what has been counted by then is all.
    if now >= boundary { cross(now) }
  }

  /// A client had fewer requests under way than it may have, by `slots`, because it had no connection, or nothing left to
  /// do.
  @inline(never)
  func wasIdle(from: UInt64, to: UInt64, slots: Int) {
    rest.otherNanoseconds += overlap(from: from, to: to) * Double(slots)
  }

  /// A connection stands.
  func connects(from began: UInt64, at now: UInt64) {
    connections += 1
    mostConnections = max(mostConnections, connections)
    rest.connectionsMade += 1
    rest.connect.recordTime(now &- began)
  }

  /// A connection is gone, with these bytes.
  func disconnects(_ ledger: Ledger, stood: Bool) {
    if stood { connections -= 1 }
    rest.ledger.add(ledger)
  }

  /// A request was to begin at a time, and did or did not.
  @inline(__always)
  func wasScheduled(at time: UInt64) {
    if measures(time) { scheduled &+= 1 }
  }
}

/// A histogram that is recorded into for each request.
///
/// A class of its own, whose accesses are so few and short that one sees that none overlap.
final class TimesRecorder {
  // The compiler doesn't see it, since the histogram's code is another module's: the check would cost as much as the
  // recording.
  @exclusivity(unchecked) private var times = Times()

  @inline(__always)
  func record(_ nanoseconds: UInt64) { times.recordTime(nanoseconds) }

  /// Takes what was recorded, and begins anew.
  func take() -> Times {
    let taken = times
    times = Times()
    return taken
  }
}

/// A request that is under way.
struct Request {
  /// When it was to begin: the same as `began` in a closed loop.
  let intended: UInt64
  let began: UInt64
  let size: Int
}
