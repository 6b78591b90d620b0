/// Jobs of tasks that wait for their turn, first in, first out.
///
/// A ring that grows and is never given back: in steady state nothing is allocated for a job.
@safe struct JobQueue {
  /// A job, and in which role the executor got it.
  @safe struct Entry {
    let job: UnownedJob
    /// The ``LoopTaskExecutor`` that it came to: then it belongs to no actor, and its task keeps that alive.
    let taskExecutor: UnownedTaskExecutor?

    init(_ job: UnownedJob) {
      self.job = job
      unsafe taskExecutor = nil
    }

    init(_ job: UnownedJob, _ taskExecutor: UnownedTaskExecutor) {
      self.job = job
      unsafe self.taskExecutor = taskExecutor
    }
  }

  private var entries: UnsafeMutablePointer<Entry>
  private var capacity: Int
  /// Where the first one is.
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  init() {
    capacity = 16
    unsafe entries = .allocate(capacity: capacity)
  }

  mutating func append(_ entry: Entry) {
    if count == capacity { grow() }
    unsafe (entries + (head &+ count) & (capacity &- 1)).initialize(to: entry)
    count &+= 1
  }

  mutating func popFirst() -> Entry? {
    guard count > 0 else { return nil }
    let entry = unsafe (entries + head).move()
    head = (head &+ 1) & (capacity &- 1)
    count &-= 1
    return entry
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
    let first = capacity - head
    unsafe larger.moveInitialize(from: entries + head, count: first)
    unsafe (larger + first).moveInitialize(from: entries, count: head)
    unsafe entries.deallocate()
    unsafe entries = larger
    head = 0
    capacity *= 2
  }

  /// Gives the memory back. There must be no job left.
  mutating func deallocate() {
    precondition(isEmpty, "jobs that are never run would leave their tasks waiting for ever")
    unsafe entries.deallocate()
  }
}
