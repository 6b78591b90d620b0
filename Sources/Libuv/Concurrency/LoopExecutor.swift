internal import CLibuv

/// Runs Swift's tasks and actors on a loop's thread, beside its callbacks: what makes ``LoopActor`` possible.
///
/// Jobs that come on the loop's own thread wait in a queue without a lock, and are run in the same turn, after the
/// callbacks that brought them; others come through the loop's ``LoopRemote``. At most ``batchSize`` jobs are run
/// between two looks at input and output, so neither can starve the other. They are run in the order in which they
/// came: priorities of tasks are not honoured.
///
/// A loop has one, ``Loop/executor``. It may be used on any thread, and outlives its loop; a job for a loop that is
/// closed ends the process, as its task could never go on. libuv has no word for it; the handles beneath are
/// `uv_check_t` and `uv_idle_t`.
public final class LoopExecutor: SerialExecutor, @unchecked Sendable {
  /// How many jobs are run at most before the loop looks for input and output again.
  public static let batchSize = 256

  private let remote: LoopRemote
  private let thread: ThreadIdentity

  // From here on only the loop's thread touches anything.

  /// The loop. To be asked for on its thread.
  unowned let ownLoop: Loop
  private var jobs = JobQueue()
  /// Whether the loop is closed: it runs no more jobs then.
  private var isClosed = false
  /// Runs the jobs once the loop has looked for input and output. Active only while there are jobs: a turn without costs
  /// nothing.
  private var check: JobHook?
  /// Keeps the loop from waiting while there are jobs.
  private var idle: JobHook?

  init(_ loop: Loop, origin: Origin) throws(UVError) {
    remote = try loop.remote
    thread = loop.thread
    ownLoop = loop
    // These calls of libuv never fail.
    check = try JobHook(.check, loop, origin)
    idle = try JobHook(.idle, loop, origin)
  }

  /// Runs what belongs to no actor on the loop's thread too, in tasks that are told to prefer it.
  public var taskExecutor: LoopTaskExecutor { LoopTaskExecutor(self) }

  // MARK: What Swift calls

  /// Takes a job of an actor, on any thread; it is run on the loop's.
  public func enqueue(_ job: consuming ExecutorJob) {
    enqueue(JobQueue.Entry(UnownedJob(job)))
  }

  func enqueue(_ entry: JobQueue.Entry) {
    guard thread.isCurrent else {
      let isTaken = remote.execute { [unowned self] _ in append(entry) }
      guard isTaken else { fatalError("a task can't go on: its loop is closed, or about to be") }
      return
    }
    append(entry)
  }

  /// Whether the caller is on the loop's thread: there the state of its actors may be touched, also from a callback that
  /// knows nothing of tasks. `assumeIsolated` asks this.
  public func isIsolatingCurrentContext() -> Bool? { thread.isCurrent }

  /// Traps when the caller is not on the loop's thread.
  public func checkIsolated() {
    precondition(thread.isCurrent, "this belongs to the thread of another loop, or to no loop at all")
  }

  /// Whether the caller is on the loop's thread.
  @inline(__always)
  var isOnThread: Bool { thread.isCurrent }

  // MARK: On the loop's thread

  /// Runs an actor's job at once. Nobody may be on the loop's executor: neither a job, nor whoever has assumed to be.
  func run(_ job: UnownedJob) {
    unsafe job.runSynchronously(on: asUnownedSerialExecutor())
  }

  /// Has an actor's job run in its turn.
  func append(_ job: UnownedJob) { append(JobQueue.Entry(job)) }

  private func append(_ entry: JobQueue.Entry) {
    guard !isClosed else { fatalError("a task can't go on: its loop is closed") }
    if jobs.isEmpty { setRunning(true) }
    jobs.append(entry)
  }

  /// Whether there are jobs.
  var hasJobs: Bool { !jobs.isEmpty }

  /// Runs as many jobs as a batch has, also those that come meanwhile.
  func runJobs() {
    guard !jobs.isEmpty else { return }
    let serial = unsafe asUnownedSerialExecutor()
    var count = 0
    while count < Self.batchSize, let entry = jobs.popFirst() {
      if let taskExecutor = unsafe entry.taskExecutor {
        // On both: from here to the loop's actors and back there is no change of threads, nor another job.
        unsafe entry.job.runSynchronously(isolatedTo: serial, taskExecutor: taskExecutor)
      } else {
        unsafe entry.job.runSynchronously(on: serial)
      }
      count += 1
    }
    if jobs.isEmpty { setRunning(false) }
  }

  private func setRunning(_ isRunning: Bool) {
    check?.setRunning(isRunning)
    idle?.setRunning(isRunning)
  }

  /// Carries something out on the loop's thread: at once if that is the caller's. Dropped when the loop is closed.
  func perform(_ work: @escaping @Sendable (Loop) -> Void) {
    if thread.isCurrent, !isClosed { work(ownLoop) } else { remote.execute(work) }
  }

  /// A value of the loop's, for work that comes over another thread. To be called on the loop's thread.
  func bind<Value>(_ value: Value) -> LoopBound<Value> { LoopBound(value, on: ownLoop) }

  /// Begins to close its handles. There must be no job left.
  func close() {
    isClosed = true
    check?.close()
    idle?.close()
    // They have the loop, which has this.
    check = nil
    idle = nil
    jobs.deallocate()
  }
}

/// A handle of the library's own that has a loop run jobs.
@safe private final class JobHook: Handle {
  enum Kind {
    case check
    case idle

    var size: Int {
      switch self {
      case .check: unsafe MemoryLayout<uv_check_t>.size
      case .idle: unsafe MemoryLayout<uv_idle_t>.size
      }
    }
  }

  private let kind: Kind

  init(_ kind: Kind, _ loop: Loop, _ origin: Origin) throws(UVError) {
    self.kind = kind
    try unsafe super.init(loop, size: kind.size, operation: "executor", origin: origin, isInternal: true) {
      hook in
      switch kind {
      case .check: unsafe uv_check_init(loop.pointer, hook.assumingMemoryBound(to: uv_check_t.self))
      case .idle: unsafe uv_idle_init(loop.pointer, hook.assumingMemoryBound(to: uv_idle_t.self))
      }
    }
    // Jobs keep their loop running by themselves, see `Loop.run`.
    unref()
  }

  func setRunning(_ runs: Bool) {
    guard state == .open else { return }
    // None of these calls can fail, nor does one twice.
    switch kind {
    case .check:
      let check = unsafe pointer.assumingMemoryBound(to: uv_check_t.self)
      _ = unsafe runs ? uv_check_start(check) { unsafe JobHook.run($0!.pointee.data) } : uv_check_stop(check)
    case .idle:
      let idle = unsafe pointer.assumingMemoryBound(to: uv_idle_t.self)
      // That it is active is all that it has to do.
      _ = unsafe runs ? uv_idle_start(idle) { _ in } : uv_idle_stop(idle)
    }
  }

  private static func run(_ data: UnsafeMutableRawPointer?) {
    unsafe Unmanaged<JobHook>.fromOpaque(data!)._withUnsafeGuaranteedRef { $0.loop.runJobs() }
  }
}
