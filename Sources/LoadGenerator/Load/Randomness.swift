/// Numbers that look random, and are the same for the same seed: the SplitMix64 generator.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// Generators of one seed and different streams draw different numbers.
  package init(seed: UInt64, stream: Int = 0) {
    state = seed
    state = next() ^ UInt64(truncatingIfNeeded: stream) &* 0xD1B5_4A32_D192_ED03
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }

  /// A number of the unit interval, never zero.
  mutating func nextUnit() -> Double {
    (Double(next() >> 11) + 1) / 0x1p53
  }
}
