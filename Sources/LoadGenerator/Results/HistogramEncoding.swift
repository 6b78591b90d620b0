internal import CZlib
internal import Histogram

/// HdrHistogram's second binary format, which its libraries in all languages read.
///
/// All numbers of the header have their highest byte first. What follows are the counts of all buckets up to the one
/// of the highest value, in order, each as short as it goes; a run of empty buckets is one negative number.
enum HistogramEncoding {
  private static let cookie: UInt32 = 0x1c84_9303
  private static let compressedCookie: UInt32 = 0x1c84_9304
  /// Where earlier formats told how long a count is; this format always has one here.
  private static let wordSizeFlag: UInt32 = 0x10

  /// The plain form: header and counts.
  static func encode(_ histogram: Histogram<UInt64>) -> [UInt8] {
    let counts = encodeCounts(of: histogram)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(40 + counts.count)
    bytes.append(highestByteFirst: cookie | wordSizeFlag)
    bytes.append(highestByteFirst: UInt32(counts.count))
    // How far the counts are rotated: not at all.
    bytes.append(highestByteFirst: UInt32(0))
    bytes.append(highestByteFirst: UInt32(histogram.numberOfSignificantValueDigits.rawValue))
    bytes.append(highestByteFirst: histogram.lowestDiscernibleValue)
    // Readers allocate as many buckets as this value needs. A histogram takes values above its nominal limit when
    // the bucket of the limit reaches further.
    bytes.append(highestByteFirst: max(histogram.highestTrackableValue, histogram.max))
    // What a value is multiplied with to become a real number: nothing.
    bytes.append(highestByteFirst: Double(1).bitPattern)
    return bytes + counts
  }

  /// The form of logs: the plain one, compressed, behind a header that tells its length.
  static func encodeCompressed(_ histogram: Histogram<UInt64>) -> [UInt8] {
    let compressed = compress(encode(histogram))
    var bytes: [UInt8] = []
    bytes.append(highestByteFirst: compressedCookie | wordSizeFlag)
    bytes.append(highestByteFirst: UInt32(compressed.count))
    return bytes + compressed
  }

  private static func encodeCounts(of histogram: Histogram<UInt64>) -> [UInt8] {
    var bytes: [UInt8] = []
    var emptyBuckets: Int64 = 0
    // Bucket by bucket: the first value of the next one follows the last value of this one.
    let last = histogram.lowestEquivalentForValue(histogram.maxRecorded)
    var value: UInt64 = 0
    while true {
      let count = histogram.countForValue(value)
      if count == 0 {
        emptyBuckets += 1
      } else {
        bytes.append(emptyBuckets: emptyBuckets)
        emptyBuckets = 0
        // The format knows no larger count.
        bytes.append(zigZag: Int64(clamping: count))
      }
      guard value < last else { break }
      value = histogram.nextNonEquivalentForValue(value)
    }
    // Only an empty histogram ends with an empty bucket: its one for zero.
    bytes.append(emptyBuckets: emptyBuckets)
    return bytes
  }

  private static func compress(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Int(compressBound(uLong(bytes.count)))) { buffer, count in
      var length = uLongf(buffer.count)
      let status = compress2(buffer.baseAddress, &length, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
      precondition(status == Z_OK, "a histogram could not be compressed: out of memory")
      count = Int(length)
    }
  }
}

extension [UInt8] {
  /// Appends the bytes of a number, the highest first.
  fileprivate mutating func append(highestByteFirst number: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  /// Appends a run of empty buckets: one as a count of zero, more as a negative number.
  fileprivate mutating func append(emptyBuckets count: Int64) {
    guard count > 0 else { return }
    append(zigZag: count == 1 ? 0 : -count)
  }

  /// Appends a number as HdrHistogram does: the sign in the lowest bit, then seven bits to a byte, the lowest first,
  /// and the highest bit of each says whether another one follows.
  ///
  /// Unlike elsewhere, a ninth byte is the last in any case, and has eight bits of the number.
  mutating func append(zigZag number: Int64) {
    var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
    var followers = 8
    while rest > 0x7F, followers > 0 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
      followers -= 1
    }
    append(UInt8(rest))
  }
}
