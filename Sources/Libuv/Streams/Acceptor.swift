internal import CLibuv

/// Takes the connection that libuv holds for a listening stream, as a stream of the right type, and hands it out.
class Acceptor {
  /// Keeps its connections when they are closed, for those to come.
  let pool: StreamPool
  /// Where the listener was made.
  private let origin: Origin

  init(_ origin: Origin, _ pool: StreamPool) {
    self.origin = origin
    self.pool = pool
  }

  // Those in the pool hold it.
  deinit { pool.close() }

  /// - Returns: why it could not be taken, or was refused; it is reset then.
  func accept(from listening: Stream) -> UVError? { nil }
}

/// A stream that a connection can become.
protocol AcceptedStream: Stream {
  init(_ loop: Loop, origin: Origin) throws(UVError)

  /// Makes the C handle of a closed stream anew, in its place. Returns zero, or libuv's code of what failed.
  func initializeHandle() -> Int32
}

// What the acceptors of all types of streams do. Not a generic class above theirs: the types of such are made when a program
// starts, which takes longer than to listen.
extension Acceptor {
  /// What ``accept(from:)`` does.
  @inline(__always)
  final func take<Connection: AcceptedStream>(
    from listening: Stream,
    _ onConnection: (Connection) throws(UVError) -> Void
  ) -> UVError? {
    do throws(UVError) {
      let connection: Unmanaged<Connection> = try unsafe openConnection(listening.loop)
      return unsafe connection._withUnsafeGuaranteedRef { connection in
        do throws(UVError) {
          try UVError.check(unsafe uv_accept(listening.stream, connection.stream), "accept")
        } catch {
          // Nobody has seen it, and nobody is told of its end.
          connection.leavePool()
          return refuse(connection, error)
        }
        connection.flow.isConnected = true
        do throws(UVError) {
          try onConnection(connection)
          return nil
        } catch {
          return refuse(connection, error)
        }
      }
    } catch {
      return error
    }
  }

  @inline(never)
  private func refuse(_ connection: Stream, _ error: UVError) -> UVError {
    connection.failure = error
    connection.closeReset()
    return error
  }

  /// An open stream without a socket, which its C handle keeps alive: an earlier connection's, if one is left.
  @inline(__always)
  private func openConnection<Connection: AcceptedStream>(_ loop: Loop) throws(UVError) -> Unmanaged<
    Connection
  > {
    guard let used = unsafe pool.take() else { return try unsafe makeConnection(loop) }
    let connection = unsafe Unmanaged<Connection>.fromOpaque(used.toOpaque())
    unsafe connection._withUnsafeGuaranteedRef {
      // It has succeeded for this handle before, and needs nothing from the system.
      let status = $0.initializeHandle()
      precondition(status == 0, "a closed stream's handle can be made anew")
      $0.reopenStream()
    }
    return unsafe connection
  }

  @inline(never)
  private func makeConnection<Connection: AcceptedStream>(_ loop: Loop) throws(UVError) -> Unmanaged<
    Connection
  > {
    let connection = try Connection(loop, origin: origin)
    connection.joinPool(pool)
    return unsafe .passUnretained(connection)
  }
}
