/// Brings what a stream reads to the one task that asks for it. It belongs to the loop's thread.
///
/// What comes while nobody asks is held, and the stream stops reading: the kernel's buffers fill up then, and the peer has
/// to wait. So as long as the task is as fast as its peer libuv is never told to stop, which would cost system calls for
/// each message.
final class StreamReader: Receiver {
  private let stream: Stream
  let place: WaitingPlace

  // Touched for every message, by nobody but the methods here, none of which calls another while it touches them: so the
  // compiler, which can't see that of the first, need not check it.

  /// What came last: to be given out, or given out already. In the latter case, and when nobody else holds it any more,
  /// its memory takes the next bytes.
  @exclusivity(unchecked) private var buffer: [UInt8] = []
  /// Whether the buffer has bytes that nobody has asked for yet.
  private(set) var hasBytes = false
  private var isReading = false
  /// Who wants to see the next bytes where they lie.
  private var borrower: ((RawSpan) -> Void)?
  /// Who handles all bytes that come while the task waits, where they lie.
  private var consumer: ((RawSpan) throws -> Void)?
  /// What it has thrown.
  private var consumerError: (any Error)?

  private var isStarted = false
  private var isEnded = false
  private var failure: UVError?

  /// The largest array that an idle connection keeps, in bytes.
  private static let keptCapacity = 512

  init(_ stream: Stream, _ executor: LoopExecutor, _ watch: TaskWatch) {
    self.stream = stream
    place = WaitingPlace(executor, watch: watch)
  }

  // MARK: The stream's side

  /// Has the stream read.
  @inline(never)
  private func start() throws(UVError) {
    // One that closes, or finishes, ends the wait when it is closed.
    guard stream.state == .open, !stream.isFinishing else { return }
    if isStarted {
      try stream.resume()
    } else {
      // The stream holds the reader until it is closed.
      try stream.read(to: self)
      isStarted = true
    }
    isReading = true
  }

  override func ended(_ stream: Stream) { didEnd(nil) }
  override func failed(_ stream: Stream, _ error: UVError) { didEnd(error) }

  override func received(_ bytes: RawSpan, from stream: Stream) {
    if let consumer, place.isTaken { return give(bytes, to: consumer) }
    if let borrower, place.isTaken {
      self.borrower = nil
      borrower(bytes)
    } else {
      hold(bytes)
    }
    place.wakeNow()
    // The task goes on at once, but for one that is cancelled, or prefers an executor: what it hasn't taken stays.
    if hasBytes, isReading {
      isReading = false
      stream.pause()
    }
  }

  /// Has them handled. The task goes on only when there is something for it to do.
  private func give(_ bytes: RawSpan, to consumer: (RawSpan) throws -> Void) {
    do {
      try consumer(bytes)
      guard stream.mustDrain else { return }
    } catch {
      consumerError = error
    }
    if isReading {
      isReading = false
      stream.pause()
    }
    place.wakeNow()
  }

  /// Copies the bytes: their place belongs to the loop's next read.
  @inline(__always)
  private func hold(_ bytes: RawSpan) {
    assert(!hasBytes, "bytes have come while others wait to be taken")
    hasBytes = true
    // Messages of one size, which are common, take the shortest way.
    if unsafe buffer.count == bytes.byteCount {
      unsafe bytes.withUnsafeBytes { source in
        unsafe buffer.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
      }
    } else {
      unsafe buffer.removeAll(keepingCapacity: true)
      unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }
  }

  /// Nothing more comes: the peer has ended its side, or the stream has failed, or been closed.
  func didEnd(_ error: UVError?) {
    guard !isEnded else { return }
    failure = error
    isEnded = true
    place.wake()
  }

  // MARK: The task's side

  /// Sees to it that something comes, if nothing is there.
  ///
  /// - Returns: whether the task has to wait for it.
  @inline(__always)
  func mustWait() throws(UVError) -> Bool {
    place.willLook()
    guard !hasBytes, !isEnded else { return false }
    // An idle connection holds no large memory.
    if unsafe buffer.capacity > Self.keptCapacity { unsafe buffer = [] }
    if !isReading { try start() }
    return true
  }

  /// What has come; nil at the end.
  @inline(__always)
  func take() throws(UVError) -> [UInt8]? {
    if hasBytes {
      hasBytes = false
      return unsafe buffer
    }
    if let failure { throw failure }
    return nil
  }

  /// How many bytes have come that nobody has asked for yet.
  var heldByteCount: Int { unsafe hasBytes ? buffer.count : 0 }

  /// Lends the next bytes; nil at the end.
  func lend<Value>(
    _ body: @escaping (RawSpan) throws -> Value,
    isolation: isolated (any Actor)?
  ) async throws -> Value? {
    var result: Result<Value, any Error>?
    borrower = { bytes in result = Result { try body(bytes) } }
    defer { borrower = nil }
    while result == nil {
      if hasBytes {
        hasBytes = false
        let bytes = unsafe buffer
        return try unsafe body(bytes.span.bytes)
      }
      guard try mustWait() else { break }
      try await place.wait(isolation: isolation)
    }
    if let result { return try result.get() }
    if let failure { throw failure }
    return nil
  }

  /// What a task that has all bytes handled is to do next.
  enum ConsumerStep {
    /// Wait, until it is woken.
    case wait
    /// Wait for the stream to drain.
    case drain
    /// Nothing more comes.
    case end
  }

  /// Has all that comes from now on handled where it lies, while the task waits.
  func beginConsuming(_ body: @escaping (RawSpan) throws -> Void) {
    guard consumer == nil else { fatalError("two tasks can't read from one connection at once") }
    consumer = body
  }

  func endConsuming() {
    consumer = nil
    consumerError = nil
  }

  /// Has handled what was held, and sees to it that more comes.
  func nextConsumerStep() throws -> ConsumerStep {
    if let consumerError { throw consumerError }
    while hasBytes {
      hasBytes = false
      let bytes = unsafe buffer
      try unsafe consumer?(bytes.span.bytes)
    }
    if stream.mustDrain { return .drain }
    if try mustWait() { return .wait }
    if let failure { throw failure }
    return .end
  }
}
