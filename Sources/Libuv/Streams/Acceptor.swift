internal import CLibuv

/// Takes the connection that libuv holds for a listening stream, as a stream of the right type, and hands it out.
class Acceptor {
  /// - Returns: why it could not be taken, or was refused; it is reset then.
  func accept(from listening: Stream) -> UVError? { nil }
}

/// A stream that a connection can become.
protocol AcceptedStream: Stream {
  init(_ loop: Loop, origin: Origin) throws(UVError)
}

/// Hands connections to a closure.
final class ConnectionAcceptor<Connection: AcceptedStream>: Acceptor {
  private let origin: Origin
  private let onConnection: (Connection) throws(UVError) -> Void

  init(_ origin: Origin, _ onConnection: @escaping (Connection) throws(UVError) -> Void) {
    self.origin = origin
    self.onConnection = onConnection
  }

  override func accept(from listening: Stream) -> UVError? {
    do throws(UVError) {
      let connection = try Connection(listening.loop, origin: origin)
      let status = unsafe uv_accept(listening.stream, connection.stream)
      do throws(UVError) {
        try UVError.check(status, "accept")
        try onConnection(connection)
      } catch {
        connection.failure = error
        connection.closeReset()
        throw error
      }
      return nil
    } catch {
      return error
    }
  }
}
