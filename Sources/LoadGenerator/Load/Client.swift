internal import DequeModule
internal import Libuv

/// One client: it connects, sends requests, checks the replies, and does so again, as the workload wants it.
final class Client {
  enum State {
    /// Nothing has begun.
    case idle
    case connecting
    /// Connected; requests may be under way.
    case connected
    /// Waits for another try after a failure, or, if it reconnects, for its next time.
    case waiting
    /// Has ended its side and waits for the server's end.
    case ending
    case ended
  }

  private let worker: Worker
  private let recorder: Recorder
  private let content: Content
  /// Its number among all clients, and among those of its worker.
  private let index: Int
  private let place: Int
  private var state = State.idle
  private var stream: Stream?
  /// When this state began: what a timeout of a connection is counted from.
  private var stateBegan: UInt64 = 0
  /// Failures since the last reply.
  private var failuresInARow = 0
  private var hasReported = false

  // MARK: Its requests

  /// The oldest request under way, if there is one, and those behind it.
  private var current = Request(intended: 0, began: 0, size: 0)
  private var later = Deque<Request>()
  /// How many requests are under way, and since when.
  private var underWay = 0
  private var underWaySince: UInt64 = 0
  /// How many bytes of the current reply have come, and when the first one did.
  private var received = 0
  private var firstByte: UInt64 = 0
  /// When its requests are to begin, in an open loop.
  private var schedule: Schedule?
  /// Whether it will be woken: at its schedule's next time, or for another try.
  private var isPaced = false

  // MARK: Its bytes

  /// Where the next byte to write and the next byte to check stand in the ``Content``.
  private var writePosition = 0
  private var checkPosition = 0
  /// Bytes of requests that the stream has not been given yet, since it is above its high-water mark.
  private var unwritten = 0
  /// Bytes of this connection's requests, and those that came back right, and wrong.
  private var begunBytes = 0
  private var echoedBytes = 0
  private var wrongBytes = 0

  init(_ index: Int, at place: Int, of worker: Worker) {
    self.worker = worker
    recorder = worker.recorder
    content = worker.content
    self.index = index
    self.place = place
  }

  private var reconnects: Bool { worker.workload.strategy == .reconnect }
  private var mayBegin: Bool { worker.isLoading && underWay < worker.pipeline }

  // MARK: Beginning

  /// Connects, so that it is ready when the load begins. A reconnecting client has nothing to do before that.
  func prepare() {
    if reconnects { report(nil) } else { connect(Loop.nanoseconds) }
  }

  /// Tells the worker, once, that it is ready, or that its first connection could not be made, or brought no reply.
  private func report(_ failure: Failure?) {
    guard !hasReported else { return }
    hasReported = true
    worker.becameReady(failure)
  }

  /// Begins to make load: a reconnecting client with its first connection.
  func start(_ schedule: Schedule?, at now: UInt64) {
    self.schedule = schedule
    guard state != .ended else { return }
    // It has been without a request since the load began, though its turn is only now.
    underWaySince = worker.loadBegan
    switch state {
    case .idle, .connected: goOn(now)
    case .waiting: connect(now)
    case .connecting, .ending, .ended: break
    }
  }

  /// Its time has come: for a request, or for another try.
  func wake(at now: UInt64) {
    isPaced = false
    switch state {
    case .waiting where !reconnects: connect(now)
    case .idle, .connected, .waiting: goOn(now)
    case .connecting, .ending, .ended: break
    }
  }

  /// Begins the requests that are due, as many as may be under way.
  private func goOn(_ now: UInt64) {
    while mayBegin {
      guard worker.hasBudget else { break }
      var intended = now
      if worker.isOpenLoop {
        guard let due = takeDue(now) else { break }
        intended = due
      }
      worker.takeFromBudget()
      begin(intended: intended, now)
      if reconnects { return connect(now) }
    }
    flush(now)
    if underWay == 0, !worker.wantsMore { end(now) }
  }

  /// The next time of the schedule if it has come; if not, the client is woken then.
  private func takeDue(_ now: UInt64) -> UInt64? {
    guard var due = schedule?.next else { return nil }
    // What the warm-up could not send must not take from the measured time.
    while due < recorder.start, now >= recorder.start {
      schedule?.advance()
      due = schedule?.next ?? .max
    }
    guard due <= now else {
      if !isPaced {
        isPaced = true
        worker.wake(place, at: due)
      }
      return nil
    }
    recorder.wasScheduled(at: due)
    schedule?.advance()
    return due
  }

  private func begin(intended: UInt64, _ now: UInt64) {
    underWayChanges(now)
    let request = Request(intended: intended, began: now, size: worker.nextSize())
    if underWay == 0 { current = request } else { later.append(request) }
    underWay &+= 1
    unwritten &+= request.size
    begunBytes &+= request.size
    recorder.requestBegins(request)
  }

  /// Tells how much of the pipeline was unused up to now. Called before the number of requests under way changes.
  @inline(__always)
  private func underWayChanges(_ now: UInt64) {
    let unused = worker.pipeline &- underWay
    if unused > 0, now > underWaySince {
      recorder.wasIdle(from: underWaySince, to: now, slots: unused)
    }
    underWaySince = now
  }

  // MARK: Connecting

  private func connect(_ now: UInt64) {
    state = .connecting
    stateBegan = now
    writePosition = Content.start(ofClient: index)
    checkPosition = writePosition
    do throws(UVError) {
      stream = try worker.connect { [self] stream, error in didConnect(stream, error) }
    } catch {
      fail(Failure(.connect, error), at: now)
    }
  }

  private func didConnect(_ stream: Stream, _ error: UVError?) {
    // A connection that was given up while it was being made.
    guard stream === self.stream, state == .connecting else { return }
    let now = Loop.nanoseconds
    if let error { return fail(Failure(.connect, error), at: now) }
    state = .connected
    recorder.connects(from: stateBegan, at: now)
    do throws(UVError) {
      try stream.read { [self] _, event throws(UVError) in didRead(event) }
    } catch {
      return fail(Failure(.read, error), at: now)
    }
    if reconnects {
      flush(now)
      if worker.workload.halfClose { endSide(now) }
    } else if worker.workload.greets, !hasReported {
      begin(intended: now, now)
      flush(now)
    } else {
      report(nil)
      if worker.isLoading, state == .connected { goOn(now) }
    }
  }

  // MARK: Writing

  /// Gives the stream what is to be sent, up to its high-water mark; the rest when it has drained.
  private func flush(_ now: UInt64) {
    guard unwritten > 0, let stream, state == .connected else { return }
    do throws(UVError) {
      while unwritten > 0 {
        let count = min(unwritten, Content.longestPiece)
        let isAbove = try content.withPiece(at: writePosition, count: count) {
          bytes throws(UVError) in try stream.write(bytes)
        }
        unwritten &-= count
        writePosition = Content.advance(writePosition, by: count)
        guard !isAbove else { return continueWhenDrained(stream) }
      }
    } catch {
      fail(Failure(.send, error), at: now)
    }
  }

  private func continueWhenDrained(_ stream: Stream) {
    stream.onDrain = { [self] _ in
      flush(Loop.nanoseconds)
      if reconnects, worker.workload.halfClose, unwritten == 0 { endSide(Loop.nanoseconds) }
    }
  }

  // MARK: Reading

  private func didRead(_ event: borrowing ReadEvent) {
    switch event {
    case .bytes(let bytes): check(bytes, at: Loop.nanoseconds)
    case .end: didEnd(at: Loop.nanoseconds)
    case .failure(let error): fail(Failure(phase(of: error), error), at: Loop.nanoseconds)
    }
  }

  private func phase(of error: UVError) -> Failure.Phase {
    if state == .ending { return .close }
    return error.operation.description == "write" ? .send : .read
  }

  /// Holds what has come against what was sent.
  private func check(_ bytes: RawSpan, at now: UInt64) {
    var offset = 0
    while offset < bytes.byteCount {
      guard underWay > 0 else {
        wrongBytes += bytes.byteCount - offset
        return fail(Failure(.read, .surplus), at: now)
      }
      let count = min(bytes.byteCount &- offset, current.size &- received)
      guard content.matches(bytes, from: offset, count: count, at: checkPosition) else {
        return findWrongByte(bytes, from: offset, count: count, at: now)
      }
      if received == 0 { firstByte = now }
      received &+= count
      offset &+= count
      checkPosition = Content.advance(checkPosition, by: count)
      if received == current.size { complete(now) }
    }
    guard state == .connected else { return }
    if reconnects {
      if underWay == 0 { didFinishCycle(now) }
    } else {
      if !hasReported, underWay == 0 { report(nil) }
      goOn(now)
    }
  }

  private func findWrongByte(_ bytes: RawSpan, from offset: Int, count: Int, at now: UInt64) {
    let right = content.matchingCount(bytes, from: offset, count: count, at: checkPosition)
    received += right
    wrongBytes += bytes.byteCount - offset - right
    fail(Failure(.read, .wrongByte), at: now)
  }

  /// The current reply is whole.
  private func complete(_ now: UInt64) {
    recorder.responseEnds(current, firstByte: firstByte, at: now)
    echoedBytes &+= received
    received = 0
    underWayChanges(now)
    underWay &-= 1
    failuresInARow = 0
    if underWay > 0, let next = later.popFirst() { current = next }
  }

  /// A reconnecting client has its reply: it closes, and begins again.
  private func didFinishCycle(_ now: UInt64) {
    guard !worker.workload.halfClose else {
      // The server's end is still to come.
      state = .ending
      stateBegan = now
      return
    }
    release(nil)
    state = .waiting
    goOn(now)
  }

  private func didEnd(at now: UInt64) {
    guard state == .ending else { return fail(Failure(.read, .closedEarly), at: now) }
    release(nil)
    if reconnects {
      state = .waiting
      goOn(now)
    } else {
      didEndAll()
    }
  }

  // MARK: Failing

  /// Looks whether something has taken too long.
  ///
  /// - Parameter limit: what began before this has taken too long.
  func checkTimeout(_ limit: UInt64, at now: UInt64) {
    switch state {
    case .connecting where stateBegan < limit:
      fail(Failure(.connect, .timeout), at: now)
    case .connected where underWay > 0 && current.began < limit:
      fail(Failure(.read, received > 0 ? .incomplete : .timeout), at: now)
    case .ending where stateBegan < limit:
      fail(Failure(.close, .timeout), at: now)
    default: break
    }
  }

  /// Counts a failure, gives the connection up with all that was under way on it, and tries again.
  private func fail(_ failure: Failure, at now: UInt64) {
    recorder.fails(failure, count: max(1, underWay), at: now)
    // That may have been the moment at which the measured time ended.
    guard state != .ended else { return }
    failuresInARow += 1
    failRequests(at: now)
    let former = state
    release(failure)
    state = .waiting
    report(failure)
    guard state == .waiting else { return }
    guard worker.wantsMore, former != .ending || reconnects else { return didEndAll() }
    // Before the load begins nothing is tried again: whether anybody is there is known by then.
    guard worker.isLoading else { return }
    isPaced = true
    worker.wake(place, at: now + retryDelay)
  }

  private func failRequests(at now: UInt64) {
    // The last ones have bytes that did not go out.
    var unsent = unwritten + (stream?.queuedByteCount ?? 0)
    while let request = later.popLast() {
      let part = min(unsent, request.size)
      unsent -= part
      recorder.requestFails(request, received: 0, unsent: part, at: now)
    }
    if underWay > 0 {
      recorder.requestFails(current, received: received, unsent: unsent, at: now)
      underWayChanges(now)
      underWay = 0
    }
    echoedBytes += received
    received = 0
  }

  /// In nanoseconds. None after the first failure since a reply; then it doubles from one millisecond up to half a second.
  private var retryDelay: UInt64 {
    failuresInARow <= 1 ? 0 : 500_000 << UInt64(min(failuresInARow - 1, 10))
  }

  // MARK: Ending

  /// No more load is to be made: the client ends when nothing is under way.
  func finish(at now: UInt64) {
    // What should have begun in time and did not is told.
    while worker.hasBudget, let due = schedule?.next, due < recorder.end, due <= now {
      recorder.wasScheduled(at: due)
      schedule?.advance()
    }
    schedule = nil
    guard underWay == 0 else { return }
    switch state {
    case .idle, .waiting: didEndAll()
    case .connected: end(now)
    case .connecting:
      release(nil)
      didEndAll()
    case .ending, .ended: break
    }
  }

  /// Ends the connection on which nothing is under way.
  private func end(_ now: UInt64) {
    guard state == .connected else {
      if state == .waiting || state == .idle { didEndAll() }
      return
    }
    guard worker.workload.halfClose, !reconnects else {
      release(nil)
      return didEndAll()
    }
    endSide(now)
    if state == .connected {
      state = .ending
      stateBegan = now
    }
  }

  /// Tells the server that no more will come.
  private func endSide(_ now: UInt64) {
    guard unwritten == 0, let stream, stream.isWritable else { return }
    do throws(UVError) {
      try stream.shutdown()
    } catch {
      fail(Failure(.close, error), at: now)
    }
  }

  private func didEndAll() {
    guard state != .ended else { return }
    state = .ended
    worker.didEnd()
  }

  /// Tells how long it has had no request to the end, now that it is known when the measured time ended.
  func settle() {
    underWayChanges(recorder.end)
  }

  /// Closes the connection, and enters its bytes in the ledger.
  private func release(_ failure: Failure?) {
    defer {
      begunBytes = 0
      echoedBytes = 0
      wrongBytes = 0
      unwritten = 0
    }
    guard let stream else { return }
    self.stream = nil
    let unsent = unwritten + stream.queuedByteCount
    stream.close()
    var ledger = Ledger()
    ledger.sent = stream.bytesWritten
    ledger.received = stream.bytesRead
    ledger.echoed = echoedBytes
    ledger.wrong = wrongBytes
    let lost = begunBytes - unsent - echoedBytes
    if lost != 0 { ledger.lost[failure ?? Failure(.read, .closedEarly)] = lost }
    recorder.disconnects(ledger, stood: state != .connecting)
  }
}
