internal import CLibuv

/// Takes the connection that libuv holds for a listening stream, as a stream of the right type, and hands it out.
class Acceptor {
  /// Keeps its connections when they are closed, for those to come.
  let pool: StreamPool

  init(_ pool: StreamPool) { self.pool = pool }

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

/// Hands connections to a closure. A subclass for each type of stream says which, so that the compiler knows.
class ConnectionAcceptor<Connection: AcceptedStream>: Acceptor {
  private let origin: Origin
  private let onConnection: (Connection) throws(UVError) -> Void

  init(
    _ origin: Origin,
    _ onConnection: @escaping (Connection) throws(UVError) -> Void,
    _ onClosed: ((Connection) -> Void)?
  ) {
    self.origin = origin
    self.onConnection = onConnection
    // Not by `map`, which would wrap the closure twice.
    var didClose: ((Stream) -> Void)?
    if let onClosed { didClose = { unsafe onClosed(unsafeDowncast($0, to: Connection.self)) } }
    super.init(StreamPool(didClose))
  }

  /// What ``accept(from:)`` does.
  @inline(__always)
  final func take(from listening: Stream) -> UVError? {
    do throws(UVError) {
      let connection = try unsafe openConnection(listening.loop)
      return unsafe connection._withUnsafeGuaranteedRef { connection in
        do throws(UVError) {
          try UVError.check(unsafe uv_accept(listening.stream, connection.stream), "accept")
        } catch {
          // Nobody has seen it, and nobody is told of its end.
          connection.leavePool()
          return refuse(connection, error)
        }
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
  private func refuse(_ connection: Connection, _ error: UVError) -> UVError {
    connection.failure = error
    connection.closeReset()
    return error
  }

  /// An open stream without a socket, which its C handle keeps alive: an earlier connection's, if one is left.
  @inline(__always)
  private func openConnection(_ loop: Loop) throws(UVError) -> Unmanaged<Connection> {
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
  private func makeConnection(_ loop: Loop) throws(UVError) -> Unmanaged<Connection> {
    let connection = try Connection(loop, origin: origin)
    connection.joinPool(pool)
    return unsafe .passUnretained(connection)
  }
}
