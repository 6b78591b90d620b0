import Histogram
import Libuv

@testable import LoadGenerator

/// An outcome that nobody measured: a valid second of a closed loop, until something is changed.
struct MadeUp {
  var workload = Workload(target: "127.0.0.1:4000")
  var isInterrupted = false
  var reasons: [Verdict.Reason] = []
  var isClientLimited = false
  var seconds = 1.0
  var requests = 1000
  var responses = 1000
  var scheduled: Int?
  var corrupt = 0
  var errors: [Failure: Int] = [:]
  var ledger = Ledger()
  var requestsPerSecond = 1000.0
  var responsesPerSecond = 1000.0
  var littlesLaw: Double? = 1
  var corrected = MadeUp.times([1_000_000, 2_000_000])
  var raw = MadeUp.times([1_000_000, 2_000_000])
  var lag: Times?
  var intervals: [IntervalFigures] = []
  var server: ServerUsage?

  init(_ change: (inout MadeUp) -> Void = { _ in }) {
    change(&self)
  }

  static func times(_ nanoseconds: [UInt64]) -> Times {
    var times = Times()
    for value in nanoseconds { times.recordTime(value) }
    return times
  }

  /// As much as a run at a rate has more.
  mutating func openLoop(_ rate: Double, scheduled: Int, arrivals: Workload.Arrivals = .constant) {
    workload.rate = rate
    workload.arrivals = arrivals
    self.scheduled = scheduled
    littlesLaw = nil
    lag = Self.times([5000])
  }

  var outcome: Outcome {
    Outcome(
      workload: workload,
      isInterrupted: isInterrupted,
      verdict: Verdict(reasons: reasons, isClientLimited: isClientLimited),
      seconds: seconds,
      requests: requests,
      responses: responses,
      scheduled: scheduled,
      corrupt: corrupt,
      errors: errors,
      bytesSent: requests * 64,
      bytesReceived: responses * 64,
      connectionsMade: 100,
      ledger: ledger,
      requestsPerSecond: requestsPerSecond,
      responsesPerSecond: responsesPerSecond,
      littlesLaw: littlesLaw,
      corrected: corrected,
      raw: raw,
      firstByte: corrected,
      connect: Self.times([50_000]),
      lag: lag,
      intervals: intervals,
      client: ClientUsage(
        processorSeconds: 0.25,
        processorShare: 0.25,
        waitingShare: 0,
        peakBytes: 12_300_000
      ),
      server: server
    )
  }
}
