internal import CLibuv

/// A Unix domain socket: a connection, or the socket that listens for connections. The libuv type is
/// `uv_pipe_t`.
public final class Pipe: Stream, AcceptedStream {
  private var pipe: UnsafeMutablePointer<uv_pipe_t> {
    unsafe pointer.assumingMemoryBound(to: uv_pipe_t.self)
  }

  /// Makes a handle without a socket: bind or connect it, or let it adopt a descriptor. The libuv function is
  /// `uv_pipe_init`, which never fails here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public convenience init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try self.init(loop, origin: Origin(file, line))
  }

  init(_ loop: Loop, origin: Origin) throws(UVError) {
    try unsafe super.init(loop, size: MemoryLayout<uv_pipe_t>.size, operation: "pipe", origin: origin) {
      pipe in
      unsafe uv_pipe_init(loop.pointer, pipe.assumingMemoryBound(to: uv_pipe_t.self), 0)
    }
  }

  func initializeHandle() -> Int32 { unsafe uv_pipe_init(loop.pointer, pipe, 0) }

  /// Adopts a Unix socket or a pipe's descriptor, which from then on is the handle's to close. The libuv
  /// function is `uv_pipe_open`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, ``UVError/busy`` when it has a socket. The
  ///   descriptor then stays the caller's.
  public func adopt(descriptor: Int32) throws(UVError) {
    try requireOpen("open")
    guard self.descriptor == nil else { throw UVError.busy.during("open") }
    try UVError.check(unsafe uv_pipe_open(pipe, descriptor), "open")
  }

  // MARK: Listening

  /// Binds to a path in the file system, which is made now and removed when the handle closes. The libuv function
  /// is `uv_pipe_bind`.
  ///
  /// - Parameters:
  ///   - address: the address of a Unix socket.
  ///   - replacingStale: whether a socket that nobody listens on any more, left by a process that was killed, is
  ///     removed first. A live one never is, nor anything that is no socket.
  /// - Throws: ``UVError/badHandle``, ``UVError/addressInUse``, ``UVError/permissionDenied``,
  ///   ``UVError/noSuchFileOrDirectory``, and ``UVError/invalidArgument`` for an internet address.
  public func bind(to address: SocketAddress, replacingStale: Bool = false) throws(UVError) {
    try requireOpen("bind")
    guard let path = address.unixPath else { throw UVError.invalidArgument.during("bind") }
    var status = unsafe uv_pipe_bind(pipe, path)
    if status == UV_EADDRINUSE.rawValue, replacingStale, UnixSocket.removeStale(path) {
      status = unsafe uv_pipe_bind(pipe, path)
    }
    // libuv says EACCES for a folder that isn't there.
    if status == UV_EACCES.rawValue, !UnixSocket.folderExists(path) {
      throw UVError.noSuchFileOrDirectory.during("bind")
    }
    try UVError.check(status, "bind")
  }

  /// Listens, and calls `onConnection` for each connection. The libuv functions are `uv_listen` and `uv_accept`.
  ///
  /// - Parameters:
  ///   - backlog: how many connections the kernel holds until they are accepted; the kernel has a limit of its
  ///     own.
  ///   - file: the file to name as the connections' origin in reports.
  ///   - line: the line to name as the connections' origin in reports.
  ///   - onConnection: gets each connection, which is open and reads nothing yet. If it throws, the connection is
  ///     closed (a pipe knows no reset), and the listener's ``Listener/onEvent`` told.
  ///   - onClosed: gets each connection that `onConnection` has got when it is closed, whoever has closed it, after its own
  ///     completions.
  /// - Returns: the listener, to pause or close it. It lives as long as the stream is open; it need not be kept.
  /// - Throws: ``UVError/badHandle``, ``UVError/addressInUse``, and ``UVError/tooManyOpenFiles`` when the process has
  ///   no room for connections.
  @discardableResult
  public func listen(
    backlog: Int = 4096,
    file: StaticString = #fileID,
    line: UInt = #line,
    onConnection: @escaping (Pipe) throws(UVError) -> Void,
    onClosed: ((Pipe) -> Void)? = nil
  ) throws(UVError) -> Listener {
    try listen(backlog: backlog, PipeAcceptor(Origin(file, line), onConnection, onClosed))
  }

  // MARK: Connecting

  /// Connects to the socket at a path. The libuv function is `uv_pipe_connect`.
  ///
  /// - Parameters:
  ///   - address: the address of a Unix socket.
  ///   - handler: called once: with nil when it is connected; with ``UVError/connectionRefused``,
  ///     ``UVError/noSuchFileOrDirectory`` or another error when not, and the stream then closes; with
  ///     ``UVError/canceled`` when it was closed before.
  /// - Throws: ``UVError/badHandle``, ``UVError/alreadyConnected``, ``UVError/notSupported`` for a stream that is
  ///   bound, and ``UVError/invalidArgument`` for an internet address and for a stream that listens. The stream
  ///   stays open, and the handler isn't called.
  public func connect(
    to address: SocketAddress,
    then handler: @escaping (UVError?) -> Void
  ) throws(UVError) {
    try requireOpen("connect")
    try unsafe beginConnecting(handler) { request in
      guard let path = address.unixPath else { return UV_EINVAL.rawValue }
      guard unsafe uv_is_readable(stream) == 0 && uv_is_writable(stream) == 0 else {
        return UV_EISCONN.rawValue
      }
      // libuv connects a bound one, but then neither reads nor writes.
      guard descriptor == nil else { return UV_ENOTSUP.rawValue }
      unsafe uv_pipe_connect(request, pipe, path) { request, status in
        unsafe Stream.didConnect(request!, status)
      }
      return 0
    }
  }

  // MARK: Addresses

  /// The path that this side is bound to. The libuv function is `uv_pipe_getsockname`.
  ///
  /// - Throws: ``UVError/addressNotAvailable`` when it has none, as a connecting side.
  public var localAddress: SocketAddress {
    get throws(UVError) { try unsafe address("getsockname", uv_pipe_getsockname) }
  }

  /// The path that the peer is bound to. The libuv function is `uv_pipe_getpeername`.
  ///
  /// - Throws: ``UVError/addressNotAvailable`` when it has none, as a connecting peer.
  public var remoteAddress: SocketAddress {
    get throws(UVError) { try unsafe address("getpeername", uv_pipe_getpeername) }
  }

  private func address(
    _ operation: StaticString,
    _ get: (UnsafePointer<uv_pipe_t>, UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int>) -> Int32
  ) throws(UVError) -> SocketAddress {
    try requireOpen(operation)
    let (status, path) = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
      // libuv looks at the first byte, also of a name that has none.
      unsafe buffer.initialize(repeating: 0)
      var length = buffer.count
      let status = unsafe get(pipe, buffer.baseAddress!, &length)
      guard status == 0 else { return (status, "") }
      return unsafe (status, String(decoding: UnsafeRawBufferPointer(buffer)[..<length], as: UTF8.self))
    }
    try UVError.check(status, operation)
    guard let address = SocketAddress(unixPath: path) else {
      throw UVError.addressNotAvailable.during(operation)
    }
    return address
  }
}

/// Takes connections as ``Pipe``.
private final class PipeAcceptor: Acceptor {
  private let onConnection: (Pipe) throws(UVError) -> Void

  init(
    _ origin: Origin,
    _ onConnection: @escaping (Pipe) throws(UVError) -> Void,
    _ onClosed: ((Pipe) -> Void)?
  ) {
    self.onConnection = onConnection
    super.init(origin, StreamPool(of: Pipe.self, onClosed))
  }

  override func accept(from listening: Stream) -> UVError? { take(from: listening, onConnection) }
}
