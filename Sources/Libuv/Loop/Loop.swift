internal import CLibuv

/// An event loop: it waits for input, output, timers and signals, and calls the handlers of its handles.
///
/// A loop belongs to the thread that made it. Everything bound to it (handles, streams, resolutions) may be
/// used on that thread only; debug builds check this. Other threads reach it through its ``remote``.
///
/// A loop must be closed. ``close()`` refuses while handles are open and names each with the line that made
/// it. The libuv type is `uv_loop_t`.
@safe public final class Loop {
  /// How long ``run(_:)`` goes on.
  public enum RunMode: Sendable {
    /// Until no active, referenced handle and no request is left, or ``Loop/stop()`` is called.
    case untilDone
    /// One turn, waiting for something to happen.
    case once
    /// One turn, without waiting.
    case noWait

    fileprivate var constant: uv_run_mode {
      switch self {
      case .untilDone: UV_RUN_DEFAULT
      case .once: UV_RUN_ONCE
      case .noWait: UV_RUN_NOWAIT
      }
    }
  }

  /// The C loop. Allocated once, so its address is stable.
  let pointer: UnsafeMutablePointer<uv_loop_t>

  /// The one buffer that every stream of this loop reads into, and behind it the place for what is being written.
  /// `uv_loop_t.data` points at them, so that the callbacks of a message touch no Swift object.
  private let readBuffer: UnsafeMutablePointer<uv_buf_t>

  let thread = ThreadIdentity()
  private let origin: Origin

  /// Blocks for the write requests of this loop's streams.
  let chunkPool = unsafe BlockPool(blockSize: WriteChunk.blockSize, limit: 64)
  /// Blocks for its shutdown and connect requests.
  let requestPool = BlockPool(blockSize: 128, limit: 256)
  /// Listeners that wait for a file descriptor to become free.
  private var starvedListeners: [Listener] = []
  /// Whether there are any: each stream that closes asks.
  private(set) var hasStarvedListeners = false
  /// Name resolutions under way: they keep the loop from being closed.
  var resolutionCount = 0
  /// Whether a timer's handler is being called.
  var isCallingTimers = false

  private var isRunning = false
  /// Whether ``stop()`` has been called in this run: libuv forgets it when nothing is active, and jobs may be left.
  private var isStopped = false
  private var isClosed = false
  private var door: Door?
  private var ownExecutor: LoopExecutor?
  /// Keeps the loop running while a body waits for something elsewhere.
  private var hold: Async?

  /// The remote, and the handle that it wakes the loop with.
  private final class Door {
    let remote: LoopRemote
    let async: Async
    /// For what comes through the remote next: memory that has been used before.
    private var memory: [LoopRemote.Work] = []

    init(_ remote: LoopRemote, _ async: Async) {
      self.remote = remote
      self.async = async
    }

    /// Keeps the loop running for what is queued, and only for that.
    func referToWork() { async.isReferenced = remote.hasWork }

    /// Carries out what is queued now.
    func perform(on loop: Loop) {
      var batch = remote.takeAll(memory)
      // What is carried out may get here again.
      memory = []
      for work in batch { work(loop) }
      batch.removeAll(keepingCapacity: true)
      memory = batch
      referToWork()
    }
  }

  /// Makes a loop. The libuv function is `uv_loop_init`.
  ///
  /// The first loop of the process makes it ignore SIGPIPE: libuv writes without `MSG_NOSIGNAL` on Linux, and
  /// a peer's reset would end the process.
  ///
  /// - Parameters:
  ///   - readBufferSize: the size in bytes of the one buffer that all streams of the loop read into.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  /// - Throws: the error of `uv_loop_init`, such as ``UVError/tooManyOpenFiles``.
  public init(
    readBufferSize: Int = 65536,
    file: StaticString = #fileID,
    line: UInt = #line
  ) throws(UVError) {
    precondition(readBufferSize > 0, "a loop's read buffer holds at least one byte")
    ignoreBrokenPipeSignal()
    let pointer = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    let status = unsafe uv_loop_init(pointer)
    guard status == 0 else {
      // Before 1.51 libuv forgets its descriptor when what comes after fails.
      let descriptor = unsafe uv_backend_fd(pointer)
      if uv_version() < 1 << 16 | 51 << 8, descriptor >= 0 { Descriptors.close(descriptor) }
      unsafe pointer.deallocate()
      throw UVError(code: status, operation: "loop")
    }
    let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: readBufferSize)
    unsafe readBuffer = .allocate(capacity: 2)
    unsafe readBuffer.initialize(to: uv_buf_init(bytes, UInt32(readBufferSize)))
    unsafe (readBuffer + 1).initialize(to: uv_buf_init(nil, 0))
    unsafe pointer.pointee.data = UnsafeMutableRawPointer(readBuffer)
    unsafe self.pointer = pointer
    origin = Origin(file, line)
  }

  deinit {
    // Handles hold their loop, so a loop that is dropped without close() has none. Never run a loop in a
    // deinit: it would call handlers at any time, in any order.
    if !isClosed { closeEmpty() }
    // Handles that are closed find their loop, and its buffers, as long as somebody keeps them.
    unsafe readBuffer.deallocate()
    unsafe pointer.deallocate()
  }

  /// Closes the loop that has no handle left.
  private func closeEmpty() {
    let time = milliseconds
    let status = unsafe uv_loop_close(pointer)
    guard status == 0 else {
      fatalError(
        "the loop made at \(origin) has no handle left and is busy: a bug in Libuv, please report it"
      )
    }
    isClosed = true
    // Closed streams tell their idle time by this clock, so it stays, and with it the memory of the C loop.
    unsafe pointer.pointee.time = time
    chunkPool.removeAll()
    requestPool.removeAll()
    unsafe readBuffer.pointee.base.deallocate()
  }

  // MARK: Running

  /// Runs the loop. The libuv function is `uv_run`.
  ///
  /// - Parameter mode: how long.
  /// - Returns: whether handles or requests are still active: after ``stop()``, or after one turn.
  @discardableResult
  public func run(_ mode: RunMode = .untilDone) -> Bool {
    requireOpen()
    precondition(!isRunning, "this loop is running already: don't call run() from one of its handlers")
    isRunning = true
    isStopped = false
    defer { isRunning = false }
    while true {
      // What came through the remote counts as work, and keeps the loop turning until it is carried out. So do jobs.
      door?.referToWork()
      runJobs()
      let isAlive = unsafe uv_run(pointer, mode.constant) != 0
      let hasWork = door?.remote.hasWork == true || ownExecutor?.hasJobs == true
      guard mode == .untilDone, !isAlive, hasWork, !isStopped else { return isAlive }
    }
  }

  /// Makes ``run(_:)`` return after the current turn. The libuv function is `uv_stop`.
  public func stop() {
    assertOnThread()
    guard !isClosed else { return }
    isStopped = true
    unsafe uv_stop(pointer)
  }

  /// Whether active and referenced handles, active requests or closing handles are left. The libuv function
  /// is `uv_loop_alive`.
  public var isAlive: Bool {
    assertOnThread()
    return unsafe !isClosed && uv_loop_alive(pointer) != 0
  }

  /// The time at which the current turn began, in whole milliseconds from an arbitrary point. The libuv
  /// function is `uv_now`.
  public var now: Duration {
    .milliseconds(milliseconds)
  }

  /// The monotonic clock in nanoseconds from an arbitrary point, for measuring. May be read from any thread. The
  /// libuv function is `uv_hrtime`.
  @inline(__always)
  public static var nanoseconds: UInt64 { uv_hrtime() }

  /// Reads the clock, for a handler that ran for long. The libuv function is `uv_update_time`.
  public func updateTime() {
    assertOnThread()
    guard !isClosed else { return }
    unsafe uv_update_time(pointer)
  }

  /// `uv_now` without a call.
  @inline(__always)
  var milliseconds: UInt64 {
    unsafe pointer.pointee.time
  }

  /// The libuv that this program was compiled against and the one that it runs with, such as `1.44.2`. The
  /// libuv function of the second is `uv_version_string`.
  public static var libuvVersion: (compiled: String, running: String) {
    let compiled = "\(UV_VERSION_MAJOR).\(UV_VERSION_MINOR).\(UV_VERSION_PATCH)"
    return unsafe (compiled, String(cString: uv_version_string()))
  }

  // MARK: Handles

  /// Calls `body` for each handle that isn't closed, in no particular order. The libuv function is `uv_walk`.
  ///
  /// `body` may close handles and make new ones; it doesn't see those.
  public func walk(_ body: (Handle) throws -> Void) rethrows {
    assertOnThread()
    for handle in handles where !handle.isInternal {
      try body(handle)
    }
  }

  /// All handles, also the library's own.
  var handles: [Handle] {
    var handles: [Handle] = []
    guard !isClosed else { return handles }
    unsafe withUnsafeMutablePointer(to: &handles) { handles in
      unsafe uv_walk(
        pointer,
        { handle, handles in
          guard let handle = unsafe Handle.of(handle!) else { return }
          unsafe handles!.assumingMemoryBound(to: [Handle].self).pointee.append(handle)
        },
        handles
      )
    }
    return handles
  }

  // MARK: File descriptors

  /// Tells a listener when a descriptor may be free.
  func addStarved(_ listener: Listener) {
    starvedListeners.append(listener)
    hasStarvedListeners = true
  }

  func removeStarved(_ listener: Listener) {
    starvedListeners.removeAll { $0 === listener }
    hasStarvedListeners = !starvedListeners.isEmpty
  }

  /// A stream was closed.
  @inline(never)
  func descriptorMayBeFree() {
    for listener in starvedListeners { listener.descriptorMayBeFree() }
  }

  // MARK: Other threads

  /// The door for other threads: the one thing of a loop that may cross to them.
  ///
  /// - Throws: the error of `uv_async_init`, when the remote is made at its first use.
  public var remote: LoopRemote {
    get throws(UVError) {
      requireOpen()
      if let door { return door.remote }
      let async = try Async(self, origin: origin, isInternal: true)
      async.unref()
      let door = Door(LoopRemote(sender: async.sender), async)
      async.onSend { [unowned self] _ in door.perform(on: self) }
      self.door = door
      return door.remote
    }
  }

  // MARK: Tasks

  /// Runs Swift's tasks and actors on this loop; each loop has one.
  ///
  /// - Throws: the error of `uv_async_init`, when it is made at its first use.
  public var executor: LoopExecutor {
    get throws(UVError) {
      requireOpen()
      if let ownExecutor { return ownExecutor }
      let executor = try LoopExecutor(self, origin: origin)
      ownExecutor = executor
      return executor
    }
  }

  /// Runs a batch of jobs, if there are any.
  @inline(__always)
  func runJobs() { ownExecutor?.runJobs() }

  /// Keeps the loop running until ``letEnd()``.
  package func keepRunning() throws(UVError) {
    if hold == nil { hold = try Async(self, origin: origin, isInternal: true) }
  }

  /// Lets the loop end when nothing else keeps it running.
  package func letEnd() {
    hold?.close()
    hold = nil
  }

  /// Traps in debug builds when the caller is not on the loop's thread.
  @inline(__always)
  func assertOnThread() {
    assert(
      thread.isCurrent,
      "a loop and its handles belong to the thread that made the loop: use loop.remote.execute { }"
    )
  }

  /// Traps when the loop is closed, and in debug builds when the caller is not on its thread.
  func requireOpen() {
    assertOnThread()
    precondition(!isClosed, "this loop is closed: make a new one")
  }

  // MARK: Closing

  /// Closes the loop and frees its memory. The libuv function is `uv_loop_close`.
  ///
  /// What came through the ``remote`` is carried out first; handles that are closing get to call their
  /// completions. Closing a closed loop does nothing.
  ///
  /// - Throws: ``OpenHandles`` when a handle is open or a name resolution under way. The loop then stays open
  ///   and can be run.
  public func close() throws(OpenHandles) {
    assertOnThread()
    guard !isClosed else { return }
    precondition(!isRunning, "close a loop after run() has returned, not from one of its handlers")
    guard hold == nil else {
      fatalError("the loop was stopped before its body had ended: don't call stop() in it")
    }
    isRunning = true
    defer { isRunning = false }
    door?.perform(on: self)
    try finishClosing()
    if let door {
      // What has come meanwhile is the last: threads that go on and on can't keep the loop from closing.
      door.remote.close(on: self)
      do throws(OpenHandles) {
        try finishClosing()
      } catch {
        door.remote.open()
        throw error
      }
      ownExecutor?.close()
      door.async.close()
      try finishClosing()
    }
    door = nil
    closeEmpty()
  }

  /// Closes whatever is open, and the loop.
  func closeAll() {
    repeat {
      walk { $0.close() }
      // Waits for nothing but name resolutions: those can't be closed. What work and completions make anew is closed in
      // the next round.
      run(.once)
    } while (try? close()) == nil
  }

  /// Calls the close callbacks that are due. No handle is open then, so no other callback can be called but
  /// those of requests that closing has cancelled. Refuses as soon as a completion has made a handle.
  private func finishClosing() throws(OpenHandles) {
    repeat {
      try refuseOpenHandles()
      // libuv doesn't turn a loop in which nothing is active.
      runJobs()
      unsafe uv_run(pointer, UV_RUN_NOWAIT)
      // What is queued is carried out when the door closes.
      door?.async.unref()
    } while isAlive || ownExecutor?.hasJobs == true
    try refuseOpenHandles()
  }

  private func refuseOpenHandles() throws(OpenHandles) {
    let open = handles.filter { $0.state == .open && !$0.isInternal }
    guard open.isEmpty, resolutionCount == 0 else {
      throw OpenHandles(handles: open.map(OpenHandles.Entry.init), resolutions: resolutionCount)
    }
  }
}

/// Why a loop could not be closed: what is still open on it.
public struct OpenHandles: Error, Hashable, Sendable, CustomStringConvertible {
  /// One open handle.
  public struct Entry: Hashable, Sendable, CustomStringConvertible {
    /// libuv's name of the handle's type: `tcp`, `timer`, `signal`.
    public let type: String
    /// Where the handle was made: `Module/File.swift:12`.
    public let origin: String

    init(_ handle: Handle) {
      type = handle.typeName
      origin = handle.origin.description
    }

    /// Type and place: `tcp made at Module/File.swift:12`.
    public var description: String { "\(type) made at \(origin)" }
  }

  /// The open handles.
  public let handles: [Entry]
  /// How many name resolutions are under way.
  public let resolutions: Int

  /// A sentence that lists them all.
  public var description: String {
    var entries = handles.map(\.description)
    if resolutions > 0 { entries.append("\(resolutions) name resolution(s) under way") }
    return "the loop can't be closed, it has open handles: \(entries.joined(separator: ", "))"
  }
}

/// Which thread something belongs to. The libuv type is `uv_thread_t`.
struct ThreadIdentity: Sendable {
  private let thread: uv_thread_t

  /// The calling thread.
  init() { thread = uv_thread_self() }

  /// Whether it is the calling thread. The libuv function is `uv_thread_equal`.
  var isCurrent: Bool {
    var mine = thread
    var current = uv_thread_self()
    return unsafe uv_thread_equal(&mine, &current) != 0
  }
}
