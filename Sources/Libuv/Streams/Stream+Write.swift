internal import CLibuv

extension Stream {
  /// Writes bytes: at once what the kernel takes, and the rest, copied, as soon as it takes that. The libuv
  /// functions are `uv_try_write` and `uv_write`.
  ///
  /// Nothing is refused: more than the ``highWaterMark`` is queued too. It is for the caller to wait for
  /// ``onDrain`` when this returns true, or memory grows with what a slow peer doesn't read.
  ///
  /// - Parameter bytes: what to write; may be empty.
  /// - Returns: whether the stream is above its high-water mark.
  /// - Throws: ``UVError/badHandle`` when the stream isn't open, ``UVError/notConnected`` before it connects,
  ///   ``UVError/brokenPipe`` after
  ///   ``shutdown(_:)`` or when the peer is gone, ``UVError/connectionReset`` and others as the system gives
  ///   them. The stream stays open. A failure that shows later is the stream's ``failure``, and closes it.
  @discardableResult
  public final func write(_ bytes: RawSpan) throws(UVError) -> Bool {
    try requireOpen("write")
    guard output == .open else { throw UVError.brokenPipe.during("write") }
    let status = unsafe bytes.withUnsafeBytes { unsafe send($0) }
    // libuv's word for a stream without a socket.
    if status == UV_EBADF.rawValue { throw UVError.notConnected.during("write") }
    try UVError.check(status, "write")
    // What only joins the queue is no sign of life of the peer.
    if !isWriting { lastActivity = loop.milliseconds }
    return awaitsDrain
  }

  /// Writes the bytes of an array, as ``write(_:)-(RawSpan)`` does.
  @discardableResult
  public final func write(_ bytes: [UInt8]) throws(UVError) -> Bool {
    try unsafe write(bytes.span.bytes)
  }

  /// Writes a string as UTF-8, as ``write(_:)-(RawSpan)`` does.
  @discardableResult
  public final func write(_ text: String) throws(UVError) -> Bool {
    try unsafe write(text.utf8Span.span.bytes)
  }

  /// How many bytes are queued: written, and not yet taken by the kernel. The libuv function is
  /// `uv_stream_get_write_queue_size`; what waits behind libuv's own queue is counted too.
  public final var queuedByteCount: Int {
    guard state == .open else { return 0 }
    return unsafe stream.pointee.write_queue_size + queue.waitingByteCount
  }

  /// How many bytes the kernel has taken.
  public final var bytesWritten: Int {
    guard state == .open else { return bytesTaken }
    return bytesTaken + submittedBytesTaken
  }

  /// How many bytes the kernel has taken of what libuv is still writing.
  final var submittedBytesTaken: Int {
    unsafe queue.submittedByteCount - stream.pointee.write_queue_size
  }

  /// Whether more is queued than the high-water mark.
  public final var isAboveHighWaterMark: Bool { queuedByteCount > highWaterMark }

  // MARK: The byte's way

  /// Writes what the kernel takes and queues the rest. Returns zero, or the error's code.
  @inline(__always)
  final func send(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard !isWriting else { return unsafe enqueue(bytes) }
    var buffer = unsafe uv_buf_t(
      base: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)),
      len: bytes.count
    )
    let count = unsafe uv_try_write(stream, &buffer, 1)
    guard Int(count) == bytes.count else { return unsafe sendRest(of: bytes, after: count) }
    bytesTaken &+= bytes.count
    return 0
  }

  @inline(never)
  private func sendRest(of bytes: UnsafeRawBufferPointer, after count: Int32) -> Int32 {
    // Zero bytes have been written when there were none: libuv may still say EAGAIN while it connects.
    guard unsafe !bytes.isEmpty else { return 0 }
    guard count >= 0 || count == UV_EAGAIN.rawValue else { return count }
    let taken = max(0, Int(count))
    bytesTaken &+= taken
    return unsafe enqueue(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
  }

  @inline(never)
  private func enqueue(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    unsafe queue.append(bytes, from: &loop.chunkPool)
    let status = isWriting ? 0 : submit()
    awaitsDrain = awaitsDrain || isAboveHighWaterMark
    return status
  }

  /// Hands the first of the queue to libuv, which calls back when the kernel has taken it.
  private func submit() -> Int32 {
    unsafe queue.withWaitingBuffers { buffers in
      queue.submitWaiting()
      let status = unsafe uv_write(
        &queue.submitted!.pointee.request,
        stream,
        buffers.baseAddress!,
        UInt32(buffers.count)
      ) { request, status in
        unsafe Stream.of(request!.pointee.handle)._withUnsafeGuaranteedRef { $0.didWrite(status) }
      }
      if status < 0 { _ = queue.finishSubmitted(into: &loop.chunkPool) } else { isWriting = true }
      return status
    }
  }

  /// The write callback. It also comes after close, for what was under way.
  private func didWrite(_ status: Int32) {
    let count = queue.finishSubmitted(into: &loop.chunkPool)
    isWriting = false
    guard state == .open else { return }
    if let error = UVError.of(status, "write") { return fail(error) }
    bytesTaken += count
    lastActivity = loop.milliseconds
    let status = flush()
    if let error = UVError.of(status, "write") { return fail(error) }
    didDrain()
  }

  /// Writes what waits, as far as the kernel takes it, and submits the rest.
  private func flush() -> Int32 {
    while queue.isWaiting {
      let (count, asked) = unsafe queue.withWaitingBuffers { buffers in
        let asked = unsafe buffers.reduce(0) { unsafe $0 + $1.len }
        return unsafe (uv_try_write(stream, buffers.baseAddress!, UInt32(buffers.count)), asked)
      }
      guard count >= 0 else { return count == UV_EAGAIN.rawValue ? submit() : count }
      bytesTaken += Int(count)
      queue.consume(Int(count), into: &loop.chunkPool)
      if Int(count) < asked { return submit() }
    }
    return 0
  }

  private func didDrain() {
    endOutputWhenFlushed()
    guard awaitsDrain, queuedByteCount <= lowWaterMark else { return }
    awaitsDrain = false
    pumpSource?.pumpTargetDidDrain()
    guard state == .open else { return }
    onDrain?(self)
  }
}
