import LoadGenerator

@testable import Comparison

/// Made-up costs that look like true ones: C libuv, our library in its styles, and others, of which one is not there.
///
/// - Parameter noise: of the speed; without any all rounds are the same, which is quickly summarised.
func noisyCost(noise: Double) -> CostResults {
  var results = CostResults(
    tool: "uvecho 0.1.0",
    startedAt: "2026-03-01T09:30:00Z",
    machine: sampleMachine,
    base: "c-libuv",
    rungs: costMakers.map(\.rung)
  )
  results.speed = sampleSpeed(noise: noise)
  return results
}

/// The same, made once.
let sampleCost = noisyCost(noise: 0)

/// The same without its speed, which is most of it.
let slowCost: CostResults = {
  var results = sampleCost
  results.speed = nil
  return results
}()

/// Costs of nothing but some rungs.
func cost(_ rungs: [RungCost], base: String = "c-libuv") -> CostResults {
  CostResults(
    tool: "uvecho 0.1.0",
    startedAt: "2026-03-01T09:30:00Z",
    machine: sampleMachine,
    base: base,
    rungs: rungs
  )
}

/// A rung of which nothing was measured, until something is changed.
func rung(_ id: String, _ name: String? = nil, change: (inout RungCost) -> Void = { _ in }) -> RungCost {
  var rung = RungCost(
    id: id,
    name: name ?? id,
    language: "C",
    runtime: "libc",
    notes: [],
    work: [],
    memory: [],
    problems: []
  )
  change(&rung)
  return rung
}

/// What some work costs, in slices.
func work(_ work: Work, _ slices: KeyValuePairs<Slice, Double>, worst: Double = 0.0004) -> WorkCost {
  WorkCost(
    work: work,
    instructions: slope(slices.map(\.value).reduce(0, +), fixed: 412_345, worst: worst),
    slices: slices.map { SliceCost(slice: $0, instructions: $1) },
    functions: []
  )
}

/// A line through four runs.
func slope(_ each: Double, fixed: Double = 0, worst: Double = 0) -> Slope {
  Slope(
    each: each,
    fixed: fixed,
    worst: worst,
    points: [500, 1000, 2000, 4000].map { Slope.Point(count: $0, value: fixed + each * Double($0)) }
  )
}

private let sampleMachine = Machine(
  processor: "Imaginary 9000",
  processors: 4,
  memoryBytes: 16_000_000_000,
  system: "Debian GNU/Linux 12",
  kernel: "Linux 6.1.0",
  serverProcessor: 3,
  clientProcessor: 0,
  notes: ["The two processors are threads of one core: servers and clients slow each other down."]
)

/// A comparison whose entrants are the rungs: that of other tests, with their names.
private func sampleSpeed(noise: Double) -> Results {
  let cells = [
    Cell(.persistent, connections: 1), Cell(.persistent, connections: 100),
    Cell(.persistent, connections: 3000), Cell(.reconnect, connections: 100),
  ]
  var results = sampleResults(more: 5, cells: cells, noise: noise)
  results.settings.latencyShares = []
  results.latencyRates = []
  results.samples.removeAll { $0.share != nil }
  let rungs = [
    "uvecho": "libuv-subclass", "go": "libuv-tasks", "python-twisted": "node", "elixir": "swift-nio-async",
    "dart": "swift-unbuilt", "c-io-uring": "libuv-pump", "rust-mio": "libuv-closures",
    "rust-tokio": "swift-c-style",
  ]
  for index in results.entrants.indices {
    guard let id = rungs[results.entrants[index].id] else { continue }
    results.entrants[index].id = id
    results.entrants[index].name = costMakers.first { $0.id == id }?.name ?? id
  }
  for index in results.samples.indices {
    results.samples[index].entrant = rungs[results.samples[index].entrant] ?? results.samples[index].entrant
  }
  results.summarize()
  return results
}

/// What a rung is like.
private struct CostMaker: Sendable {
  let id: String
  let name: String
  var language = "Swift"
  var runtime = "libuv 1.44.2"
  var version: String? = "Swift 6.3.1, libuv 1.44.2"
  var notes: [String] = []
  /// For an echo, by slice.
  let slices: KeyValuePairs<Slice, Double>
  /// How many times an echo's a connection, a timer and a wake-up are; 0 for none.
  var connection = 11.0
  var timer = 0.55
  var wakeup = 0.9
  var worst = 0.0004
  var allocations = 0.0
  var calls: [String: Double] = ["epoll_wait": 1, "read": 1, "write": 1]
  var bytes = 620.0
  var start = 2.1
  var program = 24_000
  var libraries = ["libuv.so.1.0.0": 210_000, "libc.so.6": 1_922_136]
  var problems: [String] = []

  var rung: RungCost {
    let echo = work(.echo, slices, worst: worst)
    var rung = RungCost(
      id: id,
      name: name,
      language: language,
      runtime: runtime,
      version: version,
      notes: notes,
      work: [],
      memory: [],
      problems: problems
    )
    guard !slices.isEmpty else { return rung }
    for (kind, factor) in [(Work.echo, 1), (.connection, connection), (.timer, timer), (.wakeup, wakeup)]
    where factor > 0 {
      var cost = echo
      cost.work = kind
      cost.instructions = slope(echo.instructions.each * factor, fixed: 412_345, worst: worst)
      cost.slices = echo.slices.map { SliceCost(slice: $0.slice, instructions: $0.instructions * factor) }
      cost.functions = Self.functions(cost.slices)
      let allocations = kind == .echo ? allocations : kind == .connection ? 3 + allocations * 4 : 0
      cost.allocations = slope(allocations, fixed: 31)
      cost.allocatedBytes = slope(allocations * 84, fixed: 9_000)
      cost.systemCalls =
        kind == .connection ? calls.merging(["accept4": 2, "close": 1]) { first, _ in first } : calls
      rung.work.append(cost)
    }
    rung.memory = [1000, 10_000].map { count in
      MemoryPoint(
        connections: count,
        bytes: 900_000 + Int(bytes) * count,
        bytesPerConnection: bytes * (count == 1000 ? 1.04 : 1)
      )
    }
    rung.size = CodeSize(programBytes: program, fileBytes: program * 3 / 2, libraries: libraries)
    rung.startMilliseconds = Spread(median: start, low: start * 0.9, high: start * 1.3)
    if id != "c-libuv" {
      rung.startRatio = Ratio(value: start / 2.1, low: start / 2.3, high: start / 1.9, rounds: 10)
    }
    return rung
  }

  /// Two of each slice.
  private static func functions(_ slices: [SliceCost]) -> [FunctionCost] {
    slices.flatMap { slice in
      let (long, object) = names[slice.slice]!
      return [
        FunctionCost(name: long, object: object, slice: slice.slice, instructions: slice.instructions * 0.7),
        FunctionCost(
          name: "\(slice.slice.rawValue)_helper",
          object: object,
          slice: slice.slice,
          instructions: slice.instructions * 0.2
        ),
      ]
    }
  }

  private static let names: [Slice: (String, String)] = [
    .libuv: ("uv__stream_io", "libuv.so.1.0.0"),
    .library: ("epoll_pwait", "libc.so.6"),
    .wrapper: (
      "closure #1 (Swift.UnsafeMutablePointer<__C.uv_stream_s>, Swift.Int, Swift.UnsafePointer<__C.uv_buf_t>) -> () in "
        + "Libuv.Stream.startReading() throws(Libuv.UVError) -> ()",
      "libuv-closures"
    ),
    .service: ("Server.received(_: Swift.RawSpan) -> ()", "libuv-closures"),
    .references: ("swift_retain", "libswiftCore.so"),
    .exclusivity: ("swift_beginAccess", "libswiftCore.so"),
    .executors: ("swift_task_isCurrentExecutorWithFlagsImpl", "libswift_Concurrency.so"),
    .allocation: ("malloc", "libc.so.6"),
    .closures: (
      "reabstraction thunk helper from @escaping @callee_guaranteed (@guaranteed Libuv.TCP) -> ()",
      "libuv-closures"
    ),
    .tasks: ("swift_task_switch", "libswift_Concurrency.so"),
    .runtime: ("swift_getGenericMetadata", "libswiftCore.so"),
    .framework: ("NIOPosix.BaseSocketChannel.readable0() -> NIOPosix.ReadResult", "swift-nio"),
    .linking: ("_dl_runtime_resolve_xsavec", "ld-linux-x86-64.so.2"),
  ]
}

private let costMakers: [CostMaker] = [
  CostMaker(
    id: "c-epoll",
    name: "C epoll",
    language: "C",
    runtime: "Linux",
    version: "Linux 6.1.0, gcc 12.2.0",
    notes: ["The floor: no library between the server and the kernel."],
    slices: [.library: 96, .service: 130, .linking: 12],
    timer: 0,
    wakeup: 0,
    bytes: 260,
    start: 1.4,
    libraries: ["libc.so.6": 1_922_136]
  ),
  CostMaker(
    id: "c-libuv",
    name: "C libuv",
    language: "C",
    version: "libuv 1.44.2",
    slices: [.libuv: 461, .library: 148, .service: 78, .linking: 22]
  ),
  CostMaker(
    id: "libuv-pump",
    name: "Libuv, pump",
    notes: ["The library itself writes back what it reads: no service code runs."],
    slices: [.libuv: 461, .library: 148, .wrapper: 78, .linking: 19],
    bytes: 640,
    start: 4.2,
    program: 220_000
  ),
  CostMaker(
    id: "libuv-subclass",
    name: "Libuv, subclass",
    slices: [.libuv: 461, .library: 148, .service: 31, .wrapper: 86, .linking: 19],
    bytes: 700,
    start: 4.4,
    program: 228_000
  ),
  CostMaker(
    id: "libuv-closures",
    name: "Libuv, closures",
    slices: [
      .libuv: 461, .library: 148, .service: 40, .wrapper: 92, .references: 32, .exclusivity: 0.4,
      .closures: 9,
      .linking: 19,
    ],
    bytes: 760,
    start: 4.4,
    program: 231_000
  ),
  CostMaker(
    id: "swift-c-style",
    name: "Swift, libuv's C functions",
    slices: [
      .libuv: 461, .library: 148, .service: 190, .references: 84, .exclusivity: 72, .closures: 18,
      .linking: 23,
    ],
    allocations: 0,
    start: 4.1
  ),
  CostMaker(
    id: "swift-main-actor",
    name: "Swift, top level <&\">",
    slices: [
      .libuv: 461, .library: 148, .service: 210, .references: 122, .exclusivity: 90, .executors: 286,
      .closures: 38,
      .linking: 23,
    ],
    allocations: 1,
    start: 4.1
  ),
  CostMaker(
    id: "libuv-tasks",
    name: "Libuv, tasks",
    slices: [
      .libuv: 461, .library: 162, .service: 120, .wrapper: 310, .allocation: 180, .references: 205,
      .exclusivity: 11,
      .executors: 96, .closures: 41, .tasks: 610, .runtime: 78, .linking: 38,
    ],
    worst: 0.031,
    allocations: 2,
    bytes: 2_480,
    start: 6.8,
    program: 310_000
  ),
  CostMaker(
    id: "swift-nio",
    name: "SwiftNIO",
    runtime: "SwiftNIO 2.86.0",
    version: "Swift 6.3.1, SwiftNIO 2.86.0",
    notes: ["It has its own event loop over epoll, not libuv."],
    slices: [
      .library: 210, .service: 160, .allocation: 720, .references: 910, .exclusivity: 260, .closures: 120,
      .runtime: 310,
      .framework: 1_420, .linking: 61,
    ],
    timer: 0.8,
    wakeup: 1.6,
    allocations: 6,
    bytes: 5_900,
    start: 8.8,
    program: 4_100_000
  ),
  CostMaker(
    id: "swift-nio-async",
    name: "SwiftNIO, async",
    runtime: "SwiftNIO 2.86.0",
    version: "Swift 6.3.1, SwiftNIO 2.86.0",
    slices: [
      .library: 240, .service: 210, .allocation: 1_350, .references: 1_620, .exclusivity: 410,
      .executors: 340,
      .closures: 160, .tasks: 1_980, .runtime: 620, .framework: 1_900, .linking: 88,
    ],
    timer: 0,
    wakeup: 0,
    allocations: 13.25,
    bytes: 8_900,
    start: 9.6,
    program: 5_300_000
  ),
  CostMaker(
    id: "node",
    name: "Node",
    language: "JavaScript",
    runtime: "Node",
    version: "v18.19.0",
    notes: ["Code is compiled while it runs: the counts are of what was warm."],
    slices: [.libuv: 520, .library: 390, .allocation: 240, .framework: 12_860, .linking: 4],
    connection: 7,
    timer: 0.4,
    allocations: 1.5,
    calls: ["epoll_wait": 1, "read": 1, "write": 1, "futex": 0.004],
    bytes: 4_300,
    start: 52,
    program: 48_000_000
  ),
  CostMaker(
    id: "swift-unbuilt",
    name: "Swift, unbuilt",
    version: nil,
    slices: [:],
    problems: ["it isn't built: no such file"]
  ),
]

/// The lists of a section, as one.
func lines(in section: Document.Section?) -> [String] {
  var lines: [String] = []
  for case .list(let some) in section?.blocks ?? [] { lines += some }
  return lines
}

/// The groups of pictures of a section, by their names.
func pictures(in section: Document.Section?) -> [[String]] {
  var pictures: [[String]] = []
  for case .pictures(let some) in section?.blocks ?? [] { pictures.append(some.map(\.id)) }
  return pictures
}
