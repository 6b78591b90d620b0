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
    loop.assertOnThread()
    // The span outlives this call. Within the closure the rest would be a function of its own.
    let base = unsafe bytes.withUnsafeBytes { $0.baseAddress }
    if let taken = unsafe sendAtOnce(base, bytes.byteCount, to: stream) { try writeRest(after: taken) }
    return flow.awaitsDrain
  }

  @inline(never)
  private func writeRest(after taken: Int32) throws(UVError) {
    let status = sendRest(after: taken)
    if status != 0 { try failToWrite(status) }
  }

  /// Writes bytes as ``write(_:)-(RawSpan)`` does, and closes the stream with a reset where that would throw: what a receiver
  /// of few words does with its echo. The libuv functions are `uv_try_write`, `uv_write` and `uv_tcp_close_reset`.
  ///
  /// - Parameter bytes: what to write; may be empty.
  /// - Returns: whether the stream is above its high-water mark. After a failure, which is the stream's ``failure``, it
  ///   isn't.
  @discardableResult
  public final func send(_ bytes: RawSpan) -> Bool {
    loop.assertOnThread()
    let base = unsafe bytes.withUnsafeBytes { $0.baseAddress }
    if let taken = unsafe sendAtOnce(base, bytes.byteCount, to: stream) { trySendRest(after: taken) }
    return flow.awaitsDrain
  }

  @inline(never)
  private func trySendRest(after taken: Int32) {
    do throws(UVError) {
      try writeRest(after: taken)
    } catch {
      // What is still queued is lost with the stream: a peer must not take what it has for the whole.
      fail(error, withReset: true)
    }
  }

  /// Throws why something could not be written.
  private func failToWrite(_ status: Int32) throws(UVError) {
    try requireOpen("write")
    guard flow.output == .open else { throw UVError.brokenPipe.during("write") }
    // libuv's word for a stream without a socket.
    throw UVError(code: status == UV_EBADF.rawValue ? UV_ENOTCONN.rawValue : status, operation: "write")
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
    return unsafe stream.pointee.write_queue_size + flow.queue.waitingByteCount
  }

  /// How many bytes the kernel has taken.
  public final var bytesWritten: Int {
    guard state == .open else { return flow.bytesTaken }
    return flow.bytesTaken + submittedBytesTaken
  }

  /// How many bytes the kernel has taken of what libuv is still writing.
  final var submittedBytesTaken: Int {
    unsafe flow.queue.submittedByteCount - stream.pointee.write_queue_size
  }

  /// Whether more is queued than the high-water mark.
  public final var isAboveHighWaterMark: Bool { queuedByteCount > highWaterMark }

  // MARK: What the kernel refuses

  /// Queues what ``sendAtOnce(_:_:to:)`` has left in the output buffer. Returns zero, or the error's code.
  final func sendRest(after count: Int32) -> Int32 {
    let buffer = unsafe outputBuffer(of: stream).pointee
    let bytes = unsafe UnsafeRawBufferPointer(start: buffer.base, count: buffer.len)
    guard count != notTried else {
      guard !flow.isClosing, flow.output == .open else { return UV_EPIPE.rawValue }
      return unsafe enqueue(bytes)
    }
    // Zero bytes have been written when there were none: libuv may still say EAGAIN while it connects.
    guard unsafe !bytes.isEmpty else { return 0 }
    guard count >= 0 || count == UV_EAGAIN.rawValue else { return count }
    let taken = max(0, Int(count))
    flow.bytesTaken &+= taken
    flow.lastActivity = loop.milliseconds
    return unsafe enqueue(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
  }

  private func enqueue(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    unsafe flow.queue.append(bytes, from: loop.chunkPool)
    let status = flow.isWriting ? 0 : submit()
    flow.awaitsDrain = flow.awaitsDrain || isAboveHighWaterMark
    return status
  }

  /// Hands the first of the queue to libuv, which calls back when the kernel has taken it.
  private func submit() -> Int32 {
    unsafe flow.queue.withWaitingBuffers { buffers in
      flow.queue.submitWaiting()
      let status = unsafe uv_write(
        &flow.queue.submitted!.pointee.request,
        stream,
        buffers.baseAddress!,
        UInt32(buffers.count)
      ) { request, status in
        unsafe Stream.of(request!.pointee.handle)._withUnsafeGuaranteedRef { $0.didWrite(status) }
      }
      if status < 0 { _ = flow.queue.finishSubmitted(into: loop.chunkPool) } else { flow.isWriting = true }
      return status
    }
  }

  /// The write callback. It also comes after close, for what was under way.
  private func didWrite(_ status: Int32) {
    let count = flow.queue.finishSubmitted(into: loop.chunkPool)
    flow.isWriting = false
    guard state == .open else { return }
    if let error = UVError.of(status, "write") { return fail(error) }
    flow.bytesTaken += count
    flow.lastActivity = loop.milliseconds
    let status = flush()
    if let error = UVError.of(status, "write") { return fail(error) }
    didDrain()
  }

  /// Writes what waits, as far as the kernel takes it, and submits the rest.
  private func flush() -> Int32 {
    while flow.queue.isWaiting {
      let (count, asked) = unsafe flow.queue.withWaitingBuffers { buffers in
        let asked = unsafe buffers.reduce(0) { unsafe $0 + $1.len }
        return unsafe (uv_try_write(stream, buffers.baseAddress!, UInt32(buffers.count)), asked)
      }
      guard count >= 0 else { return count == UV_EAGAIN.rawValue ? submit() : count }
      flow.bytesTaken += Int(count)
      flow.queue.consume(Int(count), into: loop.chunkPool)
      if Int(count) < asked { return submit() }
    }
    return 0
  }

  private func didDrain() {
    endOutputWhenFlushed()
    guard flow.awaitsDrain, queuedByteCount <= lowWaterMark else { return }
    flow.awaitsDrain = false
    pumpSource?.pumpTargetDidDrain()
    if flow.input == .receiver, flow.output == .open { tellDrained() }
    guard state == .open else { return }
    onDrain?(self)
  }
}

// MARK: The byte's way

/// Writes what the kernel takes at once, and leaves it in the output buffer.
///
/// When all is written, nothing was queued before, and nobody waits for a drain. Otherwise ``Stream/sendRest(after:)`` goes on.
///
/// - Returns: nil when that was all; else how many bytes the kernel took, or libuv's code of why it took none, or ``notTried``.
@inline(__always)
func sendAtOnce(
  _ base: UnsafeRawPointer?,
  _ count: Int,
  to stream: UnsafeMutablePointer<uv_stream_t>
) -> Int32? {
  let flow = unsafe StreamFlow.of(stream)
  let buffer = unsafe outputBuffer(of: stream)
  unsafe buffer.pointee.base = UnsafeMutablePointer(mutating: base?.assumingMemoryBound(to: CChar.self))
  unsafe buffer.pointee.len = count
  guard _fastPath(unsafe flow.pointee.sendsAtOnce) else { return notTried }
  let taken = unsafe uv_try_write(stream, buffer, 1)
  guard _fastPath(Int(taken) == count) else { return taken }
  unsafe flow.pointee.bytesTaken &+= count
  unsafe flow.pointee.lastActivity = stream.pointee.loop.unsafelyUnwrapped.pointee.time
  return nil
}

/// Nothing may be written at once.
private let notTried = Int32.min

/// The loop's place for what is being written: one on the stack would have the compiler guard each function that writes
/// against its overflow.
@inline(__always)
private func outputBuffer(of stream: UnsafeMutablePointer<uv_stream_t>) -> UnsafeMutablePointer<uv_buf_t> {
  unsafe stream.pointee.loop.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped
    .assumingMemoryBound(to: uv_buf_t.self) + 1
}
