extension LoopActor {
  /// Connects to a server, by TCP or to a Unix socket. The libuv functions are `uv_tcp_connect` and `uv_pipe_connect`.
  ///
  /// - Throws: the ``UVError`` of making the stream or connecting; `CancellationError`. Nothing is left open then.
  public func connect(to address: SocketAddress) async throws -> Connection {
    let stream: Stream
    let connect: (@escaping (UVError?) -> Void) throws(UVError) -> Void
    if address.family == .unix {
      let pipe = try Pipe(loop)
      stream = pipe
      connect = { handler throws(UVError) in try pipe.connect(to: address, then: handler) }
    } else {
      let tcp = try TCP(loop)
      stream = tcp
      connect = { handler throws(UVError) in try tcp.connect(to: address, then: handler) }
    }
    do {
      try await wait { completion in
        try connect { completion.finish($0) }
        return { stream.close() }
      }
    } catch {
      stream.close()
      throw error
    }
    return .wrapping(stream, executor)
  }

  /// Listens on an address, by TCP or on a Unix socket. The libuv functions are `uv_listen` and `uv_accept`.
  ///
  /// - Parameters:
  ///   - address: an address of this machine; port 0 lets the system choose one.
  ///   - backlog: how many connections the kernel holds until they are accepted; the kernel has a limit of its own.
  /// - Throws: ``UVError/addressInUse``, ``UVError/permissionDenied`` and others. Nothing is left open then.
  public func listen(on address: SocketAddress, backlog: Int = 4096) throws(UVError) -> ConnectionListener {
    let stream: Stream
    let listen: (@escaping (Stream) -> Void) throws(UVError) -> Listener
    if address.family == .unix {
      let pipe = try Pipe(loop)
      stream = pipe
      listen = { handler throws(UVError) in
        try pipe.bind(to: address)
        return try pipe.listen(backlog: backlog) { stream throws(UVError) in handler(stream) }
      }
    } else {
      let tcp = try TCP(loop)
      stream = tcp
      listen = { handler throws(UVError) in
        try tcp.bind(to: address)
        return try tcp.listen(backlog: backlog) { stream throws(UVError) in handler(stream) }
      }
    }
    do throws(UVError) {
      return try .listening(address, executor, listen: listen)
    } catch {
      stream.close()
      throw error
    }
  }
}
