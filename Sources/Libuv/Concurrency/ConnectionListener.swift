/// A listening stream for tasks: its connections are a sequence, or are served by a task each.
///
/// ```swift
/// let listener = try loop.listen(on: "127.0.0.1:4000")
/// try await listener.forEachConnection { connection in
///   while let bytes = try await connection.read() { try await connection.write(bytes) }
/// }
/// ```
///
/// While nobody asks for connections, a number of them is taken and kept; the others wait in the kernel's backlog. It is an
/// actor on its loop, closed with ``close()``, when nobody holds it any more, and by the end of ``withLoop(_:)``.
/// Connections that nobody has asked for are closed then.
public actor ConnectionListener: LoopActor {
  /// How many connections are kept while nobody asks.
  static let keptConnections = 64

  /// The executor of its loop.
  public nonisolated let executor: LoopExecutor

  /// The listener beneath, for what has no method here: ``Listener/onEvent``.
  public let listener: Listener

  /// The address that it listens on: with the port that the system has chosen.
  public nonisolated let address: SocketAddress

  private let inbox: Inbox<Connection>
  private nonisolated let bound: LoopBound<Listener>

  /// The tasks of ``forEachConnection(grace:_:)``, and who waits for their end.
  private var tasks: [ObjectIdentifier: (connection: Connection, task: Task<Void, Never>)] = [:]
  private let endPlace: WaitingPlace
  /// Resets those who take too long to end after a cancellation.
  private var graceTimer: Timer?

  private init(
    _ listener: Listener,
    _ address: SocketAddress,
    _ inbox: Inbox<Connection>,
    _ executor: LoopExecutor
  ) {
    self.executor = executor
    self.listener = listener
    self.address = address
    self.inbox = inbox
    bound = LoopBound(listener, on: executor.ownLoop)
    endPlace = WaitingPlace(executor)
    // The stream, not the listener: that may be gone by then.
    listener.stream.whenClosed { [unowned stream = listener.stream] in
      inbox.close(stream.failure.map { .failure($0) } ?? .success(()))
    }
  }

  /// Makes one on the executor's loop, whoever listens there: all are on the loop's thread.
  ///
  /// - Parameter listen: has a stream listen that hands its connections to the handler.
  static func listening(
    _ address: SocketAddress,
    _ executor: LoopExecutor,
    listen: (@escaping (Stream) -> Void) throws(UVError) -> Listener
  ) throws(UVError) -> ConnectionListener {
    nonisolated(unsafe) let inbox = Inbox<Connection>(executor)
    // Set below; no connection comes before the loop has turned.
    var pause: () -> Void = {}
    nonisolated(unsafe) let listener = try listen { stream in
      unsafe inbox.put(.wrapping(stream, executor))
      if unsafe inbox.count >= Self.keptConnections { pause() }
    }
    pause = { [unowned listener = unsafe listener] in listener.pause() }
    return unsafe ConnectionListener(listener, listener.address ?? address, inbox, executor)
  }

  deinit {
    let bound = bound
    executor.perform { loop in bound.value(on: loop).close() }
  }

  /// The connections, one after the other, until the listener is closed. One task at a time may ask.
  public nonisolated var connections: Connections { Connections(listener: self) }

  /// The next connection; nil when the listener is closed. One task at a time may ask. The libuv function is `uv_accept`.
  ///
  /// - Throws: the listener's failure, a ``UVError``; `CancellationError`.
  public func next() async throws -> Connection? {
    if inbox.count == 0, listener.isPaused { listener.resume() }
    return try await inbox.next(isolation: self)
  }

  /// Whether a task waits for a connection.
  var isAskedFor: Bool { inbox.isAskedFor }

  /// Closes it. Who waits for connections is told the end. The libuv function is `uv_close`.
  public func close() {
    listener.close()
    inbox.close()
  }

  // MARK: A task for each connection

  /// Serves each connection in a task of its own, until the listener is closed or the calling task is cancelled.
  ///
  /// The tasks run on the loop's thread from their first step, and are watched for cancellation as ``Connection/run(_:)``
  /// does: the cheapest way to serve connections with tasks. When the calling task is cancelled, so are they, and what they
  /// have written still gets to the peers. In any case all connections are closed when this returns. The calling task must
  /// not be one that a connection waits for, and one task at a time may do this. The listener stays open: ``close()`` it, or
  /// clients wait in its backlog.
  ///
  /// - Parameters:
  ///   - grace: how long connections may take to finish after a cancellation. Those who haven't ended then are reset.
  ///   - serve: serves one connection. When it returns, or is cancelled, the connection is ended as ``Stream/finish()`` does,
  ///     if it is still open; when it throws something else, it is closed at once. What it throws is that connection's own
  ///     affair and goes no further.
  /// - Throws: the listener's failure, a ``UVError``; `CancellationError`.
  public func forEachConnection(
    grace: Duration = .seconds(5),
    _ serve: @escaping @Sendable (isolated Connection) async throws -> Void
  ) async throws {
    let outcome: Result<Void, any Error>
    do {
      while let connection = try await next() { start(connection, serve) }
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    await tasksHaveEnded(grace)
    try outcome.get()
  }

  private func start(
    _ connection: Connection,
    _ serve: @escaping @Sendable (isolated Connection) async throws -> Void
  ) {
    let identity = ObjectIdentifier(connection)
    let task = connection.assumeIsolated { connection in
      connection.serve(serve) { [self] in assumeIsolated { $0.didEnd(identity) } }
    }
    tasks[identity] = (connection, task)
  }

  private func didEnd(_ connection: ObjectIdentifier) {
    tasks[connection] = nil
    if tasks.isEmpty { endPlace.wake() }
  }

  /// Waits for the tasks' end. A cancellation, also one that has been before, cancels them.
  private func tasksHaveEnded(_ grace: Duration) async {
    await withTaskCancellationHandler {
      endPlace.willLook()
      while !tasks.isEmpty { await endPlace.waitThroughCancellation(isolation: self) }
    } onCancel: {
      executor.perform { [weak self] _ in self?.assumeIsolated { $0.cancelTasks(grace) } }
    }
    graceTimer?.close()
    graceTimer = nil
  }

  private func cancelTasks(_ grace: Duration) {
    guard !tasks.isEmpty else { return }
    for (_, task) in tasks.values { task.cancel() }
    // A timer takes no more than memory: this can't fail.
    graceTimer = try? Timer(loop)
    try? graceTimer?.start(after: grace) { [unowned self] _ in
      assumeIsolated { listener in
        for (connection, _) in listener.tasks.values { connection.assumeIsolated { $0.stream.closeReset() } }
      }
    }
  }

  /// The connections of a listener, one after the other. One task at a time may ask for them.
  public struct Connections: AsyncSequence, Sendable {
    /// A connection, open, of which nothing has been read.
    public typealias Element = Connection
    /// The listener's failure, a ``UVError``, or `CancellationError`.
    public typealias Failure = any Error

    let listener: ConnectionListener

    /// Begins to ask for connections.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listener: listener) }

    /// Asks for one connection after the other.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let listener: ConnectionListener

      /// The next connection; nil when the listener is closed.
      public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> Connection?
      {
        try await listener.next()
      }
    }
  }
}
