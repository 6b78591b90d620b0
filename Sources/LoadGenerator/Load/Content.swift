#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the clients send: an endless row of bytes that depend on their position, so that a byte that is wrong, lost,
/// doubled or out of order shows.
///
/// Its period is a prime number: no shift by the size of a buffer or of a request maps it to itself. Each client begins
/// at another place, so that a reply to another client shows too.
struct Content {
  static let period = 65521
  /// How many bytes can be had in one piece from any position.
  static let longestPiece = 65536

  private let bytes: [UInt8]

  init() {
    var generator = SeededGenerator(seed: 0x7576)
    let row = (0..<Self.period).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    bytes = row + row + row[..<(Self.longestPiece - Self.period)]
  }

  /// Where a client's row begins.
  static func start(ofClient index: Int) -> Int { index &* 4099 % period }

  /// The position that comes `count` bytes after `position`, counted within the period.
  static func advance(_ position: Int, by count: Int) -> Int {
    let sum = position &+ count
    // The usual case needs no division.
    return sum < period ? sum : sum % period
  }

  /// Lends up to ``longestPiece`` bytes from a position.
  @inline(__always)
  func withPiece<Result, Failure: Error>(
    at position: Int,
    count: Int,
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let all = bytes.span.bytes
    return try body(all.extracting(position..<position &+ count))
  }

  /// Whether `count` bytes of a span, from `offset` on, are those from `position` on.
  @inline(__always)
  func matches(_ span: RawSpan, from offset: Int, count: Int, at position: Int) -> Bool {
    span.extracting(offset..<offset &+ count).withUnsafeBytes { received in
      bytes.withUnsafeBytes { sent in
        memcmp(received.baseAddress!, sent.baseAddress! + position, count) == 0
      }
    }
  }

  /// How many of the `count` bytes from `offset` on are right before the first wrong one.
  func matchingCount(_ span: RawSpan, from offset: Int, count: Int, at position: Int) -> Int {
    (0..<count).first { span.unsafeLoad(fromByteOffset: offset + $0, as: UInt8.self) != bytes[position + $0] }
      ?? count
  }
}
