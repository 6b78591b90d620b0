internal import Libuv

/// One client: its bytes go back to it, in order, until it ends; then so do we.
final class Client {
  let stream: Stream
  /// It has its clients only while they are open.
  private let server: EchoServer
  /// The stream as its task sees it, if the service is written with tasks.
  private var connection: Connection?

  /// Where it stands in the server's list.
  var index = 0
  /// When, by the loop's clock, it was told to finish: since then it echoes no more.
  private(set) var finishBegan: Duration?
  var isFinishing: Bool { finishBegan != nil }

  init(_ stream: Stream, of server: EchoServer) {
    self.stream = stream
    self.server = server
  }

  /// Echoes: what is read is written back, with backpressure, and the client's end is answered with ours. In either style.
  func start() throws(UVError) {
    stream.highWaterMark = server.configuration.highWaterMark
    stream.whenClosed(didClose)
    switch server.configuration.style {
    case .callbacks:
      try stream.pump(to: stream)
    case .async:
      let connection = try stream.connection()
      self.connection = connection
      connection.assumeIsolated { _ = $0.serve(echo) }
    }
  }

  /// Whether all that came has gone back.
  var isQuiet: Bool { stream.queuedByteCount == 0 && heldByteCount == 0 && stream.unreadByteCount == 0 }

  /// How many bytes its task has not asked for yet.
  var heldByteCount: Int { connection?.assumeIsolated { $0.heldByteCount } ?? 0 }

  /// Ends with a FIN after what is queued, and waits for the client's.
  func finish() {
    guard !isFinishing else { return }
    finishBegan = stream.loop.now
    stream.finish()
  }

  var figures: StreamFigures {
    StreamFigures(
      requests: stream.readCount,
      bytesIn: stream.bytesRead,
      bytesOut: stream.bytesWritten,
      bytesDiscarded: stream.bytesDiscarded
    )
  }

  private func didClose() {
    server.didClose(self)
  }
}

/// The service, written with tasks: what a client sends goes back to it, until it ends; then so do we.
private func echo(_ connection: isolated Connection) async throws {
  try await connection.readEach { bytes in connection.stream.send(bytes) }
  try await connection.shutdown()
}
