@testable import Comparison

/// Costs that somebody could have measured.
enum MadeUpCosts {
  static func slope(_ each: Double) -> Slope {
    Slope([1000, 2000, 3000].map { .init(count: $0, value: 100 + each * Double($0)) })!
  }

  static func work(_ work: Work, _ instructions: Double, allocations: Double? = 0, bytes: Double? = 0)
    -> WorkCost
  {
    WorkCost(
      work: work,
      instructions: slope(instructions),
      slices: [
        SliceCost(slice: .libuv, instructions: instructions - 0.5),
        SliceCost(slice: .service, instructions: 0.5),
      ],
      functions: [
        FunctionCost(name: "uv_run", object: "libuv.so.1", slice: .libuv, instructions: instructions - 0.5)
      ],
      allocations: allocations.map(slope),
      allocatedBytes: bytes.map(slope),
      systemCalls: ["read": 1, "write": 1.5]
    )
  }

  static func rung(_ id: String, _ work: [WorkCost], problems: [String] = []) -> RungCost {
    RungCost(
      id: id,
      name: id.uppercased(),
      language: "C",
      runtime: "libuv",
      version: "libuv 1",
      notes: ["It is small."],
      work: work,
      memory: [MemoryPoint(connections: 1, bytes: 100_000, bytesPerConnection: 1000.5)],
      size: CodeSize(programBytes: 10_400, fileBytes: 27_000, libraries: ["libc.so.6": 2_000_000]),
      startMilliseconds: Spread(median: 3.5, low: 3, high: 4.5),
      startRatio: id == "c" ? nil : Ratio(value: 1.5, low: 1.2, high: 1.7, rounds: 15),
      problems: problems
    )
  }

  static func results(_ rungs: [RungCost]) -> CostResults {
    CostResults(
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
      rungs: rungs
    )
  }

  static var full: CostResults {
    var results = results([
      rung("c", [work(.echo, 700), work(.connection, 3000, allocations: 1, bytes: 360)]),
      rung(
        "swift",
        [work(.echo, 735), work(.connection, 6000, allocations: 3, bytes: 600)],
        problems: ["It is late."]
      ),
    ])
    results.problems = ["It was ended early."]
    return results
  }
}
