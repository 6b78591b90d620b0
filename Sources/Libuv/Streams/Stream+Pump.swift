internal import CLibuv

extension Stream {
  /// Writes everything that this stream reads to another one, or back to itself.
  ///
  /// - Backpressure: above the target's ``highWaterMark`` reading stops, until the target has drained. So what
  ///   is queued is at most that mark and one read buffer.
  /// - Half-close: at the end of the input, what is queued goes out and the target's writing ends. The other
  ///   direction goes on. A stream whose both directions have ended closes itself.
  /// - Failure: when one of the two fails or is closed before the end, the other one is closed too, with a reset,
  ///   so that its peer doesn't take what it has for the whole. ``failure`` is set on the one that failed.
  ///
  /// ``Handle/whenClosed(_:)`` tells when it is over. For a proxy, pump both ways. A pump takes the place of a read
  /// handler or an earlier pump from this stream; ``finish()`` takes it apart. The two streams of a pump that has been taken
  /// apart don't close by themselves any more, also if another one joins them the other way.
  ///
  /// - Parameter target: a stream of the same loop, which has no other pump to it.
  /// - Throws: ``UVError/badHandle`` when one of the two isn't open, ``UVError/notConnected`` before it is
  ///   connected, ``UVError/endOfFile`` when this stream's input has ended, ``UVError/brokenPipe`` when the
  ///   target's writing has.
  public final func pump(to target: Stream) throws(UVError) {
    precondition(target.loop === loop, "a pump joins streams of one loop")
    precondition(
      unsafe target.flow.pumpSource == nil || target.flow.pumpSource == stream,
      "a stream takes one pump at a time: \(target) has one already"
    )
    try requireReadable()
    try target.requireOpen("pump")
    guard target.flow.output == .open else { throw UVError.brokenPipe.during("pump") }
    guard target.flow.isConnected || target.isWritable else { throw UVError.notConnected.during("pump") }
    detachPumpTarget()
    let earlier = unsafe takeReader()
    defer { unsafe earlier?.release() }
    flow.input = .pump
    flow.isPaused = false
    unsafe flow.pumpTarget = target.stream
    unsafe target.flow.pumpSource = stream
    flow.closesWhenEnded = true
    target.flow.closesWhenEnded = true
    if target.flow.awaitsDrain { stopReading() } else { try startReading(for: .pump) }
  }

  /// Where the input goes.
  private var pumpTarget: Stream? {
    unsafe flow.pumpTarget.map { unsafe Stream.of($0).takeUnretainedValue() }
  }

  /// Whose input comes here.
  final var pumpSource: Stream? { unsafe flow.pumpSource.map { unsafe Stream.of($0).takeUnretainedValue() } }

  /// Whether the pump's target takes no more for the moment, or there is none.
  final var isPumpTargetFull: Bool {
    guard let target = unsafe flow.pumpTarget else { return true }
    return unsafe StreamFlow.of(target).pointee.awaitsDrain
  }

  /// A pump to this stream has not written all at once: it may have to wait for the drain.
  @inline(never)
  fileprivate func takeRest(after taken: Int32) {
    let status = sendRest(after: taken)
    if let error = UVError.of(status, "write") { return fail(error) }
    if flow.awaitsDrain { pumpSource?.stopReading() }
  }

  final func pumpTargetDidDrain() {
    guard state == .open, flow.input == .pump else { return }
    do {
      try updateReading()
    } catch {
      fail(error)
    }
  }

  /// The input has ended: so does the target's output, once it is flushed. The pump's work is done.
  final func forwardEnd() {
    guard let target = unsafe flow.pumpTarget else { return }
    unsafe separate(from: target)
    unsafe Stream.of(target)._withUnsafeGuaranteedRef { $0.endOutput() }
  }

  @inline(__always)
  private final func separate(from target: UnsafeMutablePointer<uv_stream_t>) {
    unsafe flow.pumpTarget = nil
    unsafe StreamFlow.of(target).pointee.pumpSource = nil
    if flow.input == .pump { flow.input = .nobody }
  }

  /// Takes the pump from this stream apart, before its work is done. When the two close is no affair of pumps any more.
  @inline(__always)
  final func detachPumpTarget() {
    if unsafe flow.pumpTarget != nil { detachThatPumpTarget() }
  }

  @inline(never)
  private func detachThatPumpTarget() {
    guard let target = unsafe flow.pumpTarget else { return }
    unsafe separate(from: target)
    flow.stopClosingWhenEnded()
    unsafe StreamFlow.of(target).pointee.stopClosingWhenEnded()
  }

  /// Takes the pump to this stream apart. Its source is left without a reader.
  final func detachPumpSource() {
    guard let source = unsafe flow.pumpSource else { return }
    unsafe Stream.of(source)._withUnsafeGuaranteedRef {
      $0.detachPumpTarget()
      $0.stopReading()
    }
  }

  /// Takes the pumps from and to this closing stream apart, before their end, and closes the streams at their
  /// other ends. Not with a proper end: a peer must not take what it has for the whole.
  final func closePumpedStreams() {
    let target = pumpTarget
    let source = pumpSource
    detachPumpTarget()
    detachPumpSource()
    target?.closeReset()
    source?.closeReset()
  }
}

/// Writes what was read to the stream's pump target.
@inline(__always)
func forward(_ base: UnsafeRawPointer?, _ count: Int, from stream: UnsafeMutablePointer<uv_stream_t>) {
  let target = unsafe StreamFlow.of(stream).pointee.pumpTarget.unsafelyUnwrapped
  guard let taken = unsafe sendAtOnce(base, count, to: target) else { return }
  unsafe Stream.of(target)._withUnsafeGuaranteedRef { $0.takeRest(after: taken) }
}
