/// A stream for tasks: reads and writes suspend the task, and nothing else.
///
/// It is an actor on the stream's loop, so it may be handed to other tasks. A function that takes it as an `isolated`
/// parameter runs on the loop's thread, and none of its calls waits for a turn:
///
/// ```swift
/// func echo(_ connection: isolated Connection) async throws {
///   while let bytes = try await connection.read() {
///     try await connection.write(bytes)
///   }
///   try await connection.shutdown()
/// }
/// ```
///
/// Backpressure: while nobody asks for bytes, at most one piece is held, and then the socket isn't read.
/// ``write(_:)-([UInt8])`` waits while the stream is above its high-water mark.
///
/// A task that is cancelled while it waits here goes on at once with `CancellationError`; the connection stays as it is.
/// It is closed by ``close()`` or ``finish()``, by a failure, when nobody holds it any more, and by the end of
/// ``withLoop(_:)``.
@safe public actor Connection: LoopActor {
  /// The executor of its loop.
  public nonisolated let executor: LoopExecutor

  /// The executor of its loop, for Swift: kept, since it is asked for at each wait.
  public nonisolated let unownedExecutor: UnownedSerialExecutor

  /// The stream, for what has no method here. Reading, pumping and ``Stream/onDrain`` are the connection's own business.
  public let stream: Stream

  // What reads and writes touch. They belong to whoever calls them, so as not to change executors, and make sure that this
  // is somebody on the loop's thread: there is no more that isolation could give.
  private nonisolated(unsafe) let ownStream: Stream
  private nonisolated(unsafe) let reader: StreamReader
  private nonisolated let readGate: WaitingPlace.Gate
  /// Made for the first writer that waits: most connections never have one.
  private nonisolated(unsafe) var drainWaiters: DrainWaiters?
  private nonisolated(unsafe) let watch: TaskWatch

  private init(_ stream: Stream, _ executor: LoopExecutor) {
    self.executor = executor
    self.stream = stream
    unsafe ownStream = stream
    unsafe unownedExecutor = executor.asUnownedSerialExecutor()
    let watch = TaskWatch()
    let reader = StreamReader(stream, executor, watch)
    unsafe self.watch = watch
    unsafe self.reader = reader
    readGate = reader.place.gate
    stream.whenClosed { [unowned stream] in reader.didEnd(stream.failure ?? UVError.canceled.during("read")) }
  }

  /// Wraps a stream of the executor's loop, whoever has it: all are on the loop's thread.
  static func wrapping(_ stream: Stream, _ executor: LoopExecutor) -> Connection {
    nonisolated(unsafe) let stream = stream
    return unsafe Connection(stream, executor)
  }

  deinit {
    nonisolated(unsafe) let stream = unsafe ownStream
    // One that was told to finish closes by itself.
    executor.perform { _ in if unsafe !stream.isFinishing { unsafe stream.close() } }
  }

  // MARK: Reading

  /// Reads the bytes that have come, and waits for some if there are none. The libuv function is `uv_read_start`.
  ///
  /// The array's memory is used again when nobody holds it any more: nothing is allocated for a message. One task at a time
  /// may read.
  ///
  /// - Returns: at least one byte; nil at the end of the input.
  /// - Throws: the stream's failure, a ``UVError``; `CancellationError`.
  nonisolated(nonsending) public func read() async throws -> [UInt8]? {
    // Each idle connection has this frame, and each message goes through it. So what needs room for a moment is done by
    // functions that aren't inlined; and the wait is spelled out, where an asynchronous function would cost as much as one of
    // libuv's system calls.
    switch try prepareToRead(#isolation) {
    case .goOver: return try await readFromElsewhere()
    case .wait:
      await readGate.pass()
      if !hasWaitedForBytes { try await waitForBytes() }
    case .take: break
    }
    return try take()
  }

  private enum ReadStep {
    case goOver
    case wait
    case take
  }

  @inline(never)
  private nonisolated func prepareToRead(_ isolation: (any Actor)?) throws -> ReadStep {
    guard isOnLoop(isolation) else { return .goOver }
    let reader = unsafe reader
    guard try reader.mustWait() else { return .take }
    reader.place.beginWatchedWait()
    return .wait
  }

  /// Whether the wait has brought bytes, to the task that is watched.
  private nonisolated var hasWaitedForBytes: Bool { unsafe reader.hasBytes && reader.place.didWaitWatched }

  /// Goes on with a wait that has brought nothing, or was another task's.
  nonisolated(nonsending) private func waitForBytes() async throws {
    let reader = unsafe reader
    try reader.place.endWatchedWait()
    while try reader.mustWait() { try await reader.place.wait(isolation: #isolation) }
  }

  @inline(never)
  private nonisolated func take() throws -> [UInt8]? { try unsafe reader.take() }

  private func readFromElsewhere() async throws -> [UInt8]? {
    executor.checkIsolated()
    return try await read()
  }

  /// Whether the caller, who has this isolation, is on the loop's thread and belongs there.
  ///
  /// Neither alone is enough. Who is there for the moment goes on elsewhere after the next wait. And a function that begins
  /// with a call like this one has not gone over to its own actor yet: the compiler takes it that the callee will see to
  /// that.
  @inline(__always)
  private nonisolated func isOnLoop(_ isolation: (any Actor)?) -> Bool {
    executor.isOnThread && (isolation === self || isOfLoop(isolation))
  }

  // Not inlined: what it needs for a moment would be in the frame of each task that waits.
  @inline(never)
  private nonisolated func isOfLoop(_ isolation: (any Actor)?) -> Bool {
    (isolation as? any LoopActor)?.executor === executor
  }

  /// The bytes that come, piece by piece as the kernel has them, until the peer ends its side: ``read()`` as a sequence.
  ///
  /// What is thrown is the stream's failure, a ``UVError``, or `CancellationError`.
  public nonisolated var bytes: ConnectionBytes { ConnectionBytes(connection: self) }

  /// Waits for bytes, and lends them where they lie: in the loop's own read buffer, if the task waits when they come.
  ///
  /// - Parameter body: called once with at least one byte, on the loop's thread.
  /// - Returns: what `body` returns; nil at the end of the input, and `body` isn't called then.
  /// - Throws: what `body` throws; the stream's failure, a ``UVError``; `CancellationError`.
  public func read<Value>(_ body: @escaping (RawSpan) throws -> Value) async throws -> Value? {
    try await unsafe reader.lend(body, isolation: self)
  }

  /// Has each piece of the input handled as it comes, where it lies in the loop's own read buffer, until the peer ends its
  /// side: the leanest way for a task to read, as it waits once for all of them.
  ///
  /// ```swift
  /// func echo(_ connection: isolated Connection) async throws {
  ///   try await connection.readEach { bytes in connection.stream.send(bytes) }
  ///   try await connection.shutdown()
  /// }
  /// ```
  ///
  /// Backpressure: while this connection is above its high-water mark nothing more is read. One task at a time may do so. The
  /// libuv function is `uv_read_start`.
  ///
  /// - Parameter body: called with at least one byte, on the loop's thread. It can't wait; what it throws ends the reading.
  /// - Throws: what `body` throws; the stream's failure, a ``UVError``; `CancellationError`.
  public func readEach(_ body: @escaping (RawSpan) throws -> Void) async throws {
    unsafe reader.beginConsuming(body)
    defer { unsafe reader.endConsuming() }
    while true {
      // As in `read`, the wait is spelled out: each idle connection has this frame, and no other below it.
      switch try unsafe reader.nextConsumerStep() {
      case .end: return
      case .drain: try await drained()
      case .wait:
        unsafe reader.place.beginWatchedWait()
        await readGate.pass()
        let isOther = unsafe !reader.place.didWaitWatched
        try unsafe reader.place.endWatchedWait()
        if isOther { try await waitForMore() }
      }
    }
  }

  /// Waits as a task that is not watched has to.
  private func waitForMore() async throws {
    if try unsafe reader.mustWait() { try await unsafe reader.place.wait(isolation: self) }
  }

  /// How many bytes have been read that no task has asked for yet. ``Stream/unreadByteCount`` has those that the kernel
  /// holds.
  public var heldByteCount: Int { unsafe reader.heldByteCount }

  // MARK: Writing

  /// Writes bytes: at once what the kernel takes; the rest is queued. Waits only above the stream's high-water mark, until
  /// it has drained. Any number of tasks may write. The libuv functions are `uv_try_write` and `uv_write`.
  ///
  /// - Throws: the error of ``Stream/write(_:)-(RawSpan)``, the stream's failure, and `CancellationError` while it waits:
  ///   the bytes are written all the same.
  nonisolated(nonsending) public func write(_ bytes: [UInt8]) async throws {
    guard isOnLoop(#isolation) else { return try await writeFromElsewhere(bytes) }
    if try writeNow({ stream throws(UVError) in try stream.write(bytes) }) { try await drained() }
  }

  /// Writes what can be written.
  ///
  /// - Returns: whether the stream has to drain.
  /// - Throws: why it can't: then the stream is closed, unless its output was ended.
  @inline(__always)
  private nonisolated func writeNow(_ write: (Stream) throws(UVError) -> Bool) throws -> Bool {
    let stream = unsafe ownStream
    do throws(UVError) {
      return try write(stream)
    } catch {
      throw failed(error)
    }
  }

  /// The peer is gone, or the stream not there any more: nobody else would say so.
  @inline(never)
  private nonisolated func failed(_ error: UVError) -> UVError {
    let stream = unsafe ownStream
    if stream.isWritable { stream.fail(error) }
    return stream.state == .open ? error : stream.failure ?? UVError.canceled.during("write")
  }

  private func writeFromElsewhere(_ bytes: [UInt8]) async throws {
    executor.checkIsolated()
    try await write(bytes)
  }

  /// Writes a string as UTF-8, as ``write(_:)-([UInt8])`` does.
  public func write(_ text: String) async throws {
    if try writeNow({ stream throws(UVError) in try stream.write(text) }) { try await drained() }
  }

  /// Waits until the stream has drained.
  nonisolated(nonsending) private func drained() async throws {
    let stream = unsafe ownStream
    let waiters = unsafe drainWaiters ?? DrainWaiters(stream, executor, watch)
    unsafe drainWaiters = waiters
    let place = waiters.take()
    defer { waiters.giveBack(place) }
    place.willLook()
    if stream.mustDrain {
      place.beginWatchedWait()
      await place.gate.pass()
      try place.endWatchedWait()
      place.willLook()
    }
    while stream.mustDrain {
      try await place.wait(isolation: #isolation)
      place.willLook()
    }
    if let failure = stream.failure { throw failure }
    guard stream.state == .open else { throw UVError.canceled.during("write") }
  }

  // MARK: Ending

  /// Ends writing: what is queued goes out, then the peer sees the end of its input. Reading goes on. The libuv function is
  /// `uv_shutdown`.
  ///
  /// - Throws: the error of ``Stream/shutdown(_:)``; `CancellationError`, and it goes on without the task.
  public func shutdown() async throws {
    try await wait { completion in
      try stream.shutdown { completion.finish($0) }
      return {}
    }
  }

  /// Closes the connection so that the peer loses nothing that is on its way to it, as ``Stream/finish()`` does, and
  /// waits until it is closed. A peer that never ends keeps it waiting: cancel the task then, and ``close()``.
  ///
  /// - Throws: `CancellationError`, and it goes on without the task.
  public func finish() async throws {
    stream.finish()
    try await closed()
  }

  /// Closes the connection, and waits until it is closed. Cancellation doesn't shorten that. The libuv function is
  /// `uv_close`.
  public func close() async {
    stream.close()
    await closedInAnyCase()
  }

  /// Waits until it is closed, also when the task is cancelled.
  private func closedInAnyCase() async {
    let completion = Completion<Void>(executor)
    stream.whenClosed { completion.finish(nil) }
    _ = await completion.waitThroughCancellation(isolation: self)
  }

  /// Waits until the connection is closed, by whomever.
  ///
  /// - Throws: `CancellationError`.
  public func closed() async throws {
    try await wait { completion in
      stream.whenClosed { completion.finish(nil) }
      return {}
    }
  }

  // MARK: A task of its own

  /// Carries out what the calling task has to do with this connection, and watches it for cancellation meanwhile: its waits
  /// for bytes and for the drain need not do so one by one, which makes them a good deal cheaper.
  ///
  /// ``ConnectionListener/forEachConnection(grace:_:)`` calls `serve` in it. One task at a time may do so.
  ///
  /// - Throws: what `body` throws.
  public func run(_ body: @Sendable (isolated Connection) async throws -> Void) async throws {
    let number = unsafe watch.begin()
    defer { unsafe watch.end() }
    try await withTaskCancellationHandler {
      try await body(self)
    } onCancel: {
      executor.perform { [weak self] _ in self?.assumeIsolated { $0.cancelOwnTask(number) } }
    }
  }

  private func cancelOwnTask(_ number: Int) {
    guard unsafe watch.cancel(number) else { return }
    unsafe reader.place.wake()
    unsafe drainWaiters?.wake()
  }

  /// Serves the connection in a task of its own, which runs on the loop's thread from its first step, in ``run(_:)``.
  ///
  /// - Parameters:
  ///   - body: serves it. When it returns, or is cancelled, the connection is ended as ``Stream/finish()`` does, so that what
  ///     was written gets to the peer; when it throws something else, it is closed at once.
  ///   - completion: called on the loop's thread at the task's end, when the connection is closed.
  /// - Returns: the task, to cancel it or wait for it. A peer that never ends its side keeps it waiting: ``close()`` then.
  @discardableResult
  public func serve(
    _ body: @escaping @Sendable (isolated Connection) async throws -> Void,
    then completion: @escaping @Sendable () -> Void = {}
  ) -> Task<Void, Never> {
    Task {
      do {
        try await run(body)
        stream.finish()
      } catch is CancellationError {
        stream.finish()
      } catch {
        stream.close()
      }
      await closedInAnyCase()
      completion()
    }
  }
}

/// The bytes of a connection, piece by piece. One task at a time may ask for them.
///
/// In a closure that is given to a task or a task group, use an actor of the loop, or it runs elsewhere, and each piece takes
/// two changes of threads: ``Connection/serve(_:then:)`` and ``ConnectionListener/forEachConnection(grace:_:)`` see to that.
public struct ConnectionBytes: AsyncSequence, Sendable {
  /// Bytes, at least one.
  public typealias Element = [UInt8]
  /// The stream's failure, a ``UVError``, or `CancellationError`.
  public typealias Failure = any Error

  let connection: Connection

  /// Begins to read, or goes on where another reader has ended.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }

  /// Reads one piece after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let connection: Connection

    /// The next piece; nil at the end.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
      try await connection.read()
    }
  }
}

extension Stream {
  /// Whether it has been above its high-water mark, and not drained since.
  final var mustDrain: Bool { state == .open && flow.awaitsDrain }

  /// The stream as a connection for tasks. Its read handler and ``onDrain`` are the connection's from then on; whoever has
  /// the stream may still use it, on the loop's thread.
  ///
  /// ```swift
  /// try server.listen { stream throws(UVError) in
  ///   let connection = try stream.connection()
  ///   connection.assumeIsolated { _ = $0.serve(echo) }
  /// }
  /// ```
  ///
  /// The connection closes the stream when nobody holds it any more.
  ///
  /// - Throws: the error of ``Loop/executor``.
  public final func connection() throws(UVError) -> Connection { .wrapping(self, try loop.executor) }
}
