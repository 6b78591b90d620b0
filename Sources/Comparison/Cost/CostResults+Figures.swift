extension CostResults {
  /// The rung that the others are divided by; nil when it isn't there.
  var baseRung: RungCost? { rungs.first { $0.id == base } }

  /// Its name, for people.
  var baseName: String { baseRung?.name ?? base }

  /// The kinds of work that a rung has figures of.
  var measuredWork: [Work] { Work.allCases.filter { work in rungs.contains { $0.cost(of: work) != nil } } }

  /// What a rung is to the reader: ours are those in which our library runs.
  func role(of rung: RungCost) -> Role {
    guard rung.id != base else { return .base }
    return rung.work.contains { $0.instructions(in: .wrapper) > 0 } ? .own : .other
  }

  /// Each number of connections that memory was measured with, the lowest first.
  var connectionCounts: [Int] { Set(rungs.flatMap(\.memory).map(\.connections)).sorted() }
}

extension RungCost {
  /// Whether anything was measured of it.
  var hasFigures: Bool {
    !work.isEmpty || !memory.isEmpty || size != nil || startMilliseconds != nil
  }
}

extension WorkCost {
  /// The instructions of a slice; 0 where it has none.
  func instructions(in slice: Slice) -> Double {
    slices.first { $0.slice == slice }?.instructions ?? 0
  }

  /// The slices that can be seen, in the order in which they are drawn. Rounding can leave one below nothing.
  var shown: [SliceCost] {
    Slice.stacked.compactMap { slice in slices.first { $0.slice == slice && $0.instructions > 0 } }
  }

  /// All system calls, for one.
  var systemCallCount: Double? { systemCalls.map { $0.values.reduce(0, +) } }
}

extension Slope {
  /// Whether the line tells what one costs.
  var fits: Bool { worst <= Self.tolerance }
}
