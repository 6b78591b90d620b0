/// Whether one task has been cancelled, for waits that need not find out by themselves. It belongs to the loop's thread.
final class TaskWatch {
  /// The task that is watched, as the number by which `UnownedJob` and `UnsafeCurrentTask` both know it; zero for none.
  private var task: UInt = 0
  /// Whether the task that is watched has been cancelled.
  private(set) var isCancelled = false
  /// How many have been watched: a cancellation that comes late must not meet the next one.
  private var count = 0

  /// Begins to watch the calling task.
  ///
  /// - Returns: its number, for ``cancel(_:)``.
  func begin() -> Int {
    guard task == 0 else {
      fatalError("another task has this connection for its own: one at a time may run() it")
    }
    task = Self.currentTask
    isCancelled = false
    count += 1
    return count
  }

  /// The task goes on without it.
  func end() {
    task = 0
    isCancelled = false
  }

  /// The task with this number has been cancelled.
  ///
  /// - Returns: whether it is the one that is watched.
  func cancel(_ number: Int) -> Bool {
    guard number == count, task != 0 else { return false }
    isCancelled = true
    return true
  }

  /// Whether the job is the next step of the task that is watched.
  @inline(__always)
  func watches(_ job: UnownedJob) -> Bool {
    // A task is the job of its next step, wherever that is. Were it not so, its waits would take the way of those that
    // aren't watched, which costs more.
    unsafe unsafeBitCast(job, to: UInt.self) == task
  }

  private static var currentTask: UInt {
    unsafe withUnsafeCurrentTask { unsafe unsafeBitCast($0, to: UInt.self) }
  }
}
