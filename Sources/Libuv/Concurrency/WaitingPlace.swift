/// A place where one task at a time waits, again and again: for the next bytes, the next connection.
///
/// It is an executor that runs nothing. A task that goes over to it stands still, and goes on when the place is woken, on
/// the loop's thread and executor. A continuation would do as much, but resumes its task on no executor in particular: for
/// each wait a change of threads, or at least one more job.
///
/// All of it belongs to the loop's thread.
@safe final class WaitingPlace: SerialExecutor, @unchecked Sendable {
  private let executor: LoopExecutor
  /// The task that has this place for its own, see ``beginWatchedWait()``.
  private let watch: TaskWatch?
  private var job: UnownedJob?
  private(set) var gate: Gate!
  /// Which wait it is: a cancellation that comes late must not end the next one.
  private var ticket = 0
  private var isCancelled = false
  /// Whether somebody was woken since the last look at what is there, when nobody waited.
  private var isWoken = false
  /// Whether a task is on its way here that can be cancelled.
  private var isAwaited = false
  /// Whether the task that comes next counts on being the watched one.
  private var isForWatched = false
  /// Why the last one that counted on that may not wait.
  private var refusal: Refusal?

  private enum Refusal {
    case isOther
    case isCancelled
  }

  /// Whoever goes through it is on the place's executor, and so waits.
  @safe actor Gate {
    // The place has the gate, and whoever waits has the place.
    private unowned(unsafe) let place: WaitingPlace
    nonisolated let unownedExecutor: UnownedSerialExecutor

    init(_ place: WaitingPlace) {
      unsafe self.place = place
      unsafe unownedExecutor = UnownedSerialExecutor(ordinary: place)
    }

    /// What a task does here when it goes on. A function that does nothing would not be gone to.
    @inline(never) func pass() { unsafe place.ticket &+= 1 }
  }

  init(_ executor: LoopExecutor, watch: TaskWatch? = nil) {
    self.executor = executor
    self.watch = watch
    gate = Gate(self)
  }

  /// A task has come to wait.
  func enqueue(_ job: consuming ExecutorJob) {
    guard self.job == nil else {
      fatalError("two tasks can't read from one connection, or ask for the next of one sequence, at once")
    }
    let job = UnownedJob(job)
    if isForWatched {
      isForWatched = false
      guard mayWait(job) else { return executor.append(job) }
    }
    isAwaited = false
    guard !isCancelled, !isWoken else { return executor.append(job) }
    self.job = job
  }

  private func mayWait(_ job: UnownedJob) -> Bool {
    guard let watch, watch.watches(job) else {
      refusal = .isOther
      return false
    }
    guard !watch.isCancelled else {
      refusal = .isCancelled
      return false
    }
    return true
  }

  /// Whether a task waits.
  var isTaken: Bool { job != nil }

  /// To be called before a look at whether there is something to wait for. Who is woken from then on doesn't wait, however
  /// long the task takes to come here: one that prefers an executor gets there by way of the queue.
  @inline(__always)
  func willLook() { isWoken = false }

  /// Has the task go on that waits, if one does: in its turn. It has to look again at what is there.
  func wake() {
    guard let job else {
      isWoken = true
      return
    }
    self.job = nil
    executor.append(job)
  }

  /// Has the task go on that waits, if one does, at once. To be called at the end of a callback of libuv: nobody else is on
  /// the loop's executor then.
  func wakeNow() {
    guard let job else {
      isWoken = true
      return
    }
    self.job = nil
    executor.run(job)
  }

  // MARK: Waiting

  /// Waits until it is woken, also when the task is cancelled.
  func waitThroughCancellation(isolation: isolated (any Actor)?) async { await gate.pass() }

  /// Waits until it is woken since ``willLook()``. It may go on without a reason: look again.
  ///
  /// - Throws: `CancellationError` when the task is cancelled before.
  func wait(isolation: isolated (any Actor)?) async throws {
    try Task.checkCancellation()
    isAwaited = true
    let ticket = ticket
    let gate = gate!
    await withTaskCancellationHandler(
      operation: {
        _ = isolation
        await gate.pass()
      },
      onCancel: { self.executor.perform { _ in self.cancel(ticket) } },
      isolation: isolation
    )
    guard isCancelled else { return }
    isCancelled = false
    throw CancellationError()
  }

  private func cancel(_ ticket: Int) {
    // Who has been woken has what was waited for.
    guard self.ticket == ticket, isTaken || isAwaited else { return }
    isCancelled = true
    wake()
  }

  /// Begins a wait of the watched task, which finds out cheaply whether it is that: `gate.pass()` is to follow at once, and
  /// then ``endWatchedWait()``: it may be left out when the task ``didWaitWatched`` and has got what it waited for.
  @inline(__always)
  func beginWatchedWait() { isForWatched = true }

  /// Whether the task has waited, as the watched one.
  @inline(__always)
  var didWaitWatched: Bool { refusal == nil }

  /// Ends a wait that has not brought what the task wants, or was no wait since the task isn't the watched one: that has to
  /// ``wait(isolation:)`` then.
  ///
  /// - Throws: `CancellationError` when the task is the watched one, and cancelled.
  func endWatchedWait() throws {
    let refusal = refusal
    self.refusal = nil
    switch refusal {
    case nil: if let watch, watch.isCancelled { throw CancellationError() }
    case .isCancelled: throw CancellationError()
    case .isOther: break
    }
  }
}
