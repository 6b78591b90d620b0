public import Libuv

/// The addresses that connections are made from: a range of IPv4 addresses, such as `127.0.0.0/16`.
///
/// A system has about 28,000 ports for the connections from one address to one server; a range has so many for each
/// of its addresses.
public struct SourceAddresses: Sendable, Hashable, CustomStringConvertible {
  private let base: UInt32
  private let prefixLength: Int

  /// Reads `127.0.0.0/16`, or a single address.
  ///
  /// - Returns: nil when the text is no IPv4 range, or leaves no address.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    let octets = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard octets.count == 4, SocketAddress(host: String(parts[0]), port: 0)?.family == .ipv4 else {
      return nil
    }
    var prefixLength = 32
    if parts.count == 2 {
      guard let length = Int(parts[1]), (0...32).contains(length), !parts[1].hasPrefix("+") else {
        return nil
      }
      prefixLength = length
    }
    let address = octets.reduce(UInt32(0)) { $0 << 8 | UInt32($1 ?? 0) }
    let mask: UInt32 = prefixLength == 0 ? 0 : ~0 << UInt32(32 - prefixLength)
    base = address & mask
    self.prefixLength = prefixLength
  }

  /// How many addresses there are, without the first and last ones, which name the network and all of its hosts.
  public var count: Int {
    prefixLength >= 31 ? 1 << (32 - prefixLength) : (1 << (32 - prefixLength)) - 2
  }

  /// One of the addresses, without a port; beyond the last one comes the first one again.
  public subscript(index: Int) -> SocketAddress {
    let first = prefixLength >= 31 ? 0 : 1
    let number = base &+ UInt32(truncatingIfNeeded: first + index % count)
    let octets = [24, 16, 8, 0].map { String(number >> UInt32($0) & 255) }
    return SocketAddress(host: octets.joined(separator: "."), port: 0)!
  }

  /// The range: `127.0.0.0/16`.
  public var description: String {
    let octets = [24, 16, 8, 0].map { String(base >> UInt32($0) & 255) }
    return "\(octets.joined(separator: "."))/\(prefixLength)"
  }
}
