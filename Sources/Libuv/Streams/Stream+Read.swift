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
  /// A new handler takes the place of an earlier one, or of a pump from this stream.
  ///
  /// - Parameter handler: called on the loop's thread, never from within this call.
  /// - Throws: ``UVError/badHandle`` when the stream isn't open, ``UVError/notConnected`` before it is connected,
  ///   ``UVError/endOfFile`` when the peer has ended its side already.
  public final func read(_ handler: @escaping ReadHandler) throws(UVError) {
    try requireReadable()
    detachPumpTarget()
    input = .handler
    readHandler = handler
    isPaused = false
    try updateReading()
  }

  /// Stops reading until ``resume()``. The kernel's buffers fill up, and then the peer has to wait. The libuv
  /// function is `uv_read_stop`.
  public final func pause() {
    loop.assertOnThread()
    isPaused = true
    guard state == .open else { return }
    stopReading()
  }

  /// Goes on after ``pause()``. The libuv function is `uv_read_start`.
  ///
  /// - Throws: ``UVError/badHandle`` when the stream isn't open.
  public final func resume() throws(UVError) {
    try requireOpen("read")
    isPaused = false
    try updateReading()
  }

  final func requireReadable() throws(UVError) {
    try requireOpen("read")
    guard !isReadEnded else { throw UVError.endOfFile.during("read") }
    guard isReadable else { throw UVError.notConnected.during("read") }
  }

  /// Starts or stops libuv's reading, as the stream's state wants it. The one place that decides.
  final func updateReading() throws(UVError) {
    let reads =
      switch input {
      case .nobody: false
      case .handler, .discarded: !isPaused
      case .pump: !isPaused && pumpTarget?.awaitsDrain == false
      }
    guard reads, !isReadEnded else { return stopReading() }
    guard !isReadStarted else { return }
    let status = unsafe uv_read_start(
      stream,
      // Every stream of the loop reads into the loop's one buffer, so there is nothing to allocate.
      { handle, _, buffer in
        unsafe buffer!.pointee =
          handle!.pointee.loop.pointee.data
          .assumingMemoryBound(to: uv_buf_t.self).pointee
      },
      { stream, count, buffer in
        unsafe Stream.of(stream)._withUnsafeGuaranteedRef {
          unsafe $0.didRead(count, buffer!.pointee.base)
        }
      }
    )
    try UVError.check(status, "read")
    isReadStarted = true
  }

  final func stopReading() {
    guard isReadStarted else { return }
    isReadStarted = false
    unsafe uv_read_stop(stream)
  }

  /// The read callback.
  @inline(__always)
  private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    // Zero is not the end: libuv had nothing to read after all.
    guard count > 0 else { return count < 0 ? didEnd(Int32(truncatingIfNeeded: count)) : () }
    bytesReceived &+= count
    reads &+= 1
    lastActivity = loop.milliseconds
    let bytes = unsafe UnsafeRawBufferPointer(start: base, count: count)
    if input == .pump { unsafe forward(bytes) } else { unsafe deliver(bytes) }
  }

  /// Gives bytes to whoever they are for, other than a pump: apart, so that the pump's way is short.
  @inline(never)
  private func deliver(_ bytes: UnsafeRawBufferPointer) {
    switch input {
    case .handler: unsafe handle(.bytes(bytes.bytes))
    case .discarded: bytesDiscarded &+= bytes.count
    case .nobody, .pump: break
    }
  }

  @inline(__always)
  private func handle(_ event: borrowing ReadEvent) {
    guard let readHandler else { return }
    do {
      try readHandler(self, event)
    } catch {
      // It knows already.
      self.readHandler = nil
      fail(error)
    }
  }

  /// The end of input, or a failure. libuv has stopped reading by itself.
  @inline(never)
  private func didEnd(_ status: Int32) {
    isReadStarted = false
    let error = UVError(code: status, operation: "read")
    guard error == .endOfFile else { return fail(error) }
    isReadEnded = true
    switch input {
    case .handler: handle(.end)
    case .pump: forwardEnd()
    case .nobody, .discarded: break
    }
    closeIfEnded()
  }
}
