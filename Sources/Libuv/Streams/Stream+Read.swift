internal import CLibuv

/// What a read brought.
public enum ReadEvent: ~Escapable {
  /// Bytes, at least one. They lie in the loop's one read buffer and are gone when the handler returns; the
  /// compiler keeps the span from being kept.
  case bytes(RawSpan)
  /// The peer has ended its side. Nothing more will be read; writing may go on.
  case end
  /// The stream has failed, and closes after this call.
  case failure(UVError)
}

/// Gets what is read. An error that it throws is the stream's ``Stream/failure``, and closes it.
public typealias ReadHandler = (Stream, borrowing ReadEvent) throws(UVError) -> Void

extension Stream {
  /// Reads, and calls `handler` with each piece until the end. The libuv function is `uv_read_start`.
  ///
  /// A new handler takes the place of an earlier one, of a receiver, or of a pump from this stream.
  ///
  /// - Parameter handler: called on the loop's thread, never from within this call.
  /// - Throws: ``UVError/badHandle`` when the stream isn't open, ``UVError/notConnected`` before it is connected,
  ///   ``UVError/endOfFile`` when the peer has ended its side already.
  public final func read(_ handler: consuming @escaping ReadHandler) throws(UVError) {
    try requireReadable()
    detachPumpTarget()
    let earlier = unsafe takeReader()
    defer { unsafe earlier?.release() }
    flow.hold(handler)
    try beginReading(.handler)
  }

  /// Reads, and gives each piece to `receiver` until the end: the leanest way to read. The libuv function is
  /// `uv_read_start`.
  ///
  /// A new receiver takes the place of an earlier one, of a handler, or of a pump from this stream. One may receive from
  /// any number of streams of the loop.
  ///
  /// - Parameter receiver: kept until the stream is closed, or another one has taken its place. Called on the loop's thread,
  ///   never from within this call.
  /// - Throws: ``UVError/badHandle`` when the stream isn't open, ``UVError/notConnected`` before it is connected,
  ///   ``UVError/endOfFile`` when the peer has ended its side already.
  public final func read(to receiver: Receiver) throws(UVError) {
    try requireReadable()
    detachPumpTarget()
    let earlier = unsafe takeReader()
    defer { unsafe earlier?.release() }
    unsafe flow.receiver = .passRetained(receiver)
    try beginReading(.receiver)
  }

  @inline(__always)
  private final func beginReading(_ input: StreamFlow.Input) throws(UVError) {
    flow.input = input
    flow.isPaused = false
    try startReading(for: input)
  }

  /// Whether there is a receiver or a handler.
  private final var hasReader: Bool { unsafe flow.receiver != nil || flow.hasHandler }

  /// Takes out the receiver or the handler.
  ///
  /// - Returns: it, retained. The caller releases it when all else is stored: what it has captured may end with it, and its
  ///   end may call this stream. One that is being called is kept among the extras until that call is over.
  @inline(__always)
  final func takeReader() -> Unmanaged<AnyObject>? {
    hasReader ? unsafe takeThatReader() : nil
  }

  @inline(never)
  private final func takeThatReader() -> Unmanaged<AnyObject>? {
    let reader: AnyObject
    if let receiver = unsafe flow.receiver {
      unsafe flow.receiver = nil
      reader = unsafe receiver.takeRetainedValue()
    } else {
      reader = HandlerKeeper(flow.handler.copy)
      flow.dropHandler()
    }
    guard flow.isReceiving, !flow.isReaderReplaced else { return unsafe .passRetained(reader) }
    flow.isReaderReplaced = true
    replacedReader = reader
    return nil
  }

  /// Lets go of the receiver or the handler.
  @inline(__always)
  final func dropReader() {
    // The common cases first.
    guard hasReader else { return }
    if flow.hasHandler, !flow.isReceiving { return flow.dropHandler() }
    unsafe takeReader()?.release()
  }

  /// Stops reading until ``resume()``. The kernel's buffers fill up, and then the peer has to wait. The libuv
  /// function is `uv_read_stop`.
  public final func pause() {
    loop.assertOnThread()
    flow.isPaused = true
    guard state == .open else { return }
    stopReading()
  }

  /// Goes on after ``pause()``. The libuv function is `uv_read_start`.
  ///
  /// - Throws: ``UVError/badHandle`` when the stream isn't open.
  public final func resume() throws(UVError) {
    try requireOpen("read")
    flow.isPaused = false
    try updateReading()
  }

  @inline(__always)
  final func requireReadable() throws(UVError) {
    try requireOpen("read")
    guard !flow.isReadEnded else { throw UVError.endOfFile.during("read") }
    guard flow.isConnected || isReadable else { throw UVError.notConnected.during("read") }
  }

  /// Starts or stops libuv's reading, as the stream's state wants it.
  final func updateReading() throws(UVError) {
    let reads =
      switch flow.input {
      case .nobody: false
      case .handler, .receiver, .discarded: !flow.isPaused
      case .pump: !flow.isPaused && !isPumpTargetFull
      }
    guard reads, !flow.isReadEnded else { return stopReading() }
    try startReading(for: flow.input)
  }

  /// Starts libuv's reading, if it isn't started.
  @inline(__always)
  final func startReading(for input: StreamFlow.Input) throws(UVError) {
    guard !flow.isReadStarted else { return }
    // Each has a callback of its own, which is as short as it can be; one that has become another's finds that out.
    let status =
      switch input {
      case .pump: unsafe uv_read_start(stream, lendReadBuffer, didReadForPump)
      case .receiver: unsafe uv_read_start(stream, lendReadBuffer, didReadForReceiver)
      case .handler: unsafe uv_read_start(stream, lendReadBuffer, didReadForHandler)
      case .discarded, .nobody: unsafe uv_read_start(stream, lendReadBuffer, didReadForAnybody)
      }
    try UVError.check(status, "read")
    flow.isReadStarted = true
  }

  final func stopReading() {
    guard flow.isReadStarted else { return }
    flow.isReadStarted = false
    unsafe uv_read_stop(stream)
  }

  /// The receiver or the handler has been called: with an error, if it threw one.
  @inline(__always)
  fileprivate final func didReceive(_ error: UVError?) {
    flow.isReceiving = false
    if error != nil || flow.isReaderReplaced { endReceiving(error) }
  }

  @inline(never)
  fileprivate final func endReceiving(_ error: UVError?) {
    flow.isReceiving = false
    var over: Unmanaged<AnyObject>?
    if flow.isReaderReplaced {
      flow.isReaderReplaced = false
      unsafe over = replacedReader.map { unsafe .passRetained($0) }
      replacedReader = nil
    } else {
      // It knows already.
      unsafe over = takeReader()
    }
    if let error { fail(error) }
    unsafe over?.release()
  }

  /// Tells the receiver or the handler why the stream is about to close.
  final func tellFailure(_ error: UVError) {
    if let receiver = unsafe flow.receiver {
      unsafe receiver.takeUnretainedValue().failed(self, error)
    } else if flow.hasHandler {
      // It closes in any case.
      try? flow.handler.copy(self, .failure(error))
    }
  }

  /// Tells the receiver something. It may be replaced meanwhile.
  @inline(__always)
  private final func tell(_ call: (Receiver) -> Void) {
    guard let receiver = unsafe flow.receiver else { return }
    flow.isReceiving = true
    unsafe receiver._withUnsafeGuaranteedRef(call)
    didReceive(nil)
  }

  /// Tells the receiver that the time has come to write again.
  @inline(never)
  final func tellDrained() {
    guard state == .open else { return }
    tell { $0.drained(self) }
  }

  private final func tellHandlerOfEnd() {
    flow.isReceiving = true
    didReceive(flow.handler.call(self, .end))
  }

  /// The end of input, or a failure. libuv has stopped reading by itself.
  fileprivate func didEnd(_ status: Int32) {
    flow.isReadStarted = false
    let error = UVError(code: status, operation: "read")
    guard error == .endOfFile else {
      // libuv calls it neither readable nor writable any more.
      flow.isConnected = false
      return fail(error)
    }
    flow.isReadEnded = true
    switch flow.input {
    case .receiver: tell { $0.ended(self) }
    case .handler: tellHandlerOfEnd()
    case .pump: forwardEnd()
    case .nobody, .discarded: break
    }
    closeIfEnded()
  }
}

// MARK: What libuv calls

private typealias CStream = UnsafeMutablePointer<uv_stream_t>

/// libuv asks where to put bytes: every stream of the loop reads into the loop's one buffer, so there is nothing to allocate.
@inline(__always)
private func lendReadBuffer(
  _ handle: UnsafeMutablePointer<uv_handle_t>?,
  _ suggested: Int,
  _ buffer: UnsafeMutablePointer<uv_buf_t>?
) {
  unsafe buffer.unsafelyUnwrapped.pointee =
    handle.unsafelyUnwrapped.pointee.loop.unsafelyUnwrapped.pointee.data.unsafelyUnwrapped
    .assumingMemoryBound(to: uv_buf_t.self).pointee
}

@inline(__always)
private func didReadForPump(_ stream: CStream?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
  let stream = unsafe stream.unsafelyUnwrapped
  guard _fastPath(unsafe count > 0 && StreamFlow.of(stream).pointee.input == .pump) else {
    return unsafe didRead(stream, count, buffer)
  }
  unsafe note(count, readBy: stream)
  unsafe forward(buffer.unsafelyUnwrapped.pointee.base, count, from: stream)
}

@inline(__always)
private func didReadForReceiver(_ stream: CStream?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
  let stream = unsafe stream.unsafelyUnwrapped
  guard _fastPath(unsafe count > 0 && StreamFlow.of(stream).pointee.input == .receiver) else {
    return unsafe didRead(stream, count, buffer)
  }
  unsafe note(count, readBy: stream)
  unsafe deliver(buffer.unsafelyUnwrapped.pointee.base, count, of: stream)
}

@inline(__always)
private func didReadForHandler(_ stream: CStream?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
  let stream = unsafe stream.unsafelyUnwrapped
  guard _fastPath(unsafe count > 0 && StreamFlow.of(stream).pointee.input == .handler) else {
    return unsafe didRead(stream, count, buffer)
  }
  unsafe note(count, readBy: stream)
  unsafe handle(buffer.unsafelyUnwrapped.pointee.base, count, of: stream)
}

private func didReadForAnybody(_ stream: CStream?, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
  unsafe didRead(stream.unsafelyUnwrapped, count, buffer)
}

/// What isn't the common case: the end, or bytes for somebody else than those who reading was begun for.
@inline(never)
private func didRead(_ stream: CStream, _ count: Int, _ buffer: UnsafePointer<uv_buf_t>?) {
  guard count > 0 else {
    // Zero is not the end: libuv had nothing to read after all.
    guard count < 0 else { return }
    return unsafe Stream.of(stream)._withUnsafeGuaranteedRef { $0.didEnd(Int32(truncatingIfNeeded: count)) }
  }
  unsafe note(count, readBy: stream)
  let flow = unsafe StreamFlow.of(stream)
  switch unsafe flow.pointee.input {
  case .pump: unsafe forward(buffer.unsafelyUnwrapped.pointee.base, count, from: stream)
  case .receiver: unsafe deliver(buffer.unsafelyUnwrapped.pointee.base, count, of: stream)
  case .handler: unsafe handle(buffer.unsafelyUnwrapped.pointee.base, count, of: stream)
  case .discarded: unsafe flow.pointee.bytesDiscarded &+= count
  case .nobody: break
  }
}

@inline(__always)
private func note(_ count: Int, readBy stream: CStream) {
  let flow = unsafe StreamFlow.of(stream)
  unsafe flow.pointee.bytesRead &+= count
  unsafe flow.pointee.readCount &+= 1
  unsafe flow.pointee.lastActivity = stream.pointee.loop.unsafelyUnwrapped.pointee.time
}

/// Gives bytes to the stream's receiver.
@inline(__always)
private func deliver(_ base: UnsafeMutablePointer<CChar>?, _ count: Int, of stream: CStream) {
  let bytes = unsafe RawSpan(_unsafeStart: base.unsafelyUnwrapped, byteCount: count)
  let flow = unsafe StreamFlow.of(stream)
  unsafe flow.pointee.isReceiving = true
  unsafe flow.pointee.receiver.unsafelyUnwrapped._withUnsafeGuaranteedRef { receiver in
    unsafe Stream.of(stream)._withUnsafeGuaranteedRef { receiver.received(bytes, from: $0) }
  }
  guard _fastPath(unsafe !flow.pointee.isReaderReplaced) else { return unsafe endReceiving(nil, on: stream) }
  unsafe flow.pointee.isReceiving = false
}

/// Gives bytes to the stream's handler.
@inline(__always)
private func handle(_ base: UnsafeMutablePointer<CChar>?, _ count: Int, of stream: CStream) {
  let bytes = unsafe RawSpan(_unsafeStart: base.unsafelyUnwrapped, byteCount: count)
  let flow = unsafe StreamFlow.of(stream)
  let error = unsafe Stream.of(stream)._withUnsafeGuaranteedRef {
    unsafe flow.pointee.isReceiving = true
    return unsafe flow.pointee.handler.call($0, .bytes(bytes))
  }
  guard _fastPath(unsafe error == nil && !flow.pointee.isReaderReplaced) else {
    return unsafe endReceiving(error, on: stream)
  }
  unsafe flow.pointee.isReceiving = false
}

@inline(never)
private func endReceiving(_ error: UVError?, on stream: CStream) {
  unsafe Stream.of(stream)._withUnsafeGuaranteedRef { $0.endReceiving(error) }
}
