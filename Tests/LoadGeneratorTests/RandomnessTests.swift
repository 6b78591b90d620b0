import Testing

@testable import LoadGenerator

@Suite struct RandomnessTests {
  @Test func `the numbers are those of the SplitMix64 generator`() {
    // This seed sets the state to zero, whose numbers are published with the generator.
    var generator = SeededGenerator(seed: 0 &- 0x9E37_79B9_7F4A_7C15)
    let numbers = (0..<5).map { _ in generator.next() }
    #expect(
      numbers == [
        0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC,
        0x1B39_896A_51A8_749B,
      ]
    )
  }

  @Test func `the same seed and stream draw the same numbers`() {
    #expect(draw(100, seed: 7, stream: 3) == draw(100, seed: 7, stream: 3))
  }

  @Test func `other seeds and other streams draw other numbers`() {
    var seen: Set<UInt64> = []
    for seed in 0..<20 as Range<UInt64> {
      for stream in -20..<20 { seen.formUnion(draw(10, seed: seed, stream: stream)) }
    }
    #expect(seen.count == 20 * 40 * 10)
  }

  @Test func `numbers of the unit interval are never zero, and evenly spread`() {
    var generator = SeededGenerator(seed: 1)
    var counts = Array(repeating: 0, count: 10)
    var sum = 0.0
    for _ in 0..<100_000 {
      let number = generator.nextUnit()
      if number <= 0 || number > 1 { Issue.record("\(number)") }
      counts[min(9, Int(number * 10))] += 1
      sum += number
    }
    #expect(abs(sum / 100_000 - 0.5) < 0.005)
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 }, "\(counts)")
  }

  private func draw(_ count: Int, seed: UInt64, stream: Int) -> [UInt64] {
    var generator = SeededGenerator(seed: seed, stream: stream)
    return (0..<count).map { _ in generator.next() }
  }
}
