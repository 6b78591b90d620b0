internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Where a stream listens or connects to: an IPv4 or IPv6 address with a port, or the path of a Unix socket.
///
/// The text form is `127.0.0.1:4000`, `[::1]:4000`, `[fe80::1%2]:4000` or `unix:/run/echo.sock`;
/// ``init(_:)-(StringProtocol)`` reads what ``description`` writes.
public struct SocketAddress: Hashable, Sendable {
  /// The kinds of address.
  public enum Family: Hashable, Sendable {
    /// IPv4.
    case ipv4
    /// IPv6.
    case ipv6
    /// A Unix domain socket.
    case unix
  }

  private enum Storage: Hashable, Sendable {
    /// The address in network byte order, as it stands in memory.
    case ipv4(UInt32, port: UInt16)
    /// Both halves in network byte order, as they stand in memory.
    case ipv6(UInt64, UInt64, port: UInt16, scope: UInt32)
    /// The path's bytes: strings that are equal to a reader can be different paths.
    case unix([UInt8])
  }

  private let storage: Storage

  private init(_ storage: Storage) { self.storage = storage }

  // MARK: Making

  /// An address from its number and a port: `("127.0.0.1", 4000)`, `("::1", 4000)`, `("fe80::1%eth0", 4000)`.
  /// The libuv functions are `uv_ip4_addr` and `uv_ip6_addr`. Names are for ``Loop/resolve(_:port:then:)``.
  ///
  /// - Returns: nil when `host` is not a number in either form.
  public init?(host: String, port: UInt16) {
    // libuv takes C strings: a zero byte would hide the rest.
    guard !host.utf8.contains(0) else { return nil }
    var ipv4 = sockaddr_in()
    if unsafe uv_ip4_addr(host, Int32(port), &ipv4) == 0 {
      self.init(.ipv4(ipv4.sin_addr.s_addr, port: port))
      return
    }
    let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    var ipv6 = sockaddr_in6()
    guard let address = parts.first, unsafe uv_ip6_addr(String(address), Int32(port), &ipv6) == 0 else {
      return nil
    }
    if parts.count == 2 {
      // Not uv_ip6_addr: on Unix it takes no number, and leaves out what it doesn't know.
      guard let scope = Self.scope(parts[1]) else { return nil }
      ipv6.sin6_scope_id = scope
    }
    self.init(ipv6)
  }

  /// The number of an interface, from itself or the interface's name.
  private static func scope(_ text: Substring) -> UInt32? {
    if isNumber(text) { return UInt32(text) }
    let index = unsafe if_nametoindex(String(text))
    return index == 0 ? nil : index
  }

  /// Whether there are only digits: integers take a sign, too.
  private static func isNumber(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// The address of a Unix domain socket.
  ///
  /// - Parameter path: the socket's path in the file system.
  /// - Returns: nil when the path is empty, has a zero byte or is too long for the system (107 bytes on Linux).
  public init?(unixPath path: String) {
    let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
    guard !path.isEmpty, path.utf8.count < capacity, !path.utf8.contains(0) else { return nil }
    self.init(.unix(Array(path.utf8)))
  }

  /// Reads the text form: `127.0.0.1:4000`, `[::1]:4000` or `unix:/run/echo.sock`.
  ///
  /// - Returns: nil when the text is none of these.
  public init?(_ text: some StringProtocol) {
    if text.utf8.starts(with: "unix:".utf8) {
      self.init(unixPath: String(decoding: text.utf8.dropFirst("unix:".utf8.count), as: UTF8.self))
      return
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    guard Self.isNumber(digits), let port = UInt16(digits) else { return nil }
    let host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let address = SocketAddress(host: String(host.dropFirst().dropLast()), port: port),
        address.family == .ipv6
      else { return nil }
      self = address
    } else {
      guard let address = SocketAddress(host: String(host), port: port), address.family == .ipv4 else {
        return nil
      }
      self = address
    }
  }

  // MARK: Parts

  /// The kind of address.
  public var family: Family {
    switch storage {
    case .ipv4: .ipv4
    case .ipv6: .ipv6
    case .unix: .unix
    }
  }

  /// The port; nil for a Unix socket.
  public var port: UInt16? {
    switch storage {
    case .ipv4(_, let port), .ipv6(_, _, let port, _): port
    case .unix: nil
    }
  }

  /// The same address with another port; a Unix socket's address is returned as it is.
  public func with(port: UInt16) -> SocketAddress {
    switch storage {
    case .ipv4(let address, _): SocketAddress(.ipv4(address, port: port))
    case .ipv6(let high, let low, _, let scope): SocketAddress(.ipv6(high, low, port: port, scope: scope))
    case .unix: self
    }
  }

  /// The path of a Unix socket; nil for the other kinds.
  public var unixPath: String? {
    if case .unix(let path) = storage { String(decoding: path, as: UTF8.self) } else { nil }
  }

  /// The address without its port, such as `127.0.0.1` or `fe80::1%2`; a Unix socket's path. The libuv
  /// function is `uv_inet_ntop`.
  public var host: String {
    switch storage {
    case .ipv4(let address, _):
      return Self.text(AF_INET, address)
    case .ipv6(let high, let low, _, let scope):
      let address = Self.text(AF_INET6, (high, low))
      return scope == 0 ? address : "\(address)%\(scope)"
    case .unix(let path):
      return String(decoding: path, as: UTF8.self)
    }
  }

  private static func text<Address>(_ family: Int32, _ address: Address) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      let status = unsafe withUnsafePointer(to: address) { address in
        unsafe uv_inet_ntop(family, address, buffer.baseAddress!, buffer.count)
      }
      precondition(status == 0, "an address always has a text form")
      return unsafe String(cString: buffer.baseAddress!)
    }
  }

  // MARK: The C side

  private init(_ ipv6: sockaddr_in6) {
    let halves = unsafe unsafeBitCast(ipv6.sin6_addr, to: (UInt64, UInt64).self)
    self.init(
      .ipv6(
        halves.0,
        halves.1,
        port: UInt16(bigEndian: ipv6.sin6_port),
        scope: ipv6.sin6_scope_id
      )
    )
  }

  /// Reads an internet address that the system has filled in; nil for another family.
  init?(_ address: UnsafePointer<sockaddr>) {
    switch unsafe Int32(address.pointee.sa_family) {
    case AF_INET:
      let ipv4 = unsafe UnsafeRawPointer(address).load(as: sockaddr_in.self)
      self.init(.ipv4(ipv4.sin_addr.s_addr, port: UInt16(bigEndian: ipv4.sin_port)))
    case AF_INET6:
      self.init(unsafe UnsafeRawPointer(address).load(as: sockaddr_in6.self))
    default:
      return nil
    }
  }

  /// Lends the address in its C form; nil for a Unix socket, which libuv takes as a path.
  func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result? {
    switch storage {
    case .ipv4(let address, let port):
      var ipv4 = sockaddr_in()
      ipv4.sin_family = sa_family_t(AF_INET)
      ipv4.sin_port = port.bigEndian
      ipv4.sin_addr.s_addr = address
      return unsafe withUnsafeBytes(of: &ipv4) {
        unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self))
      }
    case .ipv6(let high, let low, let port, let scope):
      var ipv6 = sockaddr_in6()
      ipv6.sin6_family = sa_family_t(AF_INET6)
      ipv6.sin6_port = port.bigEndian
      unsafe ipv6.sin6_addr = unsafeBitCast((high, low), to: in6_addr.self)
      ipv6.sin6_scope_id = scope
      return unsafe withUnsafeBytes(of: &ipv6) {
        unsafe body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self))
      }
    case .unix:
      return nil
    }
  }
}

extension SocketAddress: CustomStringConvertible, LosslessStringConvertible {
  /// Reads the text form, as the generic initialiser does.
  public init?(_ description: String) {
    self.init(description[...])
  }

  /// The text form: `127.0.0.1:4000`, `[::1]:4000` or `unix:/run/echo.sock`.
  public var description: String {
    switch storage {
    case .ipv4(_, let port): "\(host):\(port)"
    case .ipv6(_, _, let port, _): "[\(host)]:\(port)"
    case .unix: "unix:\(host)"
    }
  }
}

extension SocketAddress: ExpressibleByStringLiteral {
  /// An address written in the source: `"127.0.0.1:4000"`. Traps when the literal is not an address.
  public init(stringLiteral literal: String) {
    guard let address = SocketAddress(literal) else {
      preconditionFailure(
        "\"\(literal)\" is not an address: write 127.0.0.1:4000, [::1]:4000 or unix:/path; names are for resolve"
      )
    }
    self = address
  }
}
