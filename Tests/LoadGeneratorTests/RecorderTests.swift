import Histogram
import Libuv
import Testing

@testable import LoadGenerator

@Suite struct RecorderTests {
  private let second: UInt64 = 1_000_000_000

  /// What a recorder has told of its window.
  private final class Told {
    var phases: [Recorder.Phase] = []
    var intervals: [Interval] = []

    init(_ recorder: Recorder) {
      recorder.onPhase = { [unowned self] in phases.append($0) }
      recorder.onInterval = { [unowned self] in intervals.append($0) }
    }
  }

  private func request(_ began: UInt64, intended: UInt64? = nil, size: Int = 64) -> Request {
    Request(intended: intended ?? began, began: began, size: size)
  }

  /// A request with its reply.
  private func exchange(_ recorder: Recorder, _ began: UInt64, _ ended: UInt64, size: Int = 64) {
    recorder.requestBegins(request(began, size: size))
    recorder.responseEnds(request(began, size: size), firstByte: ended, at: ended)
  }

  // MARK: The window

  @Test func `the window begins exactly at its start and ends exactly at its end`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 1000, to: 2000)
    recorder.cross(999)
    #expect(told.phases == [])
    recorder.cross(1000)
    #expect(told.phases == [.inside])
    recorder.cross(1999)
    #expect(told.phases == [.inside])
    recorder.cross(2000)
    #expect(told.phases == [.inside, .after])
    recorder.cross(.max)
    #expect(told.phases == [.inside, .after])
    #expect(told.intervals.isEmpty, "the last one waits for late replies")
  }

  @Test func `before it is opened nothing is measured`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    exchange(recorder, 10, 20)
    #expect(told.phases == [])
    let record = recorder.finish().record
    #expect(record.requests == 0)
    #expect(record.responses == 0)
    #expect(record.bytesSent == 0)
  }

  @Test func `a request that begins at the start is measured, one that begins at the end isn't`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 1000, to: 2000)
    for began in [999, 1000, 1999, 2000] as [UInt64] { exchange(recorder, began, began, size: Int(began)) }
    let (record, interval) = recorder.finish()
    #expect(record.requests == 2)
    #expect(record.responses == 2)
    #expect(record.bytesSent == 2999)
    #expect(record.bytesReceived == 2999)
    #expect(record.corrected.totalCount == 2)
    #expect(interval.requests == 2)
    #expect(interval.responses == 2)
  }

  @Test func `whoever comes late brings the phases up to date, each one once`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: second, to: 4 * second)
    exchange(recorder, 9 * second, 9 * second)
    #expect(told.phases == [.inside, .after])
    #expect(told.intervals.map(\.index) == [0, 1])
    let (record, last) = recorder.finish()
    #expect(record.requests == 0)
    #expect(last.index == 2)
    #expect(last.requests == 0)
  }

  @Test func `a window without length measures nothing`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 1000, to: 1000)
    exchange(recorder, 1000, 1001)
    #expect(told.phases == [.inside, .after])
    #expect(recorder.finish().record.requests == 0)
  }

  // MARK: Intervals

  @Test func `intervals are cut at whole seconds of the window`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    let start: UInt64 = 123_456_789
    recorder.open(from: start, to: start + 2 * second + second / 4)
    for offset in [0, second - 1, second, second + 1, 2 * second - 1, 2 * second] {
      exchange(recorder, start + offset, start + offset)
    }
    #expect(told.intervals.map(\.index) == [0, 1])
    recorder.cross(.max - 1)
    let (record, last) = recorder.finish()
    let all = told.intervals + [last]
    #expect(all.map(\.index) == [0, 1, 2])
    #expect(all.map(\.start) == [0, second, 2 * second])
    #expect(all.map(\.length) == [second, second, second / 4])
    #expect(all.map(\.requests) == [2, 3, 1])
    #expect(all.map(\.responses) == [2, 3, 1])
    #expect(all.map(\.times.totalCount) == [2, 3, 1])
    #expect(record.corrected.totalCount == 6)
  }

  @Test func `a window of whole seconds ends with a whole interval, and no empty one`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 3 * second)
    recorder.cross(3 * second)
    let last = recorder.finish().lastInterval
    #expect((told.intervals + [last]).map(\.length) == [second, second, second])
    #expect(last.start == 2 * second)
  }

  @Test func `several empty intervals at once are told one by one`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 10 * second)
    exchange(recorder, 0, 1)
    exchange(recorder, 6 * second, 6 * second + 1)
    #expect(told.intervals.map(\.index) == Array(0...5))
    #expect(told.intervals.map(\.requests) == [1, 0, 0, 0, 0, 0])
    #expect(told.intervals.map(\.times.totalCount) == [1, 0, 0, 0, 0, 0])
    #expect(told.intervals.map(\.start) == (0...5).map { $0 * second })
  }

  @Test func `a reply counts in the second in which it becomes whole`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 3 * second)
    exchange(recorder, second - 1, second)
    recorder.cross(2 * second)
    #expect(told.intervals.map(\.requests) == [1, 0])
    #expect(told.intervals.map(\.responses) == [0, 1])
    #expect(told.intervals.map(\.times.totalCount) == [0, 1])
  }

  @Test func `the last interval has the times of replies that came after the window`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 0, to: second)
    exchange(recorder, second / 2, 2 * second)
    let (record, last) = recorder.finish()
    #expect(last.responses == 0, "it wasn't whole in time")
    #expect(last.length == second)
    #expect(last.times.totalCount == 1)
    #expect(record.corrected.totalCount == 1)
    #expect(record.corrected.maxRecorded == 3 * second / 2)
  }

  @Test func `an interval tells the most connections that stood at once in it`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 3 * second)
    for _ in 0..<3 { recorder.connects(from: 5, at: 10) }
    recorder.cross(second)
    recorder.disconnects(Ledger(), stood: true)
    // One that never stood.
    recorder.disconnects(Ledger(), stood: false)
    recorder.cross(2 * second)
    recorder.connects(from: 5, at: 10)
    recorder.cross(3 * second)
    let (record, last) = recorder.finish()
    #expect((told.intervals + [last]).map(\.connections) == [3, 3, 3])
    #expect(record.connectionsMade == 4)
    #expect(record.connect.totalCount == 4)
    #expect(record.connect.maxRecorded == 5)
  }

  @Test func `intervals of several workers add up`() {
    var one = Interval(index: 2, start: 5, length: 7)
    one.requests = 1
    one.responses = 2
    one.errors = 3
    one.connections = 4
    one.times.recordTime(100)
    var two = Interval(index: 2, start: 5, length: 9)
    two.requests = 10
    two.responses = 20
    two.errors = 30
    two.connections = 40
    two.times.recordTime(200)
    one.add(two)
    #expect([one.requests, one.responses, one.errors, one.connections] == [11, 22, 33, 44])
    #expect(one.length == 9)
    #expect(one.times.totalCount == 2)
    #expect(one.times.maxRecorded == 200)
  }

  // MARK: What is measured

  @Test func `a request that begins before the window is no measured one, but its reply is a completion`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 1000, to: 2000)
    exchange(recorder, 500, 1500)
    recorder.cross(2000)
    let (record, last) = recorder.finish()
    #expect(record.requests == 0)
    #expect(record.responses == 0)
    #expect(record.corrected.totalCount == 0)
    #expect(record.firstByte.totalCount == 0)
    #expect(last.requests == 0)
    #expect(last.responses == 1)
  }

  @Test func `a request that begins in the window is followed beyond its end`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 1000, to: 2000)
    let late = request(1999, size: 300)
    recorder.requestBegins(late)
    recorder.cross(2000)
    recorder.responseEnds(late, firstByte: 3000, at: 4999)
    let (record, last) = recorder.finish()
    #expect(record.requests == 1)
    #expect(record.responses == 1)
    #expect(record.bytesReceived == 300)
    #expect(record.corrected.min == 3000)
    #expect(record.firstByte.min == 1001)
    #expect(last.requests == 1)
    #expect(last.responses == 0)
  }

  @Test func `in a closed loop the times count from the beginning, and no others are kept`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 0, to: second)
    recorder.requestBegins(request(100))
    recorder.responseEnds(request(100), firstByte: 150, at: 300)
    let record = recorder.finish().record
    #expect(record.corrected.min == 200)
    #expect(record.firstByte.min == 50)
    #expect(record.raw.totalCount == 0)
    #expect(record.lag.totalCount == 0)
  }

  @Test func `in an open loop a late request has its lag in the corrected time, and not in the raw one`() {
    let recorder = Recorder(isOpenLoop: true)
    recorder.open(from: 0, to: second)
    recorder.wasScheduled(at: 100)
    let late = request(500, intended: 100)
    recorder.requestBegins(late)
    recorder.responseEnds(late, firstByte: 700, at: 900)
    let record = recorder.finish().record
    #expect(record.scheduled == 1)
    #expect(record.corrected.min == 800)
    #expect(record.raw.min == 400)
    #expect(record.firstByte.min == 600)
    #expect(record.lag.min == 400)
  }

  @Test func `in an open loop the intended time says whether a request is measured`() {
    let recorder = Recorder(isOpenLoop: true)
    recorder.open(from: 1000, to: 2000)
    let times: [(intended: UInt64, began: UInt64)] = [(999, 1001), (1000, 1000), (1999, 2500), (2000, 2500)]
    for (intended, began) in times {
      recorder.wasScheduled(at: intended)
      recorder.requestBegins(request(began, intended: intended))
      recorder.responseEnds(request(began, intended: intended), firstByte: began, at: began)
    }
    let (record, last) = recorder.finish()
    #expect(record.scheduled == 2)
    #expect(record.requests == 2)
    #expect(record.responses == 2)
    #expect(record.lag.maxRecorded == 501)
    // What truly began between start and end.
    #expect(last.requests == 2)
  }

  @Test func `what was scheduled and never began is scheduled all the same`() {
    let recorder = Recorder(isOpenLoop: true)
    recorder.open(from: 1000, to: 2000)
    for time in [999, 1000, 1500, 1999, 2000] as [UInt64] { recorder.wasScheduled(at: time) }
    let record = recorder.finish().record
    #expect(record.scheduled == 3)
    #expect(record.requests == 0)
  }

  // MARK: Failures

  @Test func `failures count over the whole run by kind, and in the interval inside the window`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    let reset = Failure(.read, .reset)
    let refused = Failure(.connect, .refused)
    recorder.open(from: second, to: 3 * second)
    recorder.fails(refused, count: 1, at: second / 2)
    recorder.cross(second)
    recorder.fails(reset, count: 3, at: second + 1)
    recorder.cross(2 * second)
    recorder.fails(refused, count: 2, at: 2 * second + 1)
    recorder.cross(3 * second)
    recorder.fails(reset, count: 1, at: 4 * second)
    let (record, last) = recorder.finish()
    #expect(record.errors == [reset: 4, refused: 3])
    #expect((told.intervals + [last]).map(\.errors) == [3, 2])
    #expect(record.corrupt == 0)
  }

  @Test func `a failure brings the phase up to date`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 1000)
    recorder.fails(Failure(.read, .reset), count: 1, at: 1000)
    #expect(told.phases == [.inside, .after])
  }

  @Test func `a reply that can't be trusted is one corrupt reply, whatever is lost with it`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 0, to: second)
    recorder.fails(Failure(.read, .wrongByte), count: 5, at: 10)
    recorder.fails(Failure(.read, .surplus), count: 1, at: 20)
    recorder.fails(Failure(.read, .incomplete), count: 2, at: 30)
    recorder.fails(Failure(.read, .timeout), count: 1, at: 40)
    let record = recorder.finish().record
    #expect(record.corrupt == 3)
    #expect(record.errors.values.reduce(0, +) == 9)
  }

  @Test func `of a request that fails those bytes count that went out and that came`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 1000, to: 2000)
    let inside = request(1500, size: 1000)
    recorder.requestBegins(inside)
    recorder.requestFails(inside, received: 30, unsent: 400, at: 2500)
    let outside = request(500, size: 1000)
    recorder.requestBegins(outside)
    recorder.requestFails(outside, received: 30, unsent: 400, at: 2500)
    let record = recorder.finish().record
    #expect(record.requests == 1)
    #expect(record.responses == 0)
    #expect(record.bytesSent == 600)
    #expect(record.bytesReceived == 30)
  }

  // MARK: Ending early

  @Test func `a window that is closed before it began has no length`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 5 * second, to: 9 * second)
    exchange(recorder, second, second + 1)
    recorder.close(at: 2 * second)
    #expect(told.phases == [.inside, .after])
    #expect(recorder.start == 2 * second)
    #expect(recorder.end == 2 * second)
    exchange(recorder, 6 * second, 6 * second)
    let (record, last) = recorder.finish()
    #expect(record.requests == 0)
    #expect(last.length == 0)
    #expect(told.intervals.isEmpty)
  }

  @Test func `a window that was never opened can be closed`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.close(at: 77)
    #expect(told.phases == [.inside, .after])
    #expect(recorder.start == 77)
    #expect(recorder.end == 77)
  }

  @Test func `a window that is closed inside ends there`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: second, to: 9 * second)
    exchange(recorder, second, second + 1)
    exchange(recorder, 2 * second, 2 * second + 1)
    let under = request(2 * second + 2)
    recorder.requestBegins(under)
    recorder.close(at: 2 * second + 100)
    #expect(told.phases == [.inside, .after])
    #expect(recorder.end == 2 * second + 100)
    recorder.responseEnds(under, firstByte: 3 * second, at: 3 * second)
    exchange(recorder, 4 * second, 4 * second)
    let (record, last) = recorder.finish()
    #expect(record.requests == 3)
    #expect(record.responses == 3)
    #expect((told.intervals + [last]).map(\.length) == [second, 100])
    #expect((told.intervals + [last]).map(\.responses) == [1, 1])
  }

  @Test func `closing tells of the intervals that are over`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: 9 * second)
    recorder.close(at: 2 * second + 5)
    #expect(told.intervals.map(\.index) == [0, 1])
    #expect(recorder.finish().lastInterval.length == 5)
  }

  @Test func `a window that is over stays as it is`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: 0, to: second)
    recorder.close(at: 5 * second)
    #expect(recorder.end == second)
    recorder.close(at: 6 * second)
    #expect(recorder.end == second)
    #expect(told.phases == [.inside, .after])
  }

  @Test func `a window that is closed from within its own end ends once`() {
    let recorder = Recorder(isOpenLoop: false)
    var phases: [Recorder.Phase] = []
    recorder.onPhase = { phase in
      phases.append(phase)
      if phase == .after { recorder.close(at: 3 * second) }
    }
    recorder.open(from: 0, to: 2 * second)
    recorder.close(at: second / 2)
    #expect(phases == [.inside, .after])
    #expect(recorder.end == second / 2)
    recorder.onPhase = { _ in }
  }

  @Test func `a run without an end is measured until it is closed`() {
    let recorder = Recorder(isOpenLoop: false)
    let told = Told(recorder)
    recorder.open(from: second, to: .max)
    for number in 0..<35 as Range<UInt64> {
      exchange(recorder, second + number * second / 10, second + number * second / 10 + 5)
    }
    recorder.close(at: second + 35 * second / 10)
    let (record, last) = recorder.finish()
    #expect(record.requests == 35)
    #expect(record.responses == 35)
    #expect((told.intervals + [last]).map(\.requests) == [10, 10, 10, 5])
    #expect(last.length == second / 2)
  }

  // MARK: Little's law

  @Test func `what lies outside the window is not waited for`() {
    let recorder = Recorder(isOpenLoop: false)
    recorder.open(from: 1000, to: 2000)
    recorder.wasIdle(from: 0, to: 900, slots: 3)
    recorder.wasIdle(from: 2000, to: 5000, slots: 3)
    #expect(recorder.finish().record.otherNanoseconds == 0)
    recorder.wasIdle(from: 0, to: 1100, slots: 3)
    #expect(recorder.finish().record.otherNanoseconds == 300)
    recorder.wasIdle(from: 1900, to: 5000, slots: 1)
    #expect(recorder.finish().record.otherNanoseconds == 400)
    recorder.wasIdle(from: 0, to: 5000, slots: 2)
    #expect(recorder.finish().record.otherNanoseconds == 2400)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `in a closed loop all time of all clients is accounted for`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let recorder = Recorder(isOpenLoop: false)
    let clients = 7
    let start: UInt64 = 1_000_000
    // Some are closed early, some have no end at all.
    let end: UInt64 = seed % 4 == 3 ? .max : start + 4_000_000_000
    let closing: UInt64? = seed % 4 >= 2 ? start + 2_500_000_000 : nil
    let last = closing ?? end
    recorder.open(from: start, to: end)
    var sum = 0.0
    var events: [(time: UInt64, act: () -> Void)] = []
    for _ in 0..<clients {
      var now: UInt64 = 0
      var idleSince: UInt64 = 0
      while now < last {
        if UInt64.random(in: 0..<5, using: &generator) == 0 {
          // It waits for its turn.
          now += .random(in: 1...50_000_000, using: &generator)
          continue
        }
        let began = now
        let since = idleSince
        let ended = now + .random(in: 1...200_000_000, using: &generator)
        let request = request(began)
        events.append(
          (
            began,
            {
              recorder.wasIdle(from: since, to: began, slots: 1)
              recorder.requestBegins(request)
            }
          )
        )
        if UInt64.random(in: 0..<10, using: &generator) == 0 {
          events.append((ended, { recorder.requestFails(request, received: 0, unsent: 0, at: ended) }))
        } else {
          events.append((ended, { recorder.responseEnds(request, firstByte: ended, at: ended) }))
          if began >= start, began < last { sum += Double(ended - began) }
        }
        now = ended
        idleSince = now
        // Time to think, or not a moment of it.
        if Bool.random(using: &generator) { now += .random(in: 1...1_000_000, using: &generator) }
      }
      let since = idleSince
      // What the client does when the run is over.
      events.append((.max, { recorder.wasIdle(from: since, to: recorder.end, slots: 1) }))
    }
    if let closing { events.append((closing, { recorder.close(at: closing) })) }
    // In the order of time; those at the same time in the order in which they were made.
    for event in events.enumerated().sorted(by: { ($0.1.time, $0.0) < ($1.1.time, $1.0) }) { event.1.act() }
    let (record, _) = recorder.finish()
    #expect(recorder.end == last)
    let slots = Double(clients) * Double(last - start)
    #expect(sum + record.otherNanoseconds == slots)
    // The histogram's mean is exact to three digits, and so is the law.
    let ratio = (Double(record.responses) * Latency(record.corrected).mean + record.otherNanoseconds) / slots
    #expect(abs(ratio - 1) < 0.001)
  }

  // MARK: Bytes

  @Test func `a ledger adds up when what was sent came back or was lost with a failure`() {
    var ledger = Ledger()
    #expect(ledger.addsUp)
    ledger.sent = 100
    #expect(!ledger.addsUp)
    ledger.echoed = 90
    ledger.received = 90
    #expect(!ledger.addsUp)
    ledger.lost[Failure(.read, .reset)] = 10
    #expect(ledger.addsUp)
    #expect(ledger.lostTotal == 10)
    ledger.received = 95
    #expect(!ledger.addsUp)
    ledger.wrong = 5
    #expect(ledger.addsUp)
    ledger.echoed = 91
    #expect(!ledger.addsUp)
  }

  @Test func `the ledgers of connections add up to the run's`() {
    let recorder = Recorder(isOpenLoop: false)
    let reset = Failure(.read, .reset)
    let timeout = Failure(.read, .timeout)
    for (number, failure) in [reset, reset, timeout].enumerated() {
      var ledger = Ledger()
      ledger.sent = 100
      ledger.received = 60
      ledger.echoed = 50
      ledger.wrong = 10
      ledger.lost[failure] = 50 + number
      recorder.disconnects(ledger, stood: true)
    }
    let ledger = recorder.finish().record.ledger
    #expect(ledger.sent == 300)
    #expect(ledger.received == 180)
    #expect(ledger.echoed == 150)
    #expect(ledger.wrong == 30)
    #expect(ledger.lost == [reset: 101, timeout: 52])
    #expect(ledger.lostTotal == 153)
  }

  @Test func `records of several workers add up`() {
    func record(_ factor: Int) -> Record {
      var record = Record()
      record.scheduled = factor
      record.requests = 2 * factor
      record.responses = 3 * factor
      record.corrupt = 4 * factor
      record.bytesSent = 5 * factor
      record.bytesReceived = 6 * factor
      record.errors = [
        Failure(.read, .reset): 7 * factor, Failure(.send, .system(UVError(code: Int32(-factor)))): 1,
      ]
      record.connectionsMade = 8 * factor
      record.ledger.sent = 9 * factor
      record.otherNanoseconds = Double(10 * factor)
      for _ in 0..<factor {
        record.connect.recordTime(1)
        record.firstByte.recordTime(2)
        record.corrected.recordTime(3)
        record.raw.recordTime(4)
        record.lag.recordTime(5)
      }
      return record
    }
    var sum = record(1)
    sum.add(record(10))
    #expect([sum.scheduled, sum.requests, sum.responses, sum.corrupt] == [11, 22, 33, 44])
    #expect([sum.bytesSent, sum.bytesReceived, sum.connectionsMade, sum.ledger.sent] == [55, 66, 88, 99])
    #expect(sum.errors[Failure(.read, .reset)] == 77)
    #expect(sum.errors.count == 3)
    #expect(sum.otherNanoseconds == 110)
    let times = [sum.connect, sum.firstByte, sum.corrected, sum.raw, sum.lag]
    #expect(times.map(\.totalCount) == [11, 11, 11, 11, 11])
    #expect(times.map(\.maxRecorded) == [1, 2, 3, 4, 5])
  }

  // MARK: Times

  @Test func `what was recorded is taken once`() {
    let recorder = TimesRecorder()
    recorder.record(5)
    recorder.record(.max)
    let taken = recorder.take()
    #expect(taken.totalCount == 2)
    #expect(taken.maxRecorded == 3_600_000_000_000)
    #expect(recorder.take().totalCount == 0)
    recorder.record(7)
    #expect(recorder.take().min == 7)
  }
}
