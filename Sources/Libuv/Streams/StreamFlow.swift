internal import CLibuv

/// What a stream's messages touch: plain memory before the C handle, in the same block.
///
/// libuv's callbacks reach it from the pointer that they are given. In the object it would cost, for each message, a
/// reference counted to keep the object where it is kept anyway, and checks that nobody else has access, where all access
/// is on one thread and none spans a call of somebody else's code. Decision 12 has the figures.
@safe struct StreamFlow: ~Copyable {
  /// Who gets what is read.
  enum Input {
    case nobody
    case handler
    case receiver
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

  var input = Input.nobody
  /// Whether libuv has been asked to read.
  var isReadStarted = false
  var isPaused = false
  /// Whether the peer has ended its side.
  var isReadEnded = false
  /// Whether the receiver or the handler is being called.
  var isReceiving = false
  /// Whether there is a handler.
  private(set) var hasHandler = false
  /// Whether the one that is being called has been replaced, and waits for the end of that call among the stream's extras.
  var isReaderReplaced = false

  // MARK: Writing

  /// Whether the stream is open, in both meanings, and nothing is queued: then bytes may go to the kernel at once.
  private(set) var sendsAtOnce = true
  var output = Output.open { didSet { updateSending() } }
  /// Whether libuv has a write request: then all further bytes go to the queue.
  var isWriting = false { didSet { updateSending() } }
  /// Whether the stream is closing, or closed.
  var isClosing = false { didSet { updateSending() } }
  /// Set above the high-water mark, until the queue has fallen to the low one.
  var awaitsDrain = false
  /// Whether the stream closes when both directions have ended.
  var closesWhenEnded = false
  /// Whether it was told to finish.
  private(set) var isFinishing = false
  /// Whether it has a socket that is to be connected yet. libuv calls it readable and writable already.
  var awaitsConnect = false
  /// Whether it is known to be connected, both ways, and has not failed to read: then libuv needn't be asked.
  var isConnected = false

  /// Lets the stream close when both directions have ended, whatever pumps come and go.
  mutating func finish() {
    isFinishing = true
    closesWhenEnded = true
  }

  mutating func stopClosingWhenEnded() { closesWhenEnded = isFinishing }

  private mutating func updateSending() { sendsAtOnce = output == .open && !isWriting && !isClosing }

  /// Gets what is read, with ``Input/receiver``. Retained.
  var receiver: Unmanaged<Receiver>?
  /// Gets what is read, with ``Input/handler``.
  private(set) var handler = HeldHandler()

  /// Puts a handler in where there is none.
  @inline(__always)
  mutating func hold(_ handler: consuming @escaping ReadHandler) {
    hasHandler = true
    // The empty one that is there holds nothing, and need not be let go of.
    let place = unsafe withUnsafeMutablePointer(to: &self.handler) { unsafe $0 }
    unsafe place.initialize(to: HeldHandler(handler))
  }

  /// Takes the handler out, and lets go of it.
  mutating func dropHandler() {
    hasHandler = false
    var earlier = HeldHandler()
    swap(&handler, &earlier)
    // What it has captured may end with it, and look here: now, when all is stored.
    _ = consume earlier
  }

  // An open stream is kept alive by itself, and takes its pumps apart when it begins to close: so these count no reference.

  /// Where the input goes, with ``Input/pump``.
  var pumpTarget: UnsafeMutablePointer<uv_stream_t>?
  /// Whose input comes here: it is told when the queue has drained.
  var pumpSource: UnsafeMutablePointer<uv_stream_t>?

  var highWaterMark = 65536
  /// What the kernel refused.
  var queue = WriteQueue()

  // MARK: Figures

  // In an order in which the compiler doesn't add two of them at once: that takes more instructions.

  /// How many bytes have been read.
  var bytesRead = 0
  /// How many bytes the kernel has taken, but for those of the request under way; all when the stream is closing.
  var bytesTaken = 0
  /// How many times bytes have been read.
  var readCount = 0
  /// How many of the bytes read were thrown away.
  var bytesDiscarded = 0
  /// The loop's time, in milliseconds, when bytes were last read, or taken by the kernel.
  var lastActivity: UInt64

  @inline(__always)
  init(at time: UInt64) { lastActivity = time }

  /// The room that it takes before a C handle, which needs an address that is a multiple of 16.
  static let room = (MemoryLayout<StreamFlow>.size + 15) & ~15

  /// That of a C stream.
  @inline(__always)
  static func of(_ stream: UnsafeMutablePointer<uv_stream_t>) -> UnsafeMutablePointer<StreamFlow> {
    unsafe (UnsafeMutableRawPointer(stream) - room).assumingMemoryBound(to: StreamFlow.self)
  }
}
