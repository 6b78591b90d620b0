import Libuv
import LibuvRung
import Rung

/// Echo server on Libuv with a task for each connection: `echo-tasks PORT`.
@main
struct Echo {
  static func main() throws {
    let port = Arguments.port()
    try Loop.run { loop in
      let listener = try loop.listen(on: loopback(port))
      try await setNoDelay(on: listener)
      var signals = try loop.signals(.terminate, .interrupt).makeAsyncIterator()
      tellListening(on: listener.address.port ?? port)
      let serving = Task {
        _ = loop
        try await listener.forEachConnection { connection in
          while let bytes = try await connection.read() { try await connection.write(bytes) }
        }
      }
      _ = try await signals.next(isolation: loop)
      await listener.close()
      serving.cancel()
    }
  }

  /// The connections have it from the listening socket.
  private static func setNoDelay(on listener: isolated ConnectionListener) throws {
    try (listener.listener.stream as? TCP)?.setNoDelay(true)
  }
}
