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
  /// handler or an earlier pump from this stream; ``finish()`` takes it apart.
  ///
  /// - Parameter target: a stream of the same loop, which has no other pump to it.
  /// - Throws: ``UVError/badHandle`` when one of the two isn't open, ``UVError/notConnected`` before it is
  ///   connected, ``UVError/endOfFile`` when this stream's input has ended, ``UVError/brokenPipe`` when the
  ///   target's writing has.
  public final func pump(to target: Stream) throws(UVError) {
    precondition(target.loop === loop, "a pump joins streams of one loop")
    precondition(
      target.pumpSource == nil || target.pumpSource === self,
      "a stream takes one pump at a time: \(target) has one already"
    )
    try requireReadable()
    try target.requireOpen("pump")
    guard target.output == .open else { throw UVError.brokenPipe.during("pump") }
    guard target.isWritable else { throw UVError.notConnected.during("pump") }
    detachPumpTarget()
    readHandler = nil
    input = .pump
    isPaused = false
    pumpTarget = target
    target.pumpSource = self
    closesWhenEnded = true
    target.closesWhenEnded = true
    try updateReading()
  }

  /// Writes what was read to the target.
  @inline(__always)
  final func forward(_ bytes: UnsafeRawBufferPointer) {
    guard let target = unsafe unmanagedPumpTarget else { return }
    let (status, awaitsDrain) = unsafe target._withUnsafeGuaranteedRef {
      unsafe ($0.send(bytes), $0.awaitsDrain)
    }
    // The common case first: all went out, and the target isn't waiting for its drain.
    if status == 0, !awaitsDrain { return }
    forwardDidNotFinish(status)
  }

  @inline(never)
  private func forwardDidNotFinish(_ status: Int32) {
    if let error = UVError.of(status, "write") {
      pumpTarget?.fail(error)
    } else {
      stopReading()
    }
  }

  final func pumpTargetDidDrain() {
    guard state == .open, input == .pump else { return }
    do {
      try updateReading()
    } catch {
      fail(error)
    }
  }

  /// The input has ended: so does the target's output, once it is flushed. The pump's work is done.
  final func forwardEnd() {
    guard let target = pumpTarget else { return }
    detachPumpTarget()
    target.endOutput()
  }

  /// Takes the pump from this stream apart.
  final func detachPumpTarget() {
    guard let target = pumpTarget else { return }
    pumpTarget = nil
    target.pumpSource = nil
    if input == .pump { input = .nobody }
  }

  /// Takes the pump to this stream apart. Its source is left without a reader.
  final func detachPumpSource() {
    guard let source = pumpSource else { return }
    source.detachPumpTarget()
    source.stopReading()
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
