import CZlib
import Histogram
import Testing

/// Reads the binary form of a histogram, with no code of the side that writes.
struct HistogramReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  private mutating func byte() -> UInt8 {
    defer { position += 1 }
    return bytes[position]
  }

  /// A number with its highest byte first.
  mutating func number(_ byteCount: Int) -> UInt64 {
    (0..<byteCount).reduce(0) { number, _ in number * 256 + UInt64(byte()) }
  }

  /// A number of variable length, with its sign in the lowest bit.
  mutating func zigZag() -> Int64 {
    var bits: UInt64 = 0
    for place in 0..<9 {
      let next = byte()
      guard place < 8, next >= 128 else {
        bits += UInt64(next) << (7 * place)
        break
      }
      bits += UInt64(next - 128) << (7 * place)
    }
    return bits % 2 == 0 ? Int64(bits / 2) : -Int64(bits / 2) - 1
  }
}

/// What a reader gets from the binary form of a histogram.
struct DecodedHistogram {
  let significantDigits: Int
  let lowestDiscernibleValue: UInt64
  let highestTrackableValue: UInt64
  /// The number of values in each bucket.
  private(set) var counts: [UInt64] = []

  init(_ bytes: [UInt8]) throws {
    var reader = HistogramReader(bytes)
    try #require(reader.number(4) == 0x1C84_9313)
    try #require(reader.number(4) == bytes.count - 40)
    try #require(reader.number(4) == 0)
    significantDigits = Int(reader.number(4))
    lowestDiscernibleValue = reader.number(8)
    highestTrackableValue = reader.number(8)
    try #require(Double(bitPattern: reader.number(8)) == 1)
    while !reader.isAtEnd {
      let number = reader.zigZag()
      if number < 0 {
        counts += Array(repeating: 0, count: Int(-number))
      } else {
        counts.append(UInt64(number))
      }
    }
  }

  /// The lowest value of a bucket, by the format's definition.
  private func lowestValue(inBucket index: Int) -> UInt64 {
    // Enough buckets of one unit for values up to twice ten to the power of the digits, in a power of two.
    var half = 1
    while half * 2 < (0..<significantDigits).reduce(2, { number, _ in number * 10 }) { half *= 2 }
    let unit = 63 - lowestDiscernibleValue.leadingZeroBitCount
    guard index >= 2 * half else { return UInt64(index) << unit }
    // Each further half is twice as wide.
    return UInt64(half + index % half) << (unit + index / half - 1)
  }

  /// Whether each bucket's values are where a histogram has them, and as many.
  func matches(_ histogram: Histogram<UInt64>) -> Bool {
    guard counts.reduce(0, +) == histogram.totalCount else { return false }
    return counts.indices.allSatisfy { index in
      counts[index] == 0 || histogram.countForValue(lowestValue(inBucket: index)) == counts[index]
    }
  }
}

/// Takes the header off the compressed form, and unpacks the rest.
func unpack(_ bytes: [UInt8]) throws -> [UInt8] {
  var reader = HistogramReader(bytes)
  try #require(reader.number(4) == 0x1C84_9314)
  try #require(reader.number(4) == bytes.count - 8)
  let packed = Array(bytes[8...])
  var status: Int32 = Z_OK
  let unpacked = [UInt8](unsafeUninitializedCapacity: 1 << 24) { buffer, count in
    var length = uLongf(buffer.count)
    status = uncompress(buffer.baseAddress, &length, packed, uLong(packed.count))
    count = Int(length)
  }
  try #require(status == Z_OK)
  return unpacked
}

/// The bytes of a Base64 text; nil when it is none.
func decodeBase64(_ text: Substring) -> [UInt8]? {
  let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  let values = Dictionary(uniqueKeysWithValues: zip(alphabet, 0...))
  guard text.count % 4 == 0 else { return nil }
  var bytes: [UInt8] = []
  var bits = 0
  for (position, character) in text.enumerated() {
    guard let value = character == "=" ? 0 : values[character] else { return nil }
    bits = bits * 64 + value
    guard position % 4 == 3 else { continue }
    bytes += [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
    bits = 0
  }
  return bytes.dropLast(text.suffix(2).count { $0 == "=" })
}
