/// The loop as the place that tasks prefer: code of theirs that belongs to no actor runs on the loop's thread too.
///
/// ```swift
/// try await withTaskExecutorPreference(loop.executor.taskExecutor) {
///   try await client.fetch()  // nonisolated and async: runs on the loop's thread all the same
/// }
/// ```
///
/// Tasks of a ``LoopActor`` are there without it. A preference makes each change from one asynchronous function to
/// another one dearer (some 300 instructions on Linux, for a lock of Swift's runtime), so it is for code that would
/// leave the loop otherwise, not for what is on it anyway. It may be used on any thread. libuv has no word for it.
public final class LoopTaskExecutor: TaskExecutor {
  private let executor: LoopExecutor

  init(_ executor: LoopExecutor) { self.executor = executor }

  /// Takes a job that belongs to no actor, on any thread; it is run on the loop's.
  public func enqueue(_ job: consuming ExecutorJob) {
    unsafe executor.enqueue(JobQueue.Entry(UnownedJob(job), asUnownedTaskExecutor()))
  }
}
