#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension Outcome {
  /// How late, in seconds, the last of a number of requests may begin without counting against the rate.
  static let allowedLag = 0.1

  /// What the workers have measured, put together.
  ///
  /// - Parameters:
  ///   - unreachable: what most clients met, if none could connect.
  ///   - coordination: what the first thread had of the processors.
  init(
    _ workload: Workload,
    _ results: [Worker.Result],
    intervals: [IntervalFigures],
    unreachable: Failure?,
    coordination: ThreadUsage,
    server: ServerUsage?,
    isInterrupted: Bool
  ) {
    var record = Record()
    for result in results { record.add(result.record) }
    let start = results.map(\.start).min() ?? 0
    let end = results.map(\.end).max() ?? 0
    let seconds = Double(end - start) / 1e9
    func perSecond(_ count: Int) -> Double { seconds > 0 ? Double(count) / seconds : 0 }

    self.workload = workload
    self.isInterrupted = isInterrupted
    self.seconds = seconds
    requests = record.requests
    responses = record.responses
    scheduled = Self.scheduled(workload, record, results, from: start, to: end)
    corrupt = record.corrupt
    errors = record.errors
    bytesSent = record.bytesSent
    bytesReceived = record.bytesReceived
    connectionsMade = record.connectionsMade
    ledger = record.ledger
    let completed = intervals.reduce(0) { $0 + $1.responses }
    requestsPerSecond = perSecond(intervals.reduce(0) { $0 + $1.requests })
    responsesPerSecond = perSecond(completed)
    littlesLaw = Self.littlesLaw(workload, record, results)
    corrected = record.corrected
    raw = workload.isOpenLoop ? record.raw : record.corrected
    firstByte = record.firstByte
    connect = record.connect
    lag = workload.isOpenLoop ? record.lag : nil
    self.intervals = intervals
    client = ClientUsage(
      results.reduce(ThreadUsage()) { $0 + $1.usage },
      coordination: coordination,
      available: results.reduce(0) { $0 + $1.usageNanoseconds } / 1e9
    )
    self.server = server
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    verdict = Verdict(
      Evidence(
        unreachable: unreachable,
        completed: completed,
        responses: record.responses,
        corrupt: record.corrupt,
        ledger: record.ledger,
        sent: scheduled.map { (record.requests, of: $0) },
        littlesLaw: littlesLaw,
        // Shorter ones are all beginning and end.
        clientShare: seconds < 0.1 ? 0 : client.processorShare + client.waitingShare,
        isServerSaturated: server?.isSaturated(seconds: seconds, cores: cores) ?? false
      )
    )
  }

  /// How many requests were to begin in the measured time; nil in a closed loop.
  private static func scheduled(
    _ workload: Workload,
    _ record: Record,
    _ results: [Worker.Result],
    from start: UInt64,
    to end: UInt64
  ) -> Int? {
    guard let rate = workload.rate else { return nil }
    guard workload.requests != nil else { return record.scheduled }
    // The schedules go on beyond the number of requests that was asked for: those that came due until the last one began
    // tell whether it was late.
    let lastBegins = results.compactMap(\.lastBegin)
    let last = lastBegins.count == results.count ? lastBegins.max() ?? end : end
    let due = rate * max(0, Double(max(last, start) - start) / 1e9 - allowedLag)
    // Independent arrivals are so many more or fewer, now and then.
    let spread = workload.arrivals == .poisson ? 4 * due.squareRoot() : 0
    return max(record.requests, Int(due - spread))
  }

  /// The mean number of requests under way, from rate and mean latency, of the number that can be.
  private static func littlesLaw(_ workload: Workload, _ record: Record, _ results: [Worker.Result])
    -> Double?
  {
    let slots = results.reduce(0) { $0 + $1.slotNanoseconds }
    guard !workload.isOpenLoop, slots > 0, record.responses > 0 else { return nil }
    // Rate times mean latency; the rate's seconds stand in the slots.
    return (Double(record.responses) * Latency(record.corrected).mean + record.otherNanoseconds) / slots
  }
}

extension ClientUsage {
  /// - Parameter available: the processor time that the threads with the clients could have had, in seconds.
  init(_ usage: ThreadUsage, coordination: ThreadUsage, available: Double) {
    processorSeconds = usage.running + coordination.running
    processorShare = available > 0 ? usage.running / available : 0
    waitingShare = available > 0 ? usage.waiting / available : 0
    peakBytes = ProcessUsage(of: nil)?.peakBytes
  }
}

extension ServerUsage {
  init(_ process: Int, from before: ProcessUsage, to after: ProcessUsage) {
    self.process = process
    userSeconds = after.userSeconds - before.userSeconds
    systemSeconds = after.systemSeconds - before.systemSeconds
    residentBytes = after.residentBytes
    peakBytes = after.peakBytes
  }

  /// Whether the server can do no more: it keeps one core busy, as a server with one thread does, or all that there are.
  func isSaturated(seconds: Double, cores: Int) -> Bool {
    let share = seconds > 0 ? processorSeconds / seconds : 0
    return (Verdict.limitedShare...1.1).contains(share) || share >= Verdict.limitedShare * Double(cores)
  }
}
