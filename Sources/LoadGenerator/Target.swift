public import Libuv

/// A server by its text form: `127.0.0.1:4000`, `[::1]:4000`, `localhost:4000` or `unix:/run/echo.sock`.
public struct Target: Sendable, CustomStringConvertible {
  private enum Place: Sendable {
    case address(SocketAddress)
    case name(String, port: UInt16)
  }

  private let place: Place

  /// The text form.
  public let description: String

  /// Reads the text form.
  ///
  /// - Returns: nil when it is none.
  public init?(_ text: String) {
    description = text
    if let address = SocketAddress(text) {
      guard address.port != 0 else { return nil }
      place = .address(address)
      return
    }
    guard !text.hasPrefix("unix:"), let colon = text.lastIndex(of: ":"), colon != text.startIndex else {
      return nil
    }
    let host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard digits.allSatisfy(\.isNumber), let port = UInt16(digits), port != 0,
      !host.contains(where: { ":[]/ ".contains($0) })
    else { return nil }
    place = .name(String(host), port: port)
  }

  /// Finds the address: of a name's, the first one that takes a connection, or else the first one.
  ///
  /// - Throws: `UVError` when the name has no address, or a loop can't be made.
  public func resolve() throws -> SocketAddress {
    guard case .name(let host, let port) = place else {
      guard case .address(let address) = place else {
        preconditionFailure("a target is an address or a name")
      }
      return address
    }
    let loop = try Loop()
    var outcome: Result<[SocketAddress], UVError> = .failure(.canceled)
    try loop.resolve(host, port: port) { outcome = $0 }
    loop.run()
    let addresses: [SocketAddress]
    do {
      addresses = try outcome.get()
    } catch {
      try loop.close()
      throw error
    }
    let first = addresses.count == 1 ? nil : try Self.firstThatConnects(addresses, loop)
    try loop.close()
    return first ?? addresses[0]
  }

  /// Tries the addresses one after the other, each for at most a second.
  static func firstThatConnects(_ addresses: [SocketAddress], _ loop: Loop) throws -> SocketAddress? {
    for address in addresses {
      let stream = try TCP(loop)
      let deadline = try Timer(loop)
      var connects = false
      try deadline.start(after: .seconds(1)) { _ in stream.close() }
      stream.whenClosed { deadline.close() }
      do {
        try stream.connect(to: address) { error in
          connects = error == nil
          stream.close()
        }
      } catch {
        // Such as an IPv6 address on a machine without IPv6.
        stream.close()
      }
      loop.run()
      if connects { return address }
    }
    return nil
  }
}
