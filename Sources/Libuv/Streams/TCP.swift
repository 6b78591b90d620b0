internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A TCP connection, or the socket that listens for connections. The libuv type is `uv_tcp_t`.
public final class TCP: Stream, AcceptedStream {
  private var tcp: UnsafeMutablePointer<uv_tcp_t> {
    unsafe pointer.assumingMemoryBound(to: uv_tcp_t.self)
  }

  /// Makes a handle without a socket: bind or connect it, or let it adopt a descriptor. The libuv function is
  /// `uv_tcp_init`, which never fails here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public convenience init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try self.init(loop, origin: Origin(file, line))
  }

  init(_ loop: Loop, origin: Origin) throws(UVError) {
    let pointer = unsafe loop.pointer
    try unsafe super.init(loop, size: MemoryLayout<uv_tcp_t>.size, operation: "tcp", origin: origin) { tcp in
      unsafe uv_tcp_init(pointer, tcp.assumingMemoryBound(to: uv_tcp_t.self))
    }
  }

  func initializeHandle() -> Int32 { unsafe uv_tcp_init(loop.pointer, tcp) }

  /// Adopts a connected or bound socket, which from then on is the handle's to close. The libuv function is
  /// `uv_tcp_open`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, ``UVError/busy`` when it has a socket,
  ///   ``UVError/fileExists`` when the descriptor is another handle's. The descriptor then stays the caller's.
  public func adopt(descriptor: Int32) throws(UVError) {
    try requireOpen("open")
    try UVError.check(unsafe uv_tcp_open(tcp, descriptor), "open")
  }

  // MARK: Listening

  /// Binds to an address of this machine. The libuv function is `uv_tcp_bind`.
  ///
  /// That the address is taken may show only when it listens or connects, as libuv does it.
  ///
  /// - Parameters:
  ///   - address: an IPv4 or IPv6 address; port 0 lets the system choose one.
  ///   - ipv6Only: whether an IPv6 wildcard address leaves IPv4 to others.
  /// - Throws: ``UVError/badHandle``, ``UVError/permissionDenied``, ``UVError/addressNotAvailable``, and
  ///   ``UVError/invalidArgument`` for the path of a Unix socket.
  public func bind(to address: SocketAddress, ipv6Only: Bool = false) throws(UVError) {
    try requireOpen("bind")
    // libuv refuses the flag for an IPv4 address, for which it says nothing.
    let flags = ipv6Only && address.family == .ipv6 ? UV_TCP_IPV6ONLY.rawValue : 0
    let status = unsafe address.withSocketAddress { unsafe uv_tcp_bind(tcp, $0, flags) }
    guard let status else { throw UVError.invalidArgument.during("bind") }
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
  ///     reset, and the listener's ``Listener/onEvent`` told.
  ///   - onClosed: gets each connection that `onConnection` has got when it is closed, whoever has closed it, after its own
  ///     completions.
  /// - Returns: the listener, to pause or close it. It lives as long as the stream is open; it need not be kept.
  /// - Throws: ``UVError/badHandle``, ``UVError/addressInUse``, ``UVError/permissionDenied``, and
  ///   ``UVError/tooManyOpenFiles`` when the process has no room for connections.
  @discardableResult
  public func listen(
    backlog: Int = 4096,
    file: StaticString = #fileID,
    line: UInt = #line,
    onConnection: @escaping (TCP) throws(UVError) -> Void,
    onClosed: ((TCP) -> Void)? = nil
  ) throws(UVError) -> Listener {
    try listen(backlog: backlog, TCPAcceptor(Origin(file, line), onConnection, onClosed))
  }

  // MARK: Connecting

  /// Chooses this side's address of a connection that is to be made, and leaves its port to
  /// ``connect(to:then:)``, so that connections to different destinations can share a port.
  ///
  /// An address has some 28,000 ports for connections on Linux. After ``bind(to:ipv6Only:)`` each of them serves
  /// one connection, after this one connection for each destination. On other systems the port is chosen here.
  /// libuv has no function for it: this makes a socket with `IP_BIND_ADDRESS_NO_PORT`, for `uv_tcp_open`.
  ///
  /// - Parameter address: an IPv4 or IPv6 address of this machine with port 0; another port is bound at once.
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, ``UVError/busy`` when it has a socket,
  ///   ``UVError/addressNotAvailable``, ``UVError/addressInUse``, ``UVError/tooManyOpenFiles``, and
  ///   ``UVError/invalidArgument`` for the path of a Unix socket. The handle is then as it was.
  public func bind(source address: SocketAddress) throws(UVError) {
    try requireOpen("bind")
    guard address.family != .unix else { throw UVError.invalidArgument.during("bind") }
    guard descriptor == nil else { throw UVError.busy.during("bind") }
    let descriptor = try UVError.check(makeSocket(boundTo: address), "bind")
    let status = unsafe uv_tcp_open(tcp, descriptor)
    if status != 0 { Descriptors.close(descriptor) }
    try UVError.check(status, "bind")
    flow.awaitsConnect = true
  }

  /// Connects to an address. The libuv function is `uv_tcp_connect`.
  ///
  /// Writes may be made at once: they are queued until it is connected. Reading begins after that.
  ///
  /// - Parameters:
  ///   - address: an IPv4 or IPv6 address.
  ///   - handler: called once: with nil when it is connected; with ``UVError/connectionRefused``,
  ///     ``UVError/timedOut`` or another error when not, and the stream then closes; with ``UVError/canceled`` when
  ///     it was closed before.
  /// - Throws: what shows at once, such as ``UVError/badHandle``, ``UVError/alreadyConnected``,
  ///   ``UVError/networkUnreachable``, and ``UVError/invalidArgument`` for the path of a Unix socket and for a
  ///   stream that listens. The stream stays open, and the handler isn't called.
  public func connect(
    to address: SocketAddress,
    then handler: @escaping (UVError?) -> Void
  ) throws(UVError) {
    try requireOpen("connect")
    try unsafe beginConnecting(handler) { request in
      // The system may take a second connect for a look at the first one.
      guard (try? remoteAddress) == nil else { return UV_EISCONN.rawValue }
      return unsafe address.withSocketAddress { address in
        unsafe uv_tcp_connect(request, tcp, address) { request, status in
          unsafe Stream.didConnect(request!, status)
        }
      } ?? UV_EINVAL.rawValue
    }
  }

  // MARK: Options

  /// Turns Nagle's algorithm off (true) or on (false): whether small writes go out at once. Connections that a
  /// listener accepts have its setting. The libuv function is `uv_tcp_nodelay`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, and what the system gives.
  public func setNoDelay(_ isOn: Bool) throws(UVError) {
    try requireOpen("nodelay")
    try UVError.check(unsafe uv_tcp_nodelay(tcp, isOn ? 1 : 0), "nodelay")
  }

  /// Turns keep-alive probes on, or off with nil. The libuv function is `uv_tcp_keepalive`.
  ///
  /// - Parameter delay: the idle time before the first probe, in whole seconds of at least one, rounded up.
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, and what the system gives.
  public func setKeepAlive(_ delay: Duration?) throws(UVError) {
    try requireOpen("keepalive")
    let seconds = delay.map { UInt32(clamping: max(1, ($0.wholeMilliseconds + 999) / 1000)) }
    try UVError.check(unsafe uv_tcp_keepalive(tcp, seconds == nil ? 0 : 1, seconds ?? 0), "keepalive")
  }

  // MARK: Addresses

  /// This side's address. The libuv function is `uv_tcp_getsockname`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, or has no socket yet.
  public var localAddress: SocketAddress {
    get throws(UVError) { try unsafe address("getsockname", uv_tcp_getsockname) }
  }

  /// The peer's address. The libuv function is `uv_tcp_getpeername`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, or has no socket yet; ``UVError/notConnected``.
  public var remoteAddress: SocketAddress {
    get throws(UVError) { try unsafe address("getpeername", uv_tcp_getpeername) }
  }

  private func address(
    _ operation: StaticString,
    _ get: (UnsafePointer<uv_tcp_t>, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32
  ) throws(UVError) -> SocketAddress {
    try requireOpen(operation)
    var storage = sockaddr_storage()
    var length = Int32(MemoryLayout.size(ofValue: storage))
    let (status, address) = unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      let address = unsafe bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      let status = unsafe get(tcp, address, &length)
      return unsafe (status, status == 0 ? SocketAddress(address) : nil)
    }
    try UVError.check(status, operation)
    guard let address else { throw UVError.addressFamilyNotSupported.during(operation) }
    return address
  }

  // MARK: Closing

  /// Closes the connection with a reset, which throws away what is on its way in either direction. The libuv
  /// function is `uv_tcp_close_reset`.
  ///
  /// While ``Stream/shutdown(_:)`` is under way the system does not allow a reset: it is closed plainly then.
  ///
  /// - Parameter completion: called when the connection is closed, at once if it is closed already.
  public override func closeReset(_ completion: (() -> Void)? = nil) {
    if let completion { whenClosed(completion) }
    guard beginClosing() else { return }
    guard unsafe uv_tcp_close_reset(tcp, { unsafe Handle.didClose($0!) }) != 0 else { return }
    unsafe uv_close(handle) { unsafe Handle.didClose($0!) }
  }
}

/// Takes connections as ``TCP``.
final class TCPAcceptor: Acceptor {
  private let onConnection: (TCP) throws(UVError) -> Void

  init(
    _ origin: Origin,
    _ onConnection: @escaping (TCP) throws(UVError) -> Void,
    _ onClosed: ((TCP) -> Void)?
  ) {
    self.onConnection = onConnection
    super.init(origin, StreamPool(of: TCP.self, onClosed))
  }

  override func accept(from listening: Stream) -> UVError? { take(from: listening, onConnection) }
}

/// Makes a socket that is bound to an internet address, if it has port 0 without a port.
///
/// - Returns: the descriptor, or libuv's code of what failed.
private func makeSocket(boundTo address: SocketAddress) -> Int32 {
  #if canImport(Glibc)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
  #elseif canImport(Musl)
    let type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
  #else
    let type = SOCK_STREAM
  #endif
  let isIPv6 = address.family == .ipv6
  let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
  guard descriptor >= 0 else { return uv_translate_sys_error(errno) }
  var isOn: Int32 = 1
  let size = socklen_t(MemoryLayout.size(ofValue: isOn))
  #if os(Linux)
    // Where the kernel doesn't know it, the port is chosen here, as everywhere else.
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &isOn, size)
  #else
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  #endif
  // libuv sets it, too.
  var status = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, size)
  if status == 0 {
    let length = socklen_t(isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    status = unsafe address.withSocketAddress { unsafe bind(descriptor, $0, length) } ?? -1
  }
  guard status != 0 else { return descriptor }
  let error = uv_translate_sys_error(errno)
  Descriptors.close(descriptor)
  return error
}
