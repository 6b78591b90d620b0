internal import CLibuv

/// A two-way flow of bytes: a ``TCP`` connection or a ``Pipe``.
///
/// Each direction ends on its own. *Reading* ends with the peer's end of input, *writing* with
/// ``shutdown(_:)``; in between, or after, the stream may be half-open. ``Handle/close(_:)`` ends both.
///
/// A stream that fails closes itself, after it has told its read handler; ``failure`` says why. The libuv
/// type is `uv_stream_t`.
@safe public class Stream: Handle {
  /// What messages touch. By its address: the other accessors that don't copy it allocate where they aren't inlined.
  @inline(__always)
  final var flow: StreamFlow {
    unsafeAddress { unsafe UnsafePointer(StreamFlow.of(stream)) }
    unsafeMutableAddress { unsafe StreamFlow.of(stream) }
  }

  /// Where it goes when it is closed, to be a connection again; nil for one that no listener has made. Retained.
  private final var pool: Unmanaged<StreamPool>?

  /// What few streams have.
  private final var extras: Extras?

  private final class Extras {
    var failure: UVError?
    var listener: Listener?
    var connectHandler: ((UVError?) -> Void)?
    var shutdownHandler: ((UVError?) -> Void)?
    var replacedReader: AnyObject?
  }

  /// Those extras, made if they are not there.
  private final var someExtras: Extras {
    if let extras { return extras }
    let new = Extras()
    extras = new
    return new
  }

  // MARK: Reading

  /// Whether the peer has ended its side: no more input will come.
  public final var isReadEnded: Bool { flow.isReadEnded }

  // MARK: Writing

  /// How many bytes may be queued before ``write(_:)-(RawSpan)`` reports that the stream is above its
  /// high-water mark and a pump stops reading. 64 KiB unless set.
  public final var highWaterMark: Int {
    get { flow.highWaterMark }
    set { flow.highWaterMark = newValue }
  }

  /// At how many queued bytes a stream that was above its high-water mark counts as drained: a quarter of that
  /// mark.
  public final var lowWaterMark: Int { highWaterMark / 4 }

  /// Called when the queue has fallen from above the high-water mark to the low one: the time to write again.
  public final var onDrain: ((Stream) -> Void)? {
    get { drainHandler }
    set {
      // A closed stream drains no more, and may become another connection.
      guard state != .closed || newValue == nil else { return }
      // The common case first.
      guard drainHandler != nil else {
        drainHandler = newValue
        return
      }
      // What the earlier one has captured may end with it, and look here.
      let earlier = drainHandler
      drainHandler = newValue
      keep(earlier)
    }
  }

  /// Keeps a handler until here. `withExtendedLifetime` is generic, and would allocate another shape of the closure.
  @inline(never)
  private final func keep(_ handler: ((Stream) -> Void)?) {}

  private final var drainHandler: ((Stream) -> Void)?

  // MARK: Figures

  /// How many bytes have been read.
  public final var bytesRead: Int { flow.bytesRead }

  /// How many times bytes have been read: for requests that fit a read, the number of requests.
  public final var readCount: Int { flow.readCount }

  /// How many of the bytes read were thrown away, after ``finish()``.
  public final var bytesDiscarded: Int { flow.bytesDiscarded }

  /// What the stream failed with, and was closed for; nil while all is well.
  public internal(set) final var failure: UVError? {
    get { extras?.failure }
    set { someExtras.failure = newValue }
  }

  /// What it does as a listening stream.
  final var listener: Listener? {
    get { extras?.listener }
    set { someExtras.listener = newValue }
  }

  /// The same, for who needs it only while the stream is open, and so need not count a reference.
  final var listenerReference: Unmanaged<Listener>? {
    unsafe extras?.listener.map { unsafe .passUnretained($0) }
  }

  /// The receiver, or the handler, that has been replaced while it was being called.
  final var replacedReader: AnyObject? {
    get { extras?.replacedReader }
    set { someExtras.replacedReader = newValue }
  }

  /// Told when it is connected.
  final var connectHandler: ((UVError?) -> Void)? {
    get { extras?.connectHandler }
    set { someExtras.connectHandler = newValue }
  }

  /// Whether a connect is under way. libuv calls such a stream readable and writable already.
  final var isConnecting: Bool { extras?.connectHandler != nil }

  init(
    _ loop: Loop,
    size: Int,
    operation: StaticString,
    origin: Origin,
    stream initialize: (UnsafeMutableRawPointer) -> Int32
  ) throws(UVError) {
    try unsafe super.init(
      loop,
      size: size,
      room: StreamFlow.room,
      operation: operation,
      origin: origin,
      initialize: initialize
    )
    unsafe StreamFlow.of(stream).initialize(to: StreamFlow(at: loop.milliseconds))
  }

  @inline(__always)
  final var stream: UnsafeMutablePointer<uv_stream_t> {
    unsafe pointer.assumingMemoryBound(to: uv_stream_t.self)
  }

  @inline(__always)
  static func of(_ stream: UnsafeMutablePointer<uv_stream_t>?) -> Unmanaged<Stream> {
    unsafe Unmanaged<Stream>.fromOpaque(stream.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped)
  }

  // MARK: State

  /// Whether the stream is connected and its peer's side not ended. The libuv function is `uv_is_readable`.
  public final var isReadable: Bool {
    loop.assertOnThread()
    guard state == .open, !flow.isReadEnded else { return false }
    return unsafe flow.isConnected || !isConnecting && !flow.awaitsConnect && uv_is_readable(stream) != 0
  }

  /// Whether the stream is connected and its own side not ended. The libuv function is `uv_is_writable`.
  public final var isWritable: Bool {
    loop.assertOnThread()
    guard state == .open, flow.output == .open else { return false }
    return unsafe flow.isConnected || !isConnecting && !flow.awaitsConnect && uv_is_writable(stream) != 0
  }

  /// How long nothing has been read, and nothing written been taken by the kernel. Whole milliseconds, counted
  /// at the loop's turns.
  public final var idleTime: Duration {
    .milliseconds(loop.milliseconds - flow.lastActivity)
  }

  /// How many bytes the kernel holds that have not been read; zero for a stream that isn't open.
  public final var unreadByteCount: Int {
    guard let descriptor else { return 0 }
    return Int(max(0, swift_libuv_readable_bytes(descriptor)))
  }

  /// The file descriptor, for socket options that have no method here; nil before there is one, and when the
  /// stream isn't open. It stays the stream's own: don't close it. The libuv function is `uv_fileno`.
  public final var descriptor: Int32? {
    loop.assertOnThread()
    guard state == .open else { return nil }
    var descriptor: uv_os_fd_t = -1
    guard unsafe uv_fileno(handle, &descriptor) == 0 else { return nil }
    return descriptor
  }

  // MARK: Ending

  /// Ends writing: what is queued goes out, then the peer sees the end of its input. Reading goes on. The
  /// libuv function is `uv_shutdown`.
  ///
  /// A pump to the stream is taken apart, and its source stops reading.
  ///
  /// - Parameter completion: called when that is done, with nil, or with the error that kept it from being done:
  ///   ``UVError/canceled`` when the stream was closed before.
  /// - Throws: ``UVError/badHandle`` when the stream isn't open, ``UVError/notConnected`` before it is connected,
  ///   ``UVError/brokenPipe`` when writing has ended already.
  public final func shutdown(_ completion: ((UVError?) -> Void)? = nil) throws(UVError) {
    try requireOpen("shutdown")
    guard flow.output == .open else { throw UVError.brokenPipe.during("shutdown") }
    guard isWritable else { throw UVError.notConnected.during("shutdown") }
    detachPumpSource()
    if let completion { someExtras.shutdownHandler = completion }
    endOutput()
  }

  /// Lets what is queued go out, then ends writing.
  final func endOutput() {
    flow.output = .ending
    endOutputWhenFlushed()
  }

  /// Ends writing when that is wanted, and nothing is queued.
  final func endOutputWhenFlushed() {
    guard flow.output == .ending, flow.queue.isEmpty else { return }
    // Where closing is all that is left to do, and nobody waits to be told of the end before it, the system's `close` ends
    // writing, too: a request, a turn of the loop and two system calls less for each connection. Nothing unread can make a
    // reset of it, as the peer has ended.
    if flow.isReadEnded, flow.closesWhenEnded, extras?.shutdownHandler == nil {
      flow.output = .ended
      return close()
    }
    beginShutdown()
  }

  private func beginShutdown() {
    flow.output = .shuttingDown
    let request = unsafe loop.requestPool.take().bindMemory(to: uv_shutdown_t.self, capacity: 1)
    let status = unsafe uv_shutdown(request, stream) { request, status in
      let request = unsafe request.unsafelyUnwrapped
      unsafe Stream.of(request.pointee.handle)._withUnsafeGuaranteedRef { stream in
        unsafe stream.loop.requestPool.put(UnsafeMutableRawPointer(request))
        stream.didShutDown(status)
      }
    }
    guard status == 0 else {
      unsafe loop.requestPool.put(UnsafeMutableRawPointer(request))
      didShutDown(status)
      return
    }
  }

  private func didShutDown(_ status: Int32) {
    flow.output = .ended
    // It was connected when this began: by now its peer has reset it.
    let isReset = status == UV_ENOTCONN.rawValue
    let error = UVError.of(isReset ? UV_ECONNRESET.rawValue : status, "shutdown")
    tellShutdown(error)
    if let error { fail(error) } else { closeIfEnded() }
  }

  /// Tells whoever waits for the end of writing, once.
  private func tellShutdown(_ error: UVError?) {
    guard let extras, let handler = extras.shutdownHandler else { return }
    extras.shutdownHandler = nil
    handler(error)
  }

  /// Closes the stream with a proper end, so that the peer loses nothing that is on its way to it. The libuv functions
  /// are `uv_shutdown`, `uv_read_start` and `uv_close`.
  ///
  /// What is queued goes out, then the peer sees the end of its input; what it still sends is read and thrown
  /// away until it ends too; then the stream closes. Without that reading a kernel would answer late bytes with
  /// a reset, and the peer would lose what it had not read yet. A peer that never ends keeps the stream open:
  /// set a ``Timer`` and ``closeReset(_:)``.
  ///
  /// A pump from or to the stream is taken apart. A stream that isn't connected is closed at once.
  public final func finish() {
    loop.assertOnThread()
    guard state == .open else { return }
    guard flow.isReadEnded || isReadable else { return close() }
    if unsafe flow.pumpTarget != nil || flow.pumpSource != nil {
      detachPumpTarget()
      detachPumpSource()
    }
    // The peer has ended, and all is written: nothing can come, and closing ends writing, too.
    if flow.isReadEnded, flow.output == .open, flow.queue.isEmpty {
      flow.finish()
      flow.input = .discarded
      flow.output = .ended
      return close()
    }
    let earlier = unsafe takeReader()
    defer { unsafe earlier?.release() }
    flow.input = .discarded
    flow.isPaused = false
    flow.finish()
    do {
      try updateReading()
      if flow.output == .open { try shutdown() }
      closeIfEnded()
    } catch {
      fail(error)
    }
  }

  /// Whether it was told to ``finish()``.
  final var isFinishing: Bool { flow.isFinishing }

  final func closeIfEnded() {
    guard flow.closesWhenEnded, flow.isReadEnded, flow.output == .ended else { return }
    close()
  }

  /// Closes the stream with a reset, which throws away what is on its way in either direction. The libuv
  /// function is `uv_tcp_close_reset`; a pipe knows no reset and is closed plainly.
  ///
  /// - Parameter completion: called when the stream is closed, at once if it is closed already.
  public func closeReset(_ completion: (() -> Void)? = nil) {
    close(completion)
  }

  /// Records why, tells the receiver, and closes the stream.
  final func fail(_ error: UVError, withReset: Bool = false) {
    guard state == .open, failure == nil else { return }
    failure = error
    tellFailure(error)
    if withReset { closeReset() } else { close() }
  }

  override func willClose() {
    flow.isClosing = true
    flow.isReadStarted = false
    // Nobody is called for it any more.
    flow.awaitsDrain = false
    if unsafe flow.pumpTarget != nil || flow.pumpSource != nil { closePumpedStreams() }
    if !flow.queue.isEmpty { dropQueue() }
    if extras != nil { listener?.willClose() }
  }

  @inline(never)
  private func dropQueue() {
    flow.bytesTaken += submittedBytesTaken
    flow.queue.dropWaiting(into: loop.chunkPool)
  }

  /// A closed stream, whose C handle has been made anew, is as one that has just been made.
  @inline(__always)
  final func reopenStream() {
    if extras != nil { extras = nil }
    unsafe StreamFlow.of(stream).initialize(to: StreamFlow(at: loop.milliseconds))
    reopen()
  }

  /// Has it go to a pool when it is closed.
  final func joinPool(_ pool: StreamPool) { unsafe self.pool = .passRetained(pool) }

  final func leavePool() {
    let pool = unsafe pool
    unsafe self.pool = nil
    unsafe pool?.release()
  }

  /// Whether it is a connection that goes to this pool.
  final func belongs(to pool: StreamPool) -> Bool {
    unsafe self.pool?.toOpaque() == Unmanaged.passUnretained(pool).toOpaque()
  }

  override func poolAfterClosing() -> Unmanaged<StreamPool>? {
    unsafe pool?._withUnsafeGuaranteedRef { $0.onClosed?(self) }
    return unsafe pool
  }

  deinit { leavePool() }

  override func releaseHandlers() {
    dropReader()
    if drainHandler != nil { onDrain = nil }
    if extras != nil { releaseExtras() }
    // A descriptor is free now.
    if loop.hasStarvedListeners { loop.descriptorMayBeFree() }
  }

  @inline(never)
  private func releaseExtras() {
    // libuv calls back each request before the close callback, so this one was never begun.
    tellShutdown(UVError.canceled.during("shutdown"))
    listener?.releaseHandlers()
    listener = nil
    connectHandler = nil
  }
}
