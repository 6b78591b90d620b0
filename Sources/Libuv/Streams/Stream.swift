internal import CLibuv

/// A two-way flow of bytes: a ``TCP`` connection or a ``Pipe``.
///
/// Each direction ends on its own. *Reading* ends with the peer's end of input, *writing* with
/// ``shutdown(_:)``; in between, or after, the stream may be half-open. ``Handle/close(_:)`` ends both.
///
/// A stream that fails closes itself, after it has told its read handler; ``failure`` says why. The libuv
/// type is `uv_stream_t`.
@safe public class Stream: Handle {
  /// Who gets what is read.
  enum Input {
    case nobody
    case handler
    case pump
    /// Read and thrown away, so that closing sends no reset.
    case discarded
  }

  /// How far the end of writing has come.
  enum Output {
    case open
    /// What is queued goes out first.
    case ending
    /// `uv_shutdown` is under way.
    case shuttingDown
    case ended
  }

  // MARK: Reading

  final var input: Input = .nobody
  final var readHandler: ReadHandler?
  /// Whether libuv has been asked to read.
  final var isReadStarted = false
  final var isPaused = false

  /// Whether the peer has ended its side: no more input will come.
  public internal(set) final var isReadEnded = false

  // MARK: Writing

  final var output: Output = .open
  /// Whether libuv has a write request: then all further bytes go to the queue.
  final var isWriting = false
  final var queue = WriteQueue()
  /// Set above the high-water mark, until the queue has fallen to the low one.
  final var awaitsDrain = false
  final var shutdownHandler: ((UVError?) -> Void)?

  /// How many bytes may be queued before ``write(_:)-(RawSpan)`` reports that the stream is above its
  /// high-water mark and a pump stops reading. 64 KiB unless set.
  public final var highWaterMark = 65536

  /// At how many queued bytes a stream that was above its high-water mark counts as drained: a quarter of that
  /// mark.
  public final var lowWaterMark: Int { highWaterMark / 4 }

  /// Called when the queue has fallen from above the high-water mark to the low one: the time to write again.
  public final var onDrain: ((Stream) -> Void)?

  // MARK: Pumping

  /// Where the input goes, with ``Input/pump``. Needs no reference: an open stream is kept alive by itself, and
  /// takes its pumps apart when it begins to close.
  final var unmanagedPumpTarget: Unmanaged<Stream>?
  final var pumpTarget: Stream? {
    get { unsafe unmanagedPumpTarget?.takeUnretainedValue() }
    set { unsafe unmanagedPumpTarget = newValue.map { unsafe .passUnretained($0) } }
  }
  /// Whose input comes here: it is told when the queue has drained.
  final var pumpSource: Stream?
  /// Whether the stream closes when both directions have ended.
  final var closesWhenEnded = false

  // MARK: Figures

  // What is touched for every message is stored in internal properties, not public ones: of those the compiler
  // sees all uses, proves that no two overlap, and needs no exclusivity check at run time.

  /// How many bytes have been read.
  public final var bytesRead: Int { bytesReceived }
  final var bytesReceived = 0

  /// How many times bytes have been read: for requests that fit a read, the number of requests.
  public final var readCount: Int { reads }
  final var reads = 0

  /// How many bytes the kernel has taken, but for those of the request under way; all when the stream is closing.
  final var bytesTaken = 0

  /// How many of the bytes read were thrown away, after ``finish()``.
  public internal(set) final var bytesDiscarded = 0

  /// The loop's time, in milliseconds, when bytes were last read, or taken by the kernel.
  final var lastActivity: UInt64

  /// What the stream failed with, and was closed for; nil while all is well.
  public internal(set) final var failure: UVError?

  /// What it does as a listening stream.
  final var listener: Listener?
  final var connectHandler: ((UVError?) -> Void)?

  /// Whether a connect is under way. libuv calls such a stream readable and writable already.
  final var isConnecting: Bool { connectHandler != nil }

  /// Whether it has a socket that is to be connected yet. libuv calls it readable and writable already.
  final var awaitsConnect = false

  init(
    _ loop: Loop,
    size: Int,
    operation: StaticString,
    origin: Origin,
    stream initialize: (UnsafeMutableRawPointer) -> Int32
  ) throws(UVError) {
    lastActivity = loop.milliseconds
    try unsafe super.init(loop, size: size, operation: operation, origin: origin, initialize: initialize)
  }

  @inline(__always)
  final var stream: UnsafeMutablePointer<uv_stream_t> {
    unsafe pointer.assumingMemoryBound(to: uv_stream_t.self)
  }

  @inline(__always)
  static func of(_ stream: UnsafeMutablePointer<uv_stream_t>?) -> Unmanaged<Stream> {
    unsafe Unmanaged<Stream>.fromOpaque(stream!.pointee.data)
  }

  // MARK: State

  /// Whether the stream is connected and its peer's side not ended. The libuv function is `uv_is_readable`.
  public final var isReadable: Bool {
    loop.assertOnThread()
    return unsafe state == .open && !isReadEnded && !isConnecting && !awaitsConnect
      && uv_is_readable(stream) != 0
  }

  /// Whether the stream is connected and its own side not ended. The libuv function is `uv_is_writable`.
  public final var isWritable: Bool {
    loop.assertOnThread()
    return unsafe state == .open && output == .open && !isConnecting && !awaitsConnect
      && uv_is_writable(stream) != 0
  }

  /// How long nothing has been read, and nothing written been taken by the kernel. Whole milliseconds, counted
  /// at the loop's turns.
  public final var idleTime: Duration {
    .milliseconds(loop.milliseconds - lastActivity)
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
    guard output == .open else { throw UVError.brokenPipe.during("shutdown") }
    guard isWritable else { throw UVError.notConnected.during("shutdown") }
    detachPumpSource()
    shutdownHandler = completion
    endOutput()
  }

  /// Lets what is queued go out, then ends writing.
  final func endOutput() {
    output = .ending
    endOutputWhenFlushed()
  }

  /// Begins `uv_shutdown` when writing is to end and nothing is queued.
  final func endOutputWhenFlushed() {
    guard output == .ending, queue.isEmpty else { return }
    output = .shuttingDown
    let request = unsafe loop.requestPool.take().bindMemory(to: uv_shutdown_t.self, capacity: 1)
    let status = unsafe uv_shutdown(request, stream) { request, status in
      let stream = unsafe Stream.of(request!.pointee.handle).takeUnretainedValue()
      unsafe stream.loop.requestPool.put(UnsafeMutableRawPointer(request!))
      stream.didShutDown(status)
    }
    guard status == 0 else {
      unsafe loop.requestPool.put(UnsafeMutableRawPointer(request))
      didShutDown(status)
      return
    }
  }

  private func didShutDown(_ status: Int32) {
    output = .ended
    let handler = shutdownHandler
    shutdownHandler = nil
    // It was connected when this began: by now its peer has reset it.
    let isReset = status == UV_ENOTCONN.rawValue
    let error = UVError.of(isReset ? UV_ECONNRESET.rawValue : status, "shutdown")
    handler?(error)
    if let error { fail(error) } else { closeIfEnded() }
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
    guard isReadEnded || isReadable else { return close() }
    detachPumpTarget()
    detachPumpSource()
    readHandler = nil
    input = .discarded
    isPaused = false
    closesWhenEnded = true
    do {
      try updateReading()
      if output == .open { try shutdown() }
      closeIfEnded()
    } catch {
      fail(error)
    }
  }

  /// Whether it was told to ``finish()``.
  final var isFinishing: Bool { input == .discarded }

  final func closeIfEnded() {
    guard closesWhenEnded, isReadEnded, output == .ended else { return }
    close()
  }

  /// Closes the stream with a reset, which throws away what is on its way in either direction. The libuv
  /// function is `uv_tcp_close_reset`; a pipe knows no reset and is closed plainly.
  ///
  /// - Parameter completion: called when the stream is closed, at once if it is closed already.
  public func closeReset(_ completion: (() -> Void)? = nil) {
    close(completion)
  }

  /// Records why, tells the read handler, and closes the stream.
  final func fail(_ error: UVError) {
    guard state == .open, failure == nil else { return }
    failure = error
    if input == .handler, let readHandler {
      try? readHandler(self, .failure(error))
    }
    close()
  }

  override func willClose() {
    isReadStarted = false
    bytesTaken += submittedBytesTaken
    closePumpedStreams()
    queue.dropWaiting(into: &loop.chunkPool)
    listener?.willClose()
  }

  override func releaseHandlers() {
    readHandler = nil
    onDrain = nil
    // libuv calls back each request before the close callback, so this one was never begun.
    let handler = shutdownHandler
    shutdownHandler = nil
    handler?(UVError.canceled.during("shutdown"))
    listener?.releaseHandlers()
    listener = nil
    connectHandler = nil
    // A descriptor is free now.
    for listener in loop.starvedListeners { listener.descriptorMayBeFree() }
  }
}
