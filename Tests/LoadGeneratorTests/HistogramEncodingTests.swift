import Histogram
import Testing

@testable import LoadGenerator

@Suite struct HistogramEncodingTests {
  // MARK: Numbers

  @Test(
    arguments: [
      (0, [0]), (-1, [1]), (1, [2]), (-2, [3]), (63, [0x7E]), (-64, [0x7F]), (64, [0x80, 0x01]),
      (-65, [0x81, 0x01]), (127, [0xFE, 0x01]), (-128, [0xFF, 0x01]), (8191, [0xFE, 0x7F]),
      (8192, [0x80, 0x80, 0x01]), (-1_000_000, [0xFF, 0x88, 0x7A]),
      (1 << 55, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
    ] as [(Int64, [UInt8])]
  )
  func `a number has its sign in the lowest bit, and seven bits in a byte`(number: Int64, encoded: [UInt8]) {
    var bytes: [UInt8] = []
    bytes.append(zigZag: number)
    #expect(bytes == encoded)
  }

  @Test func `the ninth byte of a number is the last, and has eight bits`() {
    var bytes: [UInt8] = []
    bytes.append(zigZag: .max)
    #expect(bytes == [0xFE] + [UInt8](repeating: 0xFF, count: 8))
    bytes = []
    bytes.append(zigZag: .min)
    #expect(bytes == [UInt8](repeating: 0xFF, count: 9))
  }

  @Test func `any number is what a reader gets`() {
    for shift in 0..<63 {
      let power: Int64 = 1 << shift
      for number in [power, -power, power - 1, Int64.max >> shift] {
        var bytes: [UInt8] = []
        bytes.append(zigZag: number)
        var reader = HistogramReader(bytes)
        #expect(reader.zigZag() == number)
        #expect(reader.isAtEnd)
      }
    }
  }

  // MARK: Histograms

  @Test func `an empty histogram is a header and one empty bucket`() {
    let histogram = Histogram<UInt64>(highestTrackableValue: 3_600_000_000_000)
    #expect(
      HistogramEncoding.encode(histogram) == [
        0x1C, 0x84, 0x93, 0x13,  // the cookie
        0, 0, 0, 1,  // the length of the counts
        0, 0, 0, 0,  // the rotation
        0, 0, 0, 3,  // the significant digits
        0, 0, 0, 0, 0, 0, 0, 1,  // the lowest value
        0, 0, 0x03, 0x46, 0x30, 0xB8, 0xA0, 0x00,  // the highest value
        0x3F, 0xF0, 0, 0, 0, 0, 0, 0,  // one, as a real number
        0,  // the count of zero
      ]
    )
  }

  @Test func `one value is a run of empty buckets and a count`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    histogram.record(5)
    #expect(counts(of: histogram) == [9, 2])
  }

  @Test func `a single empty bucket is a count of zero`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    histogram.record(1)
    histogram.record(3, count: 7)
    #expect(counts(of: histogram) == [0, 2, 0, 14])
  }

  @Test func `zero has the first bucket`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    histogram.record(0, count: 63)
    #expect(counts(of: histogram) == [126])
  }

  @Test func `a long run of empty buckets takes several bytes`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    histogram.record(128)
    // -128, then 1.
    #expect(counts(of: histogram) == [0xFF, 0x01, 2])
    histogram.reset()
    histogram.record(1000)
    // -1000, then 1.
    #expect(counts(of: histogram) == [0xCF, 0x0F, 2])
  }

  @Test func `values that share a bucket share a count`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    // From 2048 on a bucket has two values, from 4096 on four.
    histogram.record(2048)
    histogram.record(2049)
    histogram.record(4096)
    // -2048, then 2; -1023, then 1.
    #expect(counts(of: histogram) == [0xFF, 0x1F, 4, 0xFD, 0x0F, 2])
  }

  @Test func `the largest count that the format knows stands for larger ones`() {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1_000_000)
    histogram.record(0, count: .max)
    #expect(counts(of: histogram) == [0xFE] + [UInt8](repeating: 0xFF, count: 8))
  }

  @Test func `counts times values may be more than 64 bits hold`() throws {
    var histogram = Histogram<UInt64>(highestTrackableValue: 3_600_000_000_000)
    histogram.record(3_599_000_000_000, count: 1 << 61)
    histogram.record(1_000_000, count: 1 << 56)
    #expect(try DecodedHistogram(HistogramEncoding.encode(histogram)).matches(histogram))
  }

  @Test func `the highest value covers what was recorded above the nominal limit`() throws {
    var histogram = Histogram<UInt64>(highestTrackableValue: 1500)
    let isRecorded = histogram.record(2000)
    #expect(isRecorded)
    #expect(histogram.highestTrackableValue == 1500)
    let decoded = try DecodedHistogram(HistogramEncoding.encode(histogram))
    #expect(decoded.highestTrackableValue == 2000)
    #expect(decoded.matches(histogram))
  }

  @Test func `the highest value of a histogram that grows is the one that it has grown to`() throws {
    var histogram = Histogram<UInt64>()
    for value: UInt64 in [1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000] {
      histogram.record(value)
      let decoded = try DecodedHistogram(HistogramEncoding.encode(histogram))
      #expect(decoded.highestTrackableValue >= value)
      #expect(decoded.matches(histogram))
    }
  }

  @Test func `the largest value that a histogram can grow to is kept`() throws {
    var histogram = Histogram<UInt64>()
    histogram.record(UInt64(Int64.max))
    #expect(try DecodedHistogram(HistogramEncoding.encode(histogram)).matches(histogram))
  }

  @Test(arguments: [SignificantDigits.zero, .one, .two, .three, .four, .five], [1 as UInt64, 1000, 1024])
  func `any precision and unit is read as it was recorded`(digits: SignificantDigits, lowest: UInt64) throws {
    var histogram = Histogram<UInt64>(
      lowestDiscernibleValue: lowest,
      highestTrackableValue: 100_000_000,
      numberOfSignificantValueDigits: digits
    )
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      histogram.record(.random(in: 0...100_000_000 >> UInt64.random(in: 0...26), using: &generator))
    }
    let decoded = try DecodedHistogram(HistogramEncoding.encode(histogram))
    #expect(decoded.significantDigits == Int(digits.rawValue))
    #expect(decoded.matches(histogram))
  }

  @Test func `the compressed form tells its length and unpacks to the plain one`() throws {
    var histogram = Histogram<UInt64>()
    for _ in 0..<5000 { histogram.record(.random(in: 20_000...2_000_000)) }
    let compressed = HistogramEncoding.encodeCompressed(histogram)
    #expect(compressed.prefix(4) == [0x1C, 0x84, 0x93, 0x14])
    #expect(compressed.count < HistogramEncoding.encode(histogram).count)
    #expect(try unpack(compressed) == HistogramEncoding.encode(histogram))
  }
}

/// What comes after the header.
private func counts(of histogram: Histogram<UInt64>) -> [UInt8] {
  let bytes = HistogramEncoding.encode(histogram)
  let length = bytes[4..<8].reduce(0) { $0 << 8 | Int($1) }
  #expect(length == bytes.count - 40)
  return Array(bytes[40...])
}
