import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct ContentTests {
  private let content = Content()

  /// A piece of the content as an array.
  private func piece(_ position: Int, _ count: Int) -> [UInt8] {
    content.withPiece(at: position, count: count) { bytes in bytes.withUnsafeBytes { Array($0) } }
  }

  @Test func `the period is a prime number`() {
    let period = Content.period
    #expect(!(2..<period).contains { $0 * $0 <= period && period % $0 == 0 })
  }

  @Test func `the row repeats after its period, and not before`() {
    let row = piece(0, Content.period)
    #expect(
      piece(0, Content.longestPiece).isSame(as: row + row.prefix(Content.longestPiece - Content.period))
    )
    for shift in [1, 2, 64, 255, 256, 1024, 4096, 16384, 65520] {
      #expect(!piece(shift, 1024).isSame(as: piece(0, 1024)))
    }
  }

  @Test func `all kinds of bytes occur, about as often as each other`() {
    var counts = Array(repeating: 0, count: 256)
    for byte in piece(0, Content.period) { counts[Int(byte)] += 1 }
    #expect(counts.allSatisfy { (150...370).contains($0) })
  }

  @Test(arguments: [0, 1, 15, 16, 32768, 65519, 65520])
  func `a piece of the longest size can be had from any position`(position: Int) {
    let row = piece(0, Content.period)
    let piece = piece(position, Content.longestPiece)
    #expect(piece.isSame(as: Array((row[position...] + row + row).prefix(Content.longestPiece))))
    let isMatch = content.matches(piece.span.bytes, from: 0, count: piece.count, at: position)
    #expect(isMatch)
  }

  @Test func `positions wrap at the period`() {
    let last = Content.period - 1
    #expect(Content.advance(0, by: 0) == 0)
    #expect(Content.advance(0, by: 64) == 64)
    #expect(Content.advance(last, by: 0) == last)
    #expect(Content.advance(last, by: 1) == 0)
    #expect(Content.advance(last, by: 2) == 1)
    #expect(Content.advance(1, by: Content.period) == 1)
    #expect(Content.advance(last, by: Content.longestPiece) == (last + Content.longestPiece) % Content.period)
    #expect(Content.advance(5, by: 10 * Content.period) == 5)
  }

  @Test func `pieces one after the other are one row`() {
    var position = Content.start(ofClient: 3)
    let whole = piece(position, Content.longestPiece)
    var pieces: [UInt8] = []
    for count in [1, 64, 1000, 20000, 44471] {
      pieces += piece(position, count)
      position = Content.advance(position, by: count)
    }
    #expect(pieces.isSame(as: whole))
    #expect(position == Content.advance(Content.start(ofClient: 3), by: Content.longestPiece))
  }

  @Test func `each client begins at a place of its own`() {
    let starts = (0..<Content.period).map(Content.start(ofClient:))
    #expect(Set(starts).count == Content.period)
    #expect(starts.allSatisfy { (0..<Content.period).contains($0) })
    #expect(!piece(Content.start(ofClient: 0), 64).isSame(as: piece(Content.start(ofClient: 1), 64)))
  }

  @Test(arguments: [0, 1, 63, 500, 999]) func `a wrong byte is found where it is`(wrong: Int) {
    let position = 65000
    var bytes = piece(position, 1000)
    bytes[wrong] ^= 0x10
    let span = bytes.span.bytes
    let isMatch = content.matches(span, from: 0, count: 1000, at: position)
    #expect(!isMatch)
    let count = content.matchingCount(span, from: 0, count: 1000, at: position)
    #expect(count == wrong)
    let isMatchBefore = content.matches(span, from: 0, count: wrong, at: position)
    #expect(wrong == 0 || isMatchBefore)
  }

  @Test func `a part of a span is compared, and no more`() {
    let bytes = [1, 2, 3] + piece(100, 50) + [4, 5]
    let span = bytes.span.bytes
    let isMatch = content.matches(span, from: 3, count: 50, at: 100)
    #expect(isMatch)
    let isMatchOfTheRest = content.matches(span, from: 13, count: 40, at: 110)
    #expect(isMatchOfTheRest)
    let isMatchElsewhere = content.matches(span, from: 3, count: 50, at: 101)
    #expect(!isMatchElsewhere)
    let count = content.matchingCount(span, from: 3, count: 50, at: 100)
    #expect(count == 50)
  }

  @Test func `another client's reply is wrong`() {
    let bytes = piece(Content.start(ofClient: 1), 64)
    let isMatch = content.matches(bytes.span.bytes, from: 0, count: 64, at: Content.start(ofClient: 2))
    #expect(!isMatch)
  }
}
