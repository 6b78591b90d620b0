import Libuv

@testable import LoadGenerator

// Outcomes that no run has brought.

/// An outcome of a run of ten seconds; what isn't said is as in a run that went well.
func sampleOutcome(
  workload: Workload = Workload(target: "127.0.0.1:4000"),
  isInterrupted: Bool = false,
  reasons: [Verdict.Reason] = [],
  isClientLimited: Bool = false,
  responsesPerSecond: Double = 1000,
  corrupt: Int = 0,
  errors: [Failure: Int] = [:],
  ledger: Ledger = Ledger(),
  corrected: [UInt64] = [1_000_000],
  raw: [UInt64] = [500_000],
  intervals: [IntervalFigures] = [],
  server: ServerUsage? = nil
) -> Outcome {
  let responses = Int(responsesPerSecond * 10)
  return Outcome(
    workload: workload,
    isInterrupted: isInterrupted,
    verdict: Verdict(reasons: reasons, isClientLimited: isClientLimited),
    seconds: 10,
    requests: responses + 1,
    responses: responses,
    scheduled: workload.isOpenLoop ? responses + 2 : nil,
    corrupt: corrupt,
    errors: errors,
    bytesSent: 64 * (responses + 1),
    bytesReceived: 64 * responses,
    connectionsMade: workload.connections,
    ledger: ledger,
    requestsPerSecond: responsesPerSecond + 0.1,
    responsesPerSecond: responsesPerSecond,
    littlesLaw: workload.isOpenLoop ? nil : 1.01,
    corrected: sampleTimes(corrected),
    raw: sampleTimes(raw),
    firstByte: sampleTimes([400_000]),
    connect: sampleTimes([300_000]),
    lag: workload.isOpenLoop ? sampleTimes([200_000]) : nil,
    intervals: intervals,
    client: ClientUsage(processorSeconds: 2.5, processorShare: 0.25, waitingShare: 0.05, peakBytes: 1 << 20),
    server: server
  )
}

/// A histogram of these times, in nanoseconds.
func sampleTimes(_ nanoseconds: [UInt64]) -> Times {
  var times = Times()
  for time in nanoseconds { times.recordTime(time) }
  return times
}

/// An interval of a second.
func sampleInterval(_ index: Int, responses: Int = 1000) -> Interval {
  var interval = Interval(index: index, start: UInt64(index) * 1_000_000_000, length: 1_000_000_000)
  interval.requests = responses + 1
  interval.responses = responses
  interval.errors = 3
  interval.connections = 100
  for _ in 0..<responses { interval.times.recordTime(1_000_000) }
  return interval
}
