internal import CLibuv

/// A stream that listens: it takes connections and hands each to its handler.
///
/// When the process is out of file descriptors, it leaves the connections that wait in the kernel's backlog
/// where they are, and goes on as soon as there is room: nothing is dropped, and nothing spins.
@safe public final class Listener {
  /// What happens to a listener besides connections.
  public enum Event: Sendable {
    /// The process has hardly any file descriptors left: accepting waits until some are closed.
    case outOfDescriptors
    /// There is room again: accepting goes on.
    case descriptorsAvailable
    /// A connection could not be taken; it is lost, the listener goes on.
    case acceptFailed(UVError)
    /// Connections can't be taken, again and again: the listener has closed itself.
    case failed(UVError)
  }

  /// The stream that listens.
  public let stream: Stream

  /// Called for what happens besides connections.
  public var onEvent: ((Event) -> Void)?

  /// Whether accepting is paused by ``pause()``.
  public var isPaused: Bool { isAcceptingPaused }
  private var isAcceptingPaused = false

  /// Retained until the stream is closed, which is never while it is called: so calls count no reference.
  private var acceptor: Unmanaged<Acceptor>?

  /// That of the acceptor. What it tells of ends may hold this listener, and must go when there is nothing more to tell.
  private(set) weak var pool: StreamPool?

  /// Whether libuv holds a connection that hasn't been taken; it doesn't look for more then.
  private var isConnectionWaiting = false

  private var descriptorLimit = Descriptors.limit
  /// Held for the moment when the kernel has no descriptor left: see ``didFail(_:)``.
  private var reserve: Int32?
  private var isStarved = false
  private var starvedTimer: Timer?

  private var failureCount = 0
  private var failureTurn: UInt64 = 0

  /// How many times in a row accepting may fail in one turn of the loop. libuv tries again at once, without
  /// end.
  private static let failureLimit = 100

  init(_ stream: Stream, backlog: Int, _ acceptor: Acceptor) throws(UVError) {
    // Without a reserve, and room for a connection beside it, nobody could be served.
    guard let reserve = Descriptors.open() else { throw UVError.tooManyOpenFiles.during("listen") }
    guard Descriptors.leavesReserve(reserve + 1, limit: descriptorLimit) else {
      Descriptors.close(reserve)
      throw UVError.tooManyOpenFiles.during("listen")
    }
    self.reserve = reserve
    self.stream = stream
    pool = acceptor.pool
    unsafe self.acceptor = .passRetained(acceptor)
    let status = unsafe uv_listen(stream.stream, Int32(clamping: backlog)) { stream, status in
      unsafe Stream.of(stream)._withUnsafeGuaranteedRef { stream in
        unsafe stream.listenerReference?._withUnsafeGuaranteedRef { $0.didConnect(status) }
      }
    }
    guard status == 0 else {
      releaseHandlers()
      Descriptors.close(reserve)
      throw UVError(code: status, operation: "listen")
    }
  }

  /// The address that it listens on; nil when it is closed.
  public var address: SocketAddress? {
    switch stream {
    case let stream as TCP: try? stream.localAddress
    case let stream as Pipe: try? stream.localAddress
    default: nil
    }
  }

  /// The connections that it has taken and that are not closed, in no particular order; also when it is closed itself.
  ///
  /// They are found among all handles of the loop, by `uv_walk`: that is for a drain, and not for each message.
  public var connections: [Stream] {
    stream.loop.assertOnThread()
    guard let pool else { return [] }
    return stream.loop.handles.compactMap { $0 as? Stream }.filter { $0.belongs(to: pool) }
  }

  /// Takes no more connections until ``resume()``. They wait in the kernel's backlog, and one in libuv's hands.
  public func pause() {
    stream.loop.assertOnThread()
    isAcceptingPaused = true
  }

  /// Goes on after ``pause()``.
  public func resume() {
    stream.loop.assertOnThread()
    isAcceptingPaused = false
    takeWaiting()
  }

  /// Closes the listening stream. Connections that wait in the kernel's backlog are reset by the kernel. The
  /// libuv function is `uv_close`.
  ///
  /// - Parameter completion: called when it is closed.
  public func close(_ completion: (() -> Void)? = nil) {
    stream.close(completion)
  }

  /// Closes the listening stream, after it has taken the one connection that may be in libuv's hands: paused or out
  /// of descriptors, it has been accepted.
  ///
  /// - Parameter completion: called when it is closed.
  public func finish(_ completion: (() -> Void)? = nil) {
    stream.loop.assertOnThread()
    if isConnectionWaiting, stream.state == .open {
      if isStarved { stopWaitingForDescriptors() }
      takeConnection()
    }
    close(completion)
  }

  // MARK: Accepting

  /// The connection callback: libuv holds a connection now, or could not get one.
  private func didConnect(_ status: Int32) {
    guard status == 0 else { return didFail(UVError(code: status, operation: "accept")) }
    isConnectionWaiting = true
    takeWaiting()
  }

  /// Takes the connection that libuv holds, unless there is a reason to let it wait. libuv then stops looking
  /// for more until it is taken.
  private func takeWaiting() {
    guard isConnectionWaiting, !isAcceptingPaused, stream.state == .open else { return }
    guard !isStarved else { return takeStarvedConnection() }
    guard unsafe leavesReserve(stream.stream.pointee.accepted_fd) else { return starve() }
    takeConnection()
  }

  @inline(never)
  private func takeStarvedConnection() {
    // It has a number out of the reserve. Kept, it would make the reserve smaller each time, until none is left.
    guard let lower = unsafe Descriptors.moveDown(stream.stream.pointee.accepted_fd) else { return }
    unsafe stream.stream.pointee.accepted_fd = lower
    endStarving()
    takeConnection()
  }

  /// Takes the connection that libuv holds; it then looks for more.
  private func takeConnection() {
    isConnectionWaiting = false
    let error = unsafe acceptor?._withUnsafeGuaranteedRef { $0.accept(from: stream) }
    if let error { tell(.acceptFailed(error)) }
  }

  @inline(never)
  private func tell(_ event: Event) { onEvent?(event) }

  private func leavesReserve(_ descriptor: Int32) -> Bool {
    Descriptors.leavesReserve(descriptor, limit: descriptorLimit) || leavesReserveNow(descriptor)
  }

  /// The same, if the limit was raised meanwhile.
  @inline(never)
  private func leavesReserveNow(_ descriptor: Int32) -> Bool {
    descriptorLimit = Descriptors.limit
    return Descriptors.leavesReserve(descriptor, limit: descriptorLimit)
  }

  // MARK: Out of descriptors

  /// Lets accepting wait until a stream of this loop is closed, or a timer finds room.
  private func starve() {
    guard !isStarved else { return }
    isStarved = true
    stream.loop.addStarved(self)
    do {
      let timer = try Timer(stream.loop, origin: stream.origin, isInternal: true)
      starvedTimer = timer
      try timer.start(after: .milliseconds(100), repeating: .milliseconds(100)) { [unowned self] _ in
        takeWaiting()
      }
    } catch {
      // A timer needs no descriptor, and starting one can't fail.
      preconditionFailure("a timer could not be started: \(error)")
    }
    onEvent?(.outOfDescriptors)
  }

  private func endStarving() {
    stopWaitingForDescriptors()
    if reserve == nil { reserve = Descriptors.open() }
    onEvent?(.descriptorsAvailable)
  }

  private func stopWaitingForDescriptors() {
    isStarved = false
    starvedTimer?.close()
    starvedTimer = nil
    stream.loop.removeStarved(self)
  }

  /// A stream of the loop was closed: perhaps there is room now.
  func descriptorMayBeFree() {
    takeWaiting()
  }

  /// libuv could not accept, and tries again as soon as this returns: forever, if nothing changes.
  ///
  /// Out of descriptors, giving up the reserve lets the next try succeed; that connection then waits, which
  /// makes libuv stop. This is for the rare case that the descriptors went elsewhere between two looks:
  /// otherwise the number of the last one has told in time.
  private func didFail(_ error: UVError) {
    if error == .tooManyOpenFiles, let reserve {
      Descriptors.close(reserve)
      self.reserve = nil
      starve()
      return
    }
    onEvent?(.acceptFailed(error))
    let turn = stream.loop.milliseconds
    failureCount = turn == failureTurn ? failureCount + 1 : 1
    failureTurn = turn
    guard failureCount >= Self.failureLimit else { return }
    stream.failure = error
    stream.close()
    onEvent?(.failed(error))
  }

  /// The stream begins to close.
  func willClose() {
    if isStarved { stopWaitingForDescriptors() }
    if let reserve { Descriptors.close(reserve) }
    reserve = nil
    isConnectionWaiting = false
  }

  /// The stream is closed.
  func releaseHandlers() {
    unsafe acceptor?.release()
    unsafe acceptor = nil
    onEvent = nil
  }
}
