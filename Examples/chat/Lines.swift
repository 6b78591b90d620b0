/// Makes lines of the bytes that come, in whatever pieces.
struct Lines {
  /// Somebody sends bytes without an end of line.
  struct TooLong: Error {}

  /// How many bytes a line may have.
  static let limit = 1024

  private var bytes: [UInt8] = []

  mutating func append(_ piece: [UInt8]) { bytes += piece }

  /// The next whole line, without its end; nil when there is none yet. What isn't UTF-8 is replaced.
  mutating func next() throws -> String? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
      guard bytes.count <= Self.limit else { throw TooLong() }
      return nil
    }
    guard end <= Self.limit else { throw TooLong() }
    let line = bytes[..<end]
    bytes.removeSubrange(...end)
    return String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }
}
