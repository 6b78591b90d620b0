@testable import Comparison

/// Costs that somebody could have measured.
enum MadeUpCosts {
  static func slope(_ each: Double) -> Slope {
    Slope([1000, 2000, 3000].map { .init(count: $0, value: 100.5 + each * Double($0)) })!
  }

  static func work(_ work: Work, _ instructions: Double) -> WorkCost {
    WorkCost(
      work: work,
      instructions: slope(instructions),
      slices: [
        SliceCost(slice: .libuv, instructions: instructions - 9.5),
        SliceCost(slice: .service, instructions: 9.5),
      ],
      functions: [
        FunctionCost(name: "uv_run", object: "libuv.so.1", slice: .libuv, instructions: instructions - 9.5)
      ],
      allocations: slope(2.25),
      allocatedBytes: slope(360.5),
      systemCalls: ["read": 1, "write": 1.5]
    )
  }

  static func rung(_ id: String, _ work: [WorkCost], ratio: Double?) -> RungCost {
    RungCost(
      id: id,
      name: id.uppercased(),
      language: "C",
      runtime: "libuv",
      version: "libuv 1",
      notes: ["It is small."],
      work: work,
      memory: [
        MemoryPoint(connections: 1, bytes: 100_000, bytesPerConnection: 1000.5),
        MemoryPoint(connections: 1000, bytes: 500_000, bytesPerConnection: 381),
      ],
      size: CodeSize(programBytes: 10_400, fileBytes: 27_000, libraries: ["libc.so.6": 2_000_000]),
      startMilliseconds: Spread(median: 3.5, low: 3.25, high: 4.5),
      startRatio: ratio.map { Ratio(value: $0, low: $0 - 0.25, high: $0 + 0.25, rounds: 15) },
      problems: ["It is late."]
    )
  }

  static var full: CostResults {
    var results = CostResults(
      tool: "uvecho 0.1.0",
      startedAt: "2026-03-01T09:30:00Z",
      machine: Machine(
        processor: "a processor",
        processors: 2,
        memoryBytes: 1 << 33,
        system: "Debian",
        kernel: "Linux 6",
        serverProcessor: 1,
        clientProcessor: 0,
        notes: ["It hums."]
      ),
      base: "c",
      rungs: [
        rung("c", [work(.echo, 704), work(.connection, 3377)], ratio: nil),
        rung("swift", [work(.echo, 762.4), work(.connection, 8609)], ratio: 7.25),
      ]
    )
    results.problems = ["It hums, too."]
    return results
  }

  /// Of rungs that could not be measured.
  static var least: CostResults {
    var results = full
    results.problems = nil
    results.machine = Machine(processor: "p", processors: 1, memoryBytes: 1, system: "s", kernel: "k")
    results.rungs = [
      RungCost(
        id: "c",
        name: "C",
        language: "C",
        runtime: "libuv",
        notes: [],
        work: [],
        memory: [],
        problems: []
      )
    ]
    return results
  }
}
