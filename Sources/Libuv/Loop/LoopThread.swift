internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A thread with a ``Loop`` of its own, from its making to its closing.
///
/// ```swift
/// let thread = try LoopThread { loop in
///   let server = try TCP(loop)
///   try server.bind(to: "127.0.0.1:4000")
///   try server.listen { connection throws(UVError) in try connection.pump(to: connection) }
/// }
/// try thread.join()
/// ```
///
/// The thread ends when its loop is done: when no active, referenced handle is left, or it was stopped. A loop that
/// is to wait for work from its ``remote`` needs a handle that keeps it running, such as an ``Async``.
///
/// A `LoopThread` that is dropped without ``join()`` leaves its thread to itself: it runs on to its end, and how it
/// ended is not told. The libuv type is `uv_thread_t`.
public final class LoopThread: Sendable {
  /// The door to the thread's loop, for any thread. It takes work from the start; when the loop is closed it takes
  /// no more.
  public let remote: LoopRemote

  private let worker: Worker

  /// Starts a thread, makes a loop on it, calls `body` with the loop, runs the loop until it is done and closes it.
  /// Returns when the loop has been made. The libuv function is `uv_thread_create`.
  ///
  /// May be called on any thread.
  ///
  /// - Parameter body: called on the new thread: makes the handles that the loop is to run. It may run the loop
  ///   itself, but not close it. If it throws, all handles are closed, and ``join()`` throws the error.
  /// - Throws: the error of `uv_thread_create`, such as ``UVError/wouldBlock`` when there are too many threads, or
  ///   that of making the loop, such as ``UVError/tooManyOpenFiles``. `body` is not called then.
  public init(_ body: @escaping @Sendable (Loop) throws -> Void) throws(UVError) {
    let worker = Worker(body)
    remote = try worker.start()
    self.worker = worker
  }

  deinit { worker.detach() }

  /// Waits for the thread's end. A second call gives the same result at once. The libuv function is
  /// `uv_thread_join`.
  ///
  /// May be called on any thread but its own; on a loop's thread it keeps that loop waiting, too.
  ///
  /// - Throws: what `body` threw; ``OpenHandles`` when handles were open, or name resolutions under way, as the
  ///   loop was done. They are closed all the same: nobody else could.
  public func join() throws {
    try worker.join()
  }
}

/// What the thread and those who wait for it share.
@safe private final class Worker: @unchecked Sendable {
  private let body: Locked<(@Sendable (Loop) throws -> Void)?>
  /// The remote, or why there is none; set before `isMade` is posted.
  private let made = Locked<Result<LoopRemote, UVError>?>(nil)
  private let outcome = Locked<Result<Void, any Error>>(.success(()))
  private let isMade: UnsafeMutablePointer<uv_sem_t>
  /// Set by `start`, before anyone else has the worker, and not read by the thread itself before that.
  private var thread = uv_thread_t()
  /// Whether the system has the thread back, or will take it by itself. Held while one waits, so that all do.
  private let isGivenBack = Locked(false)

  init(_ body: @escaping @Sendable (Loop) throws -> Void) {
    self.body = Locked(body)
    unsafe isMade = .allocate(capacity: 1)
    let status = unsafe uv_sem_init(isMade, 0)
    precondition(status == 0, "a semaphore could not be made: out of memory")
  }

  deinit {
    unsafe uv_sem_destroy(isMade)
    unsafe isMade.deallocate()
  }

  /// Starts the thread, and waits until it has a loop.
  func start() throws(UVError) -> LoopRemote {
    let argument = unsafe Unmanaged.passRetained(self)
    let status = unsafe uv_thread_create(
      &thread,
      { unsafe Unmanaged<Worker>.fromOpaque($0!).takeRetainedValue().main() },
      argument.toOpaque()
    )
    if status != 0 { unsafe argument.release() }
    try UVError.check(status, "thread")
    unsafe uv_sem_wait(isMade)
    let result = made.withLock { $0! }
    // Without a loop the thread ends at once.
    if case .failure = result { unsafe uv_thread_join(&thread) }
    return try result.get()
  }

  func join() throws {
    var mine = thread
    var current = uv_thread_self()
    precondition(
      unsafe uv_thread_equal(&mine, &current) == 0,
      "a thread can't wait for its own end: call join() on another thread"
    )
    isGivenBack.withLock { isGivenBack in
      if !isGivenBack { unsafe uv_thread_join(&mine) }
      isGivenBack = true
    }
    try outcome.withLock { $0 }.get()
  }

  /// Leaves the thread to itself, unless it has been waited for. libuv has no function for it.
  func detach() {
    isGivenBack.withLock { isGivenBack in
      if !isGivenBack { _ = pthread_detach(thread) }
      isGivenBack = true
    }
  }

  // MARK: On the thread

  private func main() {
    // Taken, so that what it has captured goes when it is done.
    let body = body.withLock { body in
      defer { body = nil }
      return body!
    }
    let loop: Loop
    do throws(UVError) {
      loop = try Loop()
      let remote = try loop.remote
      made.withLock { $0 = .success(remote) }
    } catch {
      made.withLock { $0 = .failure(error) }
      unsafe uv_sem_post(isMade)
      return
    }
    unsafe uv_sem_post(isMade)
    do {
      try body(loop)
      loop.run()
      try loop.close()
    } catch {
      outcome.withLock { $0 = .failure(error) }
      loop.closeAll()
    }
  }
}
