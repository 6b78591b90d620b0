internal import Libuv

/// One client: its bytes go back to it, in order, until it ends; then so do we.
final class Connection {
  let stream: Stream
  private unowned let server: EchoServer

  /// Where it stands in the server's list.
  var index = 0
  /// When, by the loop's clock, it was told to finish: since then it echoes no more.
  private(set) var finishBegan: Duration?
  var isFinishing: Bool { finishBegan != nil }

  init(_ stream: Stream, of server: EchoServer) {
    self.stream = stream
    self.server = server
  }

  /// Echoes: what is read is written back, with backpressure, and the client's end is answered with ours.
  func start() throws(UVError) {
    stream.highWaterMark = server.configuration.highWaterMark
    stream.whenClosed(didClose)
    try stream.pump(to: stream)
  }

  /// Whether all that came has gone back.
  var isQuiet: Bool { stream.queuedByteCount == 0 && stream.unreadByteCount == 0 }

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
