public import Libuv
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A connected socket that libuv does not know: for peers that reset, don't read, or send byte by byte.
public final class RawSocket {
  /// What a look at the socket brought.
  public enum Received: Equatable, Sendable {
    case bytes([UInt8])
    /// The peer has ended its side.
    case end
    /// The peer has reset the connection.
    case reset
    /// Nothing has come.
    case nothing
  }

  /// The file descriptor; -1 when closed or released.
  public private(set) var descriptor: Int32

  /// Connects, and waits until that is done: a listener's backlog suffices.
  ///
  /// - Parameter receiveBuffer: how much the kernel may hold of what isn't read.
  public init(to address: SocketAddress, receiveBuffer: Int? = nil) throws {
    let family = address.family == .unix ? AF_UNIX : AF_INET
    #if canImport(Glibc)
      descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    #else
      descriptor = socket(family, SOCK_STREAM, 0)
    #endif
    try #require(descriptor >= 0)
    var deadline = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    if let receiveBuffer { setOption(SOL_SOCKET, SO_RCVBUF, Int32(receiveBuffer)) }
    let status =
      if let path = address.unixPath { Self.connect(descriptor, path) } else {
        Self.connect(descriptor, address.host, address.port ?? 0)
      }
    try #require(status == 0, "connects to \(address)")
  }

  private static func connect(_ descriptor: Int32, _ host: String, _ port: UInt16) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    inet_pton(AF_INET, host, &address.sin_addr)
    return connect(descriptor, &address)
  }

  private static func connect(_ descriptor: Int32, _ path: String) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return connect(descriptor, &address)
  }

  private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
    withUnsafeBytes(of: &address) { bytes in
      systemConnect(
        descriptor,
        bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
        socklen_t(bytes.count)
      )
    }
  }

  deinit { close() }

  /// Sends all the bytes, waiting for room; false when the peer is gone, or there is no room for long.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        systemSend(descriptor, bytes.baseAddress! + sent, bytes.count - sent, noSignal)
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Whether a reset has come.
  public var hasBeenReset: Bool {
    var state = pollfd(fd: descriptor, events: 0, revents: 0)
    return poll(&state, 1, 0) > 0 && state.revents & Int16(POLLERR) != 0
  }

  /// Sends what there is room for, and tells how many bytes that was.
  public func sendWithoutWaiting(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBytes { bytes in
      max(0, systemSend(descriptor, bytes.baseAddress!, bytes.count, noSignal | Int32(MSG_DONTWAIT)))
    }
  }

  /// Takes what has come, without waiting.
  public func receive(_ limit: Int = 65536) -> Received {
    var count = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, length in
      count = recv(descriptor, buffer.baseAddress!, buffer.count, Int32(MSG_DONTWAIT))
      length = max(0, count)
    }
    if count > 0 { return .bytes(bytes) }
    if count == 0 { return .end }
    return errno == EAGAIN ? .nothing : .reset
  }

  /// Takes everything up to the end or the reset, while the loop runs.
  public func receiveAll(_ loop: Loop) throws -> (bytes: [UInt8], end: Received) {
    var all: [UInt8] = []
    var end: Received?
    try run(loop) {
      while end == nil {
        switch receive() {
        case .bytes(let bytes): all += bytes
        case .nothing: return false
        case let other: end = other
        }
      }
      return true
    }
    return (all, try #require(end))
  }

  /// Ends the sending side: the peer sees the end of its input.
  public func endSending() {
    #if canImport(Glibc)
      shutdown(descriptor, Int32(SHUT_WR))
    #else
      shutdown(descriptor, SHUT_WR)
    #endif
  }

  /// Closes the socket with a reset.
  ///
  /// - Parameter peer: the stream at the other end, if the reset has to have come there on return. On a machine that is busy
  ///   it may take its time, also on loopback.
  public func reset(reaching peer: Libuv.Stream? = nil) {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    close()
    guard let descriptor = peer?.descriptor else { return }
    var state = pollfd(fd: descriptor, events: 0, revents: 0)
    if poll(&state, 1, 30_000) != 1 { Issue.record("the reset has not come") }
  }

  /// Closes the socket.
  public func close() {
    closeDescriptor(release())
  }

  /// Gives the descriptor away, open.
  public func release() -> Int32 {
    defer { descriptor = -1 }
    return descriptor
  }

  private func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
    setSocketOption(descriptor, level, name, value)
  }
}

private let noSignal = Int32(MSG_NOSIGNAL)

private func systemConnect(
  _ descriptor: Int32,
  _ address: UnsafePointer<sockaddr>,
  _ length: socklen_t
) -> Int32 {
  connect(descriptor, address, length)
}

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int, _ flags: Int32) -> Int {
  send(descriptor, bytes, count, flags)
}

extension Stream {
  /// Keeps the kernel from holding much more than this for the stream, in either direction.
  public func limitKernelBuffers(to size: Int32 = 20_000) throws {
    let descriptor = try #require(descriptor)
    setSocketOption(descriptor, SOL_SOCKET, SO_SNDBUF, size)
    setSocketOption(descriptor, SOL_SOCKET, SO_RCVBUF, size)
  }
}

/// Closes a descriptor that no stream and no ``RawSocket`` owns; nothing for a negative one.
public func closeDescriptor(_ descriptor: Int32) {
  if descriptor >= 0 { close(descriptor) }
}

/// Sets a whole-number option of a socket.
public func setSocketOption(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
  var value = value
  let status = setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
  #expect(status == 0)
}

/// A whole-number option of a socket; nil when it can't be had.
public func socketOption(_ descriptor: Int32, _ level: Int32, _ name: Int32) -> Int32? {
  var value: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : nil
}
