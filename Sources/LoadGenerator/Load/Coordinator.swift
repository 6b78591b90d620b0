internal import Libuv

/// Brings the workers to begin and end together, and puts together what they tell. It lives on a loop of its own.
final class Coordinator {
  private let workload: Workload
  private let loop: Loop
  private let onProgress: (LoadGenerator.Progress) -> Void
  /// Keeps the loop running until all workers are done.
  private let keeper: Timer
  private var signals: [Signal] = []

  private var threads: [LoopThread] = []
  private var workers: [Int: LoopBound<Worker>] = [:]
  /// How many workers could not be made. The others end then, and ``join()`` tells why.
  private var failedCount = 0
  /// How workers reach this.
  private var report: @Sendable (Worker.Report) -> Void = { _ in }
  /// What kept a worker from making its load.
  private var failure: UVError?
  private var readyCount = 0
  private var connected = 0
  private var firstFailures: [Failure: Int] = [:]
  private var begunWindows = 0
  private var endedWindows = 0
  private var isInterrupted = false
  private var isUnreachable = false

  private var results: [Worker.Result] = []
  /// Intervals that not all workers have told of, and from how many they are.
  private var openIntervals: [Int: (interval: Interval, count: Int)] = [:]
  private var intervals: [IntervalFigures] = []
  private var serverBefore: ProcessUsage?
  private var serverAfter: ProcessUsage?
  private var ownUsageBefore = ThreadUsage()
  private var ownUsage = ThreadUsage()

  init(
    _ workload: Workload,
    on loop: Loop,
    onProgress: @escaping (LoadGenerator.Progress) -> Void
  ) throws(UVError) {
    self.workload = workload
    self.loop = loop
    self.onProgress = onProgress
    keeper = try Timer(loop)
    try keeper.start(after: .seconds(3600), repeating: .seconds(3600)) { _ in }
  }

  // MARK: Beginning

  /// Ends the run at the first signal, and the process at the second one.
  func handleSignals() throws(UVError) {
    for number in [Signal.Number.interrupt, .terminate] {
      let signal = try Signal(loop)
      signals.append(signal)
      try signal.start(number) { [unowned self] signal in
        isInterrupted = true
        endWorkers()
        // The next one has the system's default action.
        signal.close()
      }
    }
  }

  /// Starts the workers, each on a thread of its own.
  func start() throws(UVError) {
    onProgress(.connecting)
    let me = LoopBound(self, on: loop)
    do throws(UVError) {
      let remote = try loop.remote
      report = { report in
        remote.execute { loop in me.value(on: loop).take(report) }
      }
      for number in 0..<workload.threads {
        threads.append(
          try LoopThread { [workload, report] loop in
            do {
              let worker = try Worker(workload, number: number, on: loop, report: report)
              report(.began(number, LoopBound(worker, on: loop)))
              try worker.prepare()
            } catch {
              report(.failed)
              throw error
            }
          }
        )
      }
    } catch {
      // Those that were started end.
      isInterrupted = true
      endWorkers()
      stopWhenDone()
      throw error
    }
  }

  /// Waits for the threads, after the loop has ended.
  func join() throws {
    // Workers and this know each other; and they are let go only now that nobody runs on their threads.
    defer {
      workers = [:]
      report = { _ in }
    }
    for thread in threads { try thread.join() }
    if let failure { throw failure }
  }

  // MARK: What workers tell

  private func take(_ report: Worker.Report) {
    switch report {
    case .began(let number, let worker):
      workers[number] = worker
      if isInterrupted || failedCount > 0 { end(number, worker) }
    case .failed:
      failedCount += 1
      endWorkers()
      stopWhenDone()
    case .ready(let connected, let failures): becameReady(connected, failures)
    case .cannotLoad(let error):
      failure = error
      endWorkers()
    case .windowBegan:
      begunWindows += 1
      if begunWindows == 1 {
        serverBefore = workload.serverProcess.flatMap { ProcessUsage(of: $0, withChildren: true) }
        ownUsageBefore = .now
      }
    case .windowEnded:
      endedWindows += 1
      if endedWindows == workload.threads {
        serverAfter = workload.serverProcess.flatMap { ProcessUsage(of: $0, withChildren: true) }
        ownUsage = .now - ownUsageBefore
        onProgress(.finishing)
      }
    case .interval(let interval): take(interval)
    case .finished(let result):
      results.append(result)
      take(result.lastInterval)
      stopWhenDone()
    }
  }

  private func becameReady(_ count: Int, _ failures: [Failure: Int]) {
    readyCount += 1
    connected += count
    firstFailures.merge(failures, uniquingKeysWith: +)
    guard readyCount == workload.threads else { return }
    guard connected > 0 else {
      isUnreachable = true
      return endWorkers()
    }
    // A little ahead, so that all workers get there in time.
    let begin = Loop.nanoseconds + 1_000_000
    var warmup = workload.warmup
    // A number of requests is counted from the first one.
    if workload.strategy == .reconnect, let ramp = workload.ramp, workload.requests == nil {
      warmup += .seconds(min(Double(workload.connections) / ramp, 1e9))
    }
    let start = begin + warmup.wholeNanoseconds
    let end = workload.duration.map { start + $0.wholeNanoseconds } ?? .max
    onProgress(.loading(warmup: warmup / .seconds(1)))
    for (number, worker) in workers {
      threads[number].remote.execute { [report] loop in
        do throws(UVError) {
          try worker.value(on: loop).load(from: begin, start: start, end: end)
        } catch {
          report(.cannotLoad(error))
        }
      }
    }
  }

  private func take(_ interval: Interval) {
    var (merged, count) = openIntervals[interval.index] ?? (interval, 0)
    if count > 0 { merged.add(interval) }
    count += 1
    openIntervals[interval.index] = (merged, count)
    // In order: a worker that is done has told of fewer intervals, and is not waited for.
    while let (first, count) = openIntervals[intervals.count],
      count == workload.threads || results.count == workload.threads
    {
      openIntervals[intervals.count] = nil
      intervals.append(IntervalFigures(first))
      onProgress(.interval(first))
    }
  }

  // MARK: Ending

  private func endWorkers() {
    for (number, worker) in workers { end(number, worker) }
  }

  private func end(_ number: Int, _ worker: LoopBound<Worker>) {
    threads[number].remote.execute { loop in worker.value(on: loop).end() }
  }

  private func stopWhenDone() {
    if results.count + failedCount == threads.count { stop() }
  }

  private func stop() {
    keeper.close()
    for signal in signals { signal.close() }
  }

  // MARK: The outcome

  /// What all workers have measured. Asked for when they are done.
  var outcome: Outcome {
    let server: ServerUsage? =
      if let process = workload.serverProcess, let serverBefore, let serverAfter {
        ServerUsage(process, from: serverBefore, to: serverAfter)
      } else {
        nil
      }
    return Outcome(
      workload,
      results,
      intervals: intervals,
      unreachable: isUnreachable ? firstFailures.max { $0.value < $1.value }?.key : nil,
      coordination: ownUsage,
      server: server,
      isInterrupted: isInterrupted
    )
  }
}

extension Duration {
  /// In nanoseconds, rounded down; negative durations count as none.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}
