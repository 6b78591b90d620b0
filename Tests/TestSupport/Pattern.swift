public import Libuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Bytes that depend on their position, so that a byte that is lost, doubled or out of order shows.
///
/// The period is a prime number, so that no shift by a buffer's or chunk's size maps it to itself.
public enum Pattern {
  private static let period = 65521

  private static let table: [UInt8] = {
    var state: UInt32 = 0x9E37_79B9
    return (0..<period).map { _ in
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(truncatingIfNeeded: state)
    }
  }()

  /// The bytes at these positions.
  public static func bytes(_ positions: Range<Int>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(positions.count)
    var position = positions.lowerBound
    while position < positions.upperBound {
      let start = position % period
      let end = min(period, start + positions.upperBound - position)
      bytes += table[start..<end]
      position += end - start
    }
    return bytes
  }

  /// The first bytes.
  public static func bytes(_ count: Int) -> [UInt8] { bytes(0..<count) }

  /// Whether these are the bytes from `position` on.
  public static func matches(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Bool {
    table.withUnsafeBytes { table in
      var done = 0
      while done < bytes.count {
        let start = (position + done) % period
        let count = min(period - start, bytes.count - done)
        guard memcmp(table.baseAddress! + start, bytes.baseAddress! + done, count) == 0 else { return false }
        done += count
      }
      return true
    }
  }

  /// Whether these are the bytes from `position` on.
  public static func matches(_ bytes: [UInt8], at position: Int = 0) -> Bool {
    bytes.withUnsafeBytes { matches($0, at: position) }
  }
}

extension [UInt8] {
  /// Equality, also fast in a debug build.
  public func isSame(as other: [UInt8]) -> Bool {
    guard count == other.count, !isEmpty else { return count == other.count }
    return withUnsafeBytes { left in
      other.withUnsafeBytes { right in memcmp(left.baseAddress!, right.baseAddress!, count) == 0 }
    }
  }
}

/// Reads a stream to its end, and holds what it reads against the ``Pattern``.
public final class PatternReader {
  /// How many bytes have come.
  public private(set) var count = 0
  /// Whether each byte was the right one for its position.
  public private(set) var isIntact = true
  /// Whether the end has come.
  public private(set) var isEnded = false
  /// What reading failed with.
  public private(set) var failure: UVError?

  /// Starts to read.
  ///
  /// - Parameter closesAtEnd: whether the stream is closed at its end.
  public init(_ stream: Stream, closesAtEnd: Bool = true) throws(UVError) {
    try stream.read { [self] stream, event throws(UVError) in
      switch event {
      case .bytes(let bytes):
        bytes.withUnsafeBytes { isIntact = isIntact && Pattern.matches($0, at: count) }
        count += bytes.byteCount
      case .end:
        isEnded = true
        if closesAtEnd { stream.close() }
      case .failure(let error):
        failure = error
      }
    }
  }
}

extension Stream {
  /// Writes the ``Pattern`` until the stream is above its high-water mark, and tells how many bytes that took.
  public func fill() throws(UVError) -> Int {
    var count = 0
    var isAbove = false
    while !isAbove {
      isAbove = try write(Pattern.bytes(count..<count + 32768))
      count += 32768
    }
    return count
  }
}

/// Gathers all that a stream reads.
public final class Collector {
  /// What has come.
  public private(set) var bytes: [UInt8] = []
  /// Whether the end has come.
  public private(set) var isEnded = false
  /// What reading failed with.
  public private(set) var failure: UVError?
  /// How many calls of the handler there were.
  public private(set) var calls = 0

  /// What has come, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Starts to read.
  ///
  /// - Parameter closesAtEnd: whether the stream is closed at its end.
  public init(_ stream: Stream, closesAtEnd: Bool = true) throws(UVError) {
    try stream.read { [self] stream, event throws(UVError) in
      calls += 1
      switch event {
      case .bytes(let span): span.withUnsafeBytes { bytes += $0 }
      case .end:
        isEnded = true
        if closesAtEnd { stream.close() }
      case .failure(let error): failure = error
      }
    }
  }
}
