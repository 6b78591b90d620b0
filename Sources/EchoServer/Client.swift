internal import Libuv

/// One client, as long as its connection isn't closed: its bytes go back to it, in order, until it ends; then so do we.
struct Client {
  let stream: Stream
  let server: EchoServer

  /// What there is to note of a client, if anything: most connections take no memory but the stream's.
  struct Note {
    /// The connection as its task sees it, if the service is written with tasks.
    var connection: Connection?
    /// When, by the loop's clock, it was told to finish.
    var finishBegan: Duration?
  }

  private var note: Note {
    get { server.notes[ObjectIdentifier(stream)] ?? Note() }
    nonmutating set { server.notes[ObjectIdentifier(stream)] = newValue }
  }

  /// Echoes: what is read is written back, with backpressure, and the client's end is answered with ours. In either style.
  func start() throws(UVError) {
    stream.highWaterMark = server.configuration.highWaterMark
    switch server.configuration.style {
    case .callbacks: try stream.pump(to: stream)
    case .async: try startTask()
    }
  }

  @inline(never)
  private func startTask() throws(UVError) {
    let connection = try stream.connection()
    note.connection = connection
    connection.assumeIsolated { _ = $0.serve(echo) }
  }

  /// Whether all that came has gone back.
  var isQuiet: Bool { stream.queuedByteCount == 0 && heldByteCount == 0 && stream.unreadByteCount == 0 }

  /// How many bytes its task has not asked for yet.
  var heldByteCount: Int {
    note.connection?.assumeIsolated { $0.heldByteCount } ?? 0
  }

  /// Ends with a FIN after what is queued, and waits for the client's.
  func finish() {
    guard !isFinishing else { return }
    note.finishBegan = stream.loop.now
    stream.finish()
  }

  /// When, by the loop's clock, it was told to finish: since then it echoes no more.
  var finishBegan: Duration? { note.finishBegan }
  var isFinishing: Bool { finishBegan != nil }
}

/// The service, written with tasks: what a client sends goes back to it, until it ends; then so do we.
private func echo(_ connection: isolated Connection) async throws {
  try await connection.readEach { bytes in connection.stream.send(bytes) }
  try await connection.shutdown()
}
