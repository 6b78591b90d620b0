/// Bytes that tell where they belong: a wrong order, a gap or a repetition shows.
public func testBytes(_ count: Int, seed: Int = 0) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in 0..<count {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: state))
    }
    initialized = count
  }
}

/// Cuts bytes into pieces of random sizes.
public func randomPieces(of bytes: [UInt8], upTo limit: Int) -> [ArraySlice<UInt8>] {
  var pieces: [ArraySlice<UInt8>] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = rest.prefix(Int.random(in: 1...limit))
    pieces.append(piece)
    rest = rest.dropFirst(piece.count)
  }
  return pieces
}
