internal import Glibc

/// A client on plain system calls: no code of this package is in it that could hide its own mistakes.
///
/// Everything that waits has a deadline, and throws ``SocketFailure`` when it is over.
public final class RawClient {
  private static let deadline: Duration = .seconds(60)

  /// -1 when it is closed.
  private var descriptor: Int32

  // MARK: Connecting

  /// Connects over TCP.
  ///
  /// - Parameters:
  ///   - source: the own address; the system's choice if nil.
  ///   - receiveBuffer: how many bytes the kernel may hold that were not received yet.
  ///   - sendBuffer: how many bytes the kernel may hold that the peer has not taken yet.
  ///   - segmentSize: the size of a TCP segment; small ones keep the peer's send buffer small too.
  public init(
    host: String = "127.0.0.1",
    port: UInt16,
    from source: String? = nil,
    receiveBuffer: Int32? = nil,
    sendBuffer: Int32? = nil,
    segmentSize: Int32? = nil
  ) throws {
    let isIPv6 = host.contains(":")
    descriptor = try Self.socket(isIPv6 ? AF_INET6 : AF_INET)
    do {
      if let receiveBuffer { try setOption(SO_RCVBUF, receiveBuffer) }
      if let sendBuffer { try setOption(SO_SNDBUF, sendBuffer) }
      if let segmentSize { try setOption(TCP_MAXSEG, segmentSize, level: Int32(IPPROTO_TCP)) }
      if let source {
        try Self.withAddress(host: source, port: 0) { try check(bind(descriptor, $0, $1), "bind") }
      }
      if isIPv6 {
        try Self.withIPv6Address(host: host, port: port) { try connect($0, $1) }
      } else {
        try Self.withAddress(host: host, port: port) { try connect($0, $1) }
      }
    } catch {
      close()
      throw error
    }
  }

  /// Connects to a Unix socket.
  public init(path: String) throws {
    descriptor = try Self.socket(AF_UNIX)
    do {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      try Self.withGenericAddress(of: &address) { try connect($0, $1) }
    } catch {
      close()
      throw error
    }
  }

  deinit { close() }

  private static func socket(_ family: Int32) throws -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = Glibc.socket(family, Int32(type), 0)
    guard descriptor >= 0 else { throw SocketFailure("socket", errno) }
    return descriptor
  }

  private func setOption(_ option: Int32, _ value: Int32, level: Int32 = SOL_SOCKET) throws {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    try check(setsockopt(descriptor, level, option, &value, length), "setsockopt")
  }

  private func connect(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) throws {
    guard Glibc.connect(descriptor, address, length) != 0 else { return }
    guard errno == EINPROGRESS else { throw SocketFailure("connect", errno) }
    try wait(for: POLLOUT, until: .now + Self.deadline, "connect")
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    try check(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length), "getsockopt")
    guard error == 0 else { throw SocketFailure("connect", error) }
  }

  private static func withAddress(
    host: String,
    port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
  ) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { throw SocketFailure("address", EINVAL) }
    try withGenericAddress(of: &address, body)
  }

  private static func withIPv6Address(
    host: String,
    port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
  ) throws {
    // By its bytes: libuv's header has the structure too, and which module its members belong to depends on what else
    // the compiler has read before.
    var address = [UInt8](repeating: 0, count: 28)
    try address.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: sa_family_t(AF_INET6), as: sa_family_t.self)
      bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
      guard inet_pton(AF_INET6, host, bytes.baseAddress! + 8) == 1 else {
        throw SocketFailure("address", EINVAL)
      }
      try body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }

  private static func withGenericAddress<Address>(
    of address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
  ) throws {
    try withUnsafeBytes(of: &address) { bytes in
      try body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }

  // MARK: Sending

  /// Sends what the kernel takes now.
  ///
  /// - Returns: how many bytes; 0 when it takes none.
  public func sendWhatFits(_ bytes: ArraySlice<UInt8>) throws -> Int {
    let count = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 { return count }
    guard errno == EAGAIN else { throw SocketFailure("send", errno) }
    return 0
  }

  /// Sends all.
  public func send(_ bytes: [UInt8]) throws {
    let end = ContinuousClock.now + Self.deadline
    var rest = bytes[...]
    while !rest.isEmpty {
      rest = rest.dropFirst(try sendWhatFits(rest))
      if !rest.isEmpty { try wait(for: POLLOUT, until: end, "send") }
    }
  }

  /// Sends a string as UTF-8.
  public func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Ends the sending side: the server sees the end of its input.
  public func endSending() throws {
    try check(Glibc.shutdown(descriptor, Int32(SHUT_WR)), "shutdown")
  }

  // MARK: Receiving

  /// Receives what is there, and appends it to `received`.
  ///
  /// - Returns: false at the end.
  public func receiveWhatIsThere(into received: inout [UInt8], atMost limit: Int = 65536) throws -> Bool {
    try withUnsafeTemporaryAllocation(byteCount: min(limit, 65536), alignment: 16) { buffer in
      let count = Glibc.recv(descriptor, buffer.baseAddress, buffer.count, 0)
      guard count >= 0 else {
        guard errno == EAGAIN else { throw SocketFailure("receive", errno) }
        return true
      }
      received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return count > 0
    }
  }

  /// Receives exactly so many bytes; an earlier end is an error.
  public func receive(_ count: Int) throws -> [UInt8] {
    let end = ContinuousClock.now + Self.deadline
    var received: [UInt8] = []
    while received.count < count {
      try wait(for: POLLIN, until: end, "receive")
      guard try receiveWhatIsThere(into: &received, atMost: count - received.count) else {
        throw SocketFailure.endedEarly
      }
    }
    return received
  }

  /// Receives until the server's end; a reset is an error.
  public func receiveToEnd() throws -> [UInt8] {
    let end = ContinuousClock.now + Self.deadline
    var received: [UInt8] = []
    repeat {
      try wait(for: POLLIN, until: end, "receive")
    } while try receiveWhatIsThere(into: &received)
    return received
  }

  /// Whether something to receive, or the end, comes within a time.
  public func hasInput(within milliseconds: Int32 = 0) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&request, 1, milliseconds) > 0
  }

  // MARK: Both

  /// Sends a text and receives as many bytes.
  public func echo(_ text: String) throws -> String {
    try send(text)
    return String(decoding: try receive(text.utf8.count), as: UTF8.self)
  }

  /// Sends pieces one by one while it receives what comes, ends the sending side, and receives until the end.
  public func exchange(_ pieces: [ArraySlice<UInt8>]) throws -> [UInt8] {
    let end = ContinuousClock.now + Self.deadline
    var received: [UInt8] = []
    for var piece in pieces {
      while !piece.isEmpty {
        try wait(for: POLLIN | POLLOUT, until: end, "exchange")
        piece = piece.dropFirst(try sendWhatFits(piece))
        guard try receiveWhatIsThere(into: &received) else { throw SocketFailure.endedEarly }
      }
    }
    try endSending()
    return try received + receiveToEnd()
  }

  private func wait(for events: Int32, until end: ContinuousClock.Instant, _ operation: String) throws {
    let (seconds, attoseconds) = (end - .now).components
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let milliseconds = max(0, seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    guard poll(&request, 1, Int32(clamping: milliseconds)) > 0 else {
      throw SocketFailure(operation, ETIMEDOUT)
    }
  }

  // MARK: Ending

  /// Closes the connection.
  public func close() {
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    descriptor = -1
  }

  /// Closes the connection with a reset (SO_LINGER of zero).
  public func reset() throws {
    var linger = linger(l_onoff: 1, l_linger: 0)
    let length = socklen_t(MemoryLayout.size(ofValue: linger))
    try check(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, length), "setsockopt")
    close()
  }

  private func check(_ status: Int32, _ operation: String) throws {
    guard status == 0 else { throw SocketFailure(operation, errno) }
  }
}

/// What a ``RawClient`` failed with.
public struct SocketFailure: Error, Equatable, CustomStringConvertible {
  /// What was being done.
  public let operation: String
  /// The system's `errno`; 0 for an end that came too early.
  public let code: Int32

  init(_ operation: String, _ code: Int32) {
    self.operation = operation
    self.code = code
  }

  static let endedEarly = SocketFailure("receive", 0)

  /// Whether the peer has reset the connection.
  public var isReset: Bool { code == ECONNRESET }

  /// Operation and reason.
  public var description: String {
    "\(operation): \(code == 0 ? "the peer ended too early" : String(cString: strerror(code)))"
  }
}
