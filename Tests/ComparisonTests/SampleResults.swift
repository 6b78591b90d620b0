import LoadGenerator

@testable import Comparison

/// Made-up results that look like true ones: six servers and the base again, of which one isn't installed, one crashes
/// under load, and one is hardly slower than the clients.
///
/// - Parameters:
///   - more: servers besides these, up to twelve.
///   - noise: none is 0; then all rounds are the same, and figures are round.
func sampleResults(
  more: Int = 0,
  rounds: Int = 10,
  cells: [Cell]? = nil,
  noise: Double = 1,
  seed: UInt64 = 1
) -> Results {
  let made = makers.prefix(7 + more)
  var settings = Settings(.standard, peers: made.filter { !$0.isTwin }.map(\.id), base: "c-libuv")
  settings.rounds = rounds
  settings.latencyRounds = Settings.latencyRounds(of: rounds)
  settings.cells = cells ?? [Cell(.persistent, connections: 100), Cell(.reconnect, connections: 3000)]
  settings.seed = seed
  var results = Results(
    tool: "uvecho 0.1.0",
    startedAt: "2026-03-01T09:30:00Z",
    settings: settings,
    machine: Machine(
      processor: "Imaginary 9000",
      processors: 4,
      memoryBytes: 16_000_000_000,
      system: "Debian GNU/Linux 12",
      kernel: "Linux 6.1.0",
      serverProcessor: 3,
      clientProcessor: 0,
      notes: ["The two processors are threads of one core: servers and clients slow each other down."]
    ),
    entrants: made.map(\.entrant)
  )
  results.updatedAt = "2026-03-01T11:42:10Z"
  results.isComplete = true
  var dice = Dice(generator: SeededGenerator(seed: seed), noise: noise)
  let slowest = made.filter { $0.problem == nil && !$0.crashes }.min { $0.speed < $1.speed }!
  for cell in settings.cells {
    for share in settings.latencyShares(of: cell) {
      results.latencyRates.append(
        LatencyRate(
          cell: cell,
          share: share,
          perSecond: share * slowest.capacity(cell),
          slowest: slowest.id
        )
      )
    }
  }
  for round in 1...rounds {
    // The machine drifts: all servers of a round together.
    let weather = dice.factor(0.75, 1.1)
    for maker in made where maker.problem == nil {
      for cell in settings.cells {
        results.samples.append(maker.closed(cell, round, weather, &dice))
      }
      for rate in results.latencyRates where round <= settings.latencyRounds {
        results.samples.append(maker.open(rate, round, seconds: settings.latencySeconds, &dice))
      }
    }
  }
  results.summarize()
  return results
}

/// Results without noise, in which the interval of every ratio has no width.
let steady = sampleResults(noise: 0)

/// The same with two servers more, of which one is faster than the clients.
let limited = sampleResults(more: 2, rounds: 6, noise: 0)

/// Results without noise in which the clients were too slow for some servers, in all workloads.
func held(_ ids: Set<String>) -> Results {
  var results = steady
  for index in results.summaries.indices
  where ids.contains(results.summaries[index].entrant) && results.summaries[index].share == nil {
    results.summaries[index].isLowerBound = true
  }
  return results
}

/// Results without noise in which so many starts of a server, with each workload at a share, could not keep the rate.
func behind(_ id: String, in starts: Int, share: Double) -> Results {
  var results = steady
  results.samples = results.samples.map { sample in
    guard sample.entrant == id, sample.share == share, sample.round <= starts else { return sample }
    var sample = sample
    sample.load?.valid = false
    sample.load?.verdict = "less than 99 % of the rate was sent"
    return sample
  }
  results.summarize()
  return results
}

/// The tables of a section.
func tables(in section: Document.Section) -> [Document.Table] {
  section.blocks.compactMap { block in
    if case .table(let table) = block { table } else { nil }
  }
}

func table(_ id: String, in section: Document.Section?) throws -> Document.Table {
  guard let section, let table = tables(in: section).first(where: { $0.id == id }) else { throw Missing() }
  return table
}

/// The texts of a row, by its first.
func cells(_ name: String, in table: Document.Table) throws -> [String] {
  guard let row = table.rows.first(where: { $0.cells[0].text == name }) else { throw Missing() }
  return row.cells.map(\.signed)
}

/// What a test looks for isn't there.
struct Missing: Error {}

extension String {
  /// How often another stands in it.
  func occurrences(of other: String) -> Int { ranges(of: other).count }
}

private struct Dice {
  var generator: SeededGenerator
  let noise: Double

  /// Between two numbers on both sides of 1; 1 without noise.
  mutating func factor(_ low: Double, _ high: Double) -> Double {
    1 + noise * (Double.random(in: low...high, using: &generator) - 1)
  }
}

/// What a server is like.
private struct Maker: Sendable {
  let id: String
  let name: String
  let language: String
  let version: String
  /// Of the base's rate.
  let speed: Double
  /// Of its processor time, the share in user space.
  let user: Double
  let idle: Double
  let connection: Double
  let start: Double
  /// How much longer its slow replies take.
  var tail = 1.0
  var notes: [String] = []
  var threads = 1
  var isTwin = false
  var crashes = false
  var problem: String?

  var entrant: Entrant {
    Entrant(
      id: id,
      peer: isTwin ? String(id.dropLast("-again".count)) : id,
      name: name,
      language: language,
      runtime: language,
      version: problem == nil ? version : nil,
      threads: 1,
      notes: notes,
      isTwin: isTwin,
      problem: problem
    )
  }

  /// Of the base's rate with a workload: connections cost all the same.
  func speed(_ cell: Cell) -> Double { cell.strategy == .persistent ? speed : 0.55 + 0.45 * speed }

  /// Responses a second.
  func capacity(_ cell: Cell) -> Double {
    speed(cell) * (cell.strategy == .persistent ? 150_000 : 24_000)
  }

  func closed(_ cell: Cell, _ round: Int, _ weather: Double, _ dice: inout Dice) -> Sample {
    var sample = Sample(entrant: id, round: round, cell: cell)
    sample.startMilliseconds = start * dice.factor(0.9, 1.3)
    let noise = dice.factor(0.975, 1.025)
    let speed = speed(cell)
    let rate = capacity(cell) * weather * noise
    let isBroken = crashes && cell.strategy == .reconnect
    let isLimited = speed > 1.15
    let mean = Double(cell.connections) / rate * 1e6
    sample.load = LoadFigures(
      verdict: isBroken ? "nothing came back" : isLimited ? "CLIENT-LIMITED" : "VALID",
      valid: !isBroken,
      limiter: isLimited ? .client : .server,
      seconds: 5,
      requests: isBroken ? 0 : Int(rate * 5) + 3,
      responses: isBroken ? 0 : Int(rate * 5),
      responsesPerSecond: isBroken ? 0 : rate,
      connectionsMade: cell.strategy == .persistent ? cell.connections : Int(rate * 7),
      errors: isBroken ? ["connection reset": 40 + round, "connection refused": 3] : [:],
      latency: latency(around: mean * 0.97, spread: 0.5),
      rawLatency: nil,
      clientSeconds: 5 * min(0.99, 0.5 * speed),
      clientShare: min(0.99, 0.6 * speed)
    )
    let processor = isBroken ? 0 : 5 * 0.99
    sample.server = ServerFigures(
      userSeconds: processor * user,
      systemSeconds: processor * (1 - user),
      idleBytes: Int(idle * dice.factor(0.99, 1.02)),
      loadBytes: Int(
        (idle + connection * Double(cell.connections)) * dice.factor(1, 1.1)
      ),
      peakBytes: Int(idle * 1.5 + connection * Double(cell.connections)),
      bytesPerConnection: connection * dice.factor(0.9, 1.1),
      threads: threads
    )
    sample.survival =
      isBroken
      ? Survival(crashed: "SIGSEGV", answers: false, leftoverSockets: 0, end: nil)
      : Survival(answers: true, leftoverSockets: 0, end: "exit 0")
    return sample
  }

  func open(_ rate: LatencyRate, _ round: Int, seconds: Double, _ dice: inout Dice) -> Sample {
    let cell = rate.cell
    var sample = Sample(
      entrant: id,
      round: round,
      cell: cell,
      share: rate.share,
      ratePerSecond: rate.perSecond
    )
    let load = rate.perSecond / capacity(cell)
    // A connection takes a way there and back more.
    let way = cell.strategy == .persistent ? 18.0 : 95.0
    let middle = (way + 40 / speed) * (1 + 1.6 * load * load / (1.08 - load)) * dice.factor(0.93, 1.08)
    let corrected = latency(around: middle, spread: 0.45 + 0.5 * load)
    // Of one start the clients could not keep the rate.
    let isBehind = rate.share > 0.7 && round == 2 && speed < 0.2
    sample.load = LoadFigures(
      verdict: isBehind ? "less than 99 % of the rate was sent" : "VALID",
      valid: !isBehind,
      limiter: nil,
      seconds: seconds,
      requests: Int(rate.perSecond * seconds),
      responses: Int(rate.perSecond * seconds),
      responsesPerSecond: rate.perSecond,
      connectionsMade: cell.strategy == .persistent ? cell.connections : Int(rate.perSecond * seconds),
      errors: [:],
      latency: corrected,
      rawLatency: latency(around: middle * 0.96, spread: 0.4),
      clientSeconds: 0.4 * seconds,
      clientShare: 0.4
    )
    sample.server = ServerFigures(
      userSeconds: seconds * load * user,
      systemSeconds: seconds * load * (1 - user),
      idleBytes: Int(idle),
      loadBytes: Int(idle * 1.1),
      peakBytes: Int(idle * 1.2),
      bytesPerConnection: nil,
      threads: threads
    )
    sample.survival = Survival(answers: true, leftoverSockets: 0, end: "exit 0")
    return sample
  }

  /// A distribution whose tail grows towards 100 %.
  private func latency(around middle: Double, spread: Double) -> LatencyFigures {
    let curve = LatencyFigures.percentiles.map { percentile in
      // Nines: 1 of 90 %, 2 of 99 %.
      var rest = 1 - percentile / 100
      var nines = 0.0
      while rest < 0.1 {
        rest *= 10
        nines += 1
      }
      nines += (1 - rest) / 0.9
      return middle
        * (0.6 + 0.55 * nines * spread + (nines > 1 ? tail * (nines - 1) * (nines - 1) * spread : 0))
    }
    return LatencyFigures(
      mean: middle,
      stddev: middle * spread * tail,
      min: middle * 0.4,
      max: curve.last! * 1.6,
      curve: curve
    )
  }
}

private let makers: [Maker] = [
  Maker(
    id: "c-libuv",
    name: "C libuv",
    language: "C",
    version: "libuv 1.44.2",
    speed: 1,
    user: 0.15,
    idle: 1.6e6,
    connection: 620,
    start: 2.1,
    notes: ["Tries to write at once (uv_try_write) before it queues, as ours does."]
  ),
  Maker(
    id: "uvecho",
    name: "Swift on libuv (uvecho)",
    language: "Swift",
    version: "uvecho 0.1.0",
    speed: 1.0,
    user: 0.16,
    idle: 9.1e6,
    connection: 900,
    start: 6.3
  ),
  Maker(
    id: "go",
    name: "Go",
    language: "Go",
    version: "go1.19.8",
    speed: 0.76,
    user: 0.38,
    idle: 3.9e6,
    connection: 9_200,
    start: 3.2,
    tail: 1.3,
    notes: ["One processor (GOMAXPROCS=1); the runtime has threads of its own beside it."],
    threads: 4
  ),
  Maker(
    id: "python-twisted",
    name: "CPython Twisted",
    language: "Python",
    version: "Python 3.11.2, Twisted 22.4.0",
    speed: 0.12,
    user: 0.83,
    idle: 31e6,
    connection: 6_700,
    start: 410,
    tail: 2.2,
    notes: [
      "Twisted never writes at once: it waits until the socket is writable, which costs three system calls more for "
        + "each message."
    ]
  ),
  Maker(
    id: "elixir",
    name: "Elixir",
    language: "Elixir",
    version: "Elixir 1.14.0, OTP 25",
    speed: 0.31,
    user: 0.7,
    idle: 68e6,
    connection: 14_800,
    start: 690,
    tail: 1.6,
    notes: ["One scheduler (+S 1) that doesn't wait busily (+sbwt none)."],
    threads: 8,
    crashes: true
  ),
  Maker(
    id: "dart",
    name: "Dart",
    language: "Dart",
    version: "",
    speed: 0,
    user: 0,
    idle: 0,
    connection: 0,
    start: 0,
    problem: "it isn't installed: bin/dart is missing"
  ),
  Maker(
    id: "c-libuv-again",
    name: "C libuv, again",
    language: "C",
    version: "libuv 1.44.2",
    speed: 1,
    user: 0.15,
    idle: 1.6e6,
    connection: 620,
    start: 2.1,
    isTwin: true
  ),
  Maker(
    id: "c-epoll",
    name: "C epoll",
    language: "C",
    version: "Linux 6.1.0, gcc 12.2.0",
    speed: 1.13,
    user: 0.07,
    idle: 1.1e6,
    connection: 260,
    start: 1.4,
    notes: [
      "The floor: no library between the server and the kernel, level-triggered, three system calls a round trip."
    ]
  ),
  Maker(
    id: "c-io-uring",
    name: "C io_uring",
    language: "C",
    version: "Linux 6.1.0, liburing 2.3",
    speed: 1.31,
    user: 0.1,
    idle: 9.6e6,
    connection: 310,
    start: 1.9,
    notes: ["Multishot accept and receive, provided buffers: Linux 6.1 or later."],
    threads: 2
  ),
  Maker(
    id: "rust-mio",
    name: "Rust mio",
    language: "Rust",
    version: "rustc 1.63.0, mio 0.8.5",
    speed: 0.97,
    user: 0.1,
    idle: 1.9e6,
    connection: 340,
    start: 1.7
  ),
  Maker(
    id: "rust-tokio",
    name: "Rust tokio",
    language: "Rust",
    version: "rustc 1.63.0, tokio 1.24.2",
    speed: 0.94,
    user: 0.2,
    idle: 2.3e6,
    connection: 1_150,
    start: 1.9
  ),
  Maker(
    id: "swift-nio",
    name: "SwiftNIO",
    language: "Swift",
    version: "Swift 6.3, SwiftNIO 2.86.0",
    speed: 0.66,
    user: 0.45,
    idle: 11e6,
    connection: 5_900,
    start: 8.8,
    threads: 2
  ),
  Maker(
    id: "node",
    name: "Node",
    language: "JavaScript",
    version: "v18.19.0",
    speed: 0.49,
    user: 0.62,
    idle: 46e6,
    connection: 4_300,
    start: 52,
    tail: 1.7,
    threads: 11
  ),
  Maker(
    id: "java-netty",
    name: "Java Netty",
    language: "Java",
    version: "openjdk 17.0.9 2023-10-17, Netty 4.1.48",
    speed: 0.7,
    user: 0.4,
    idle: 94e6,
    connection: 3_100,
    start: 380,
    tail: 2.4,
    threads: 19
  ),
  Maker(
    id: "clojure-netty",
    name: "Clojure on Netty",
    language: "Clojure",
    version: "Clojure 1.11.1, Netty 4.1.48, openjdk 17.0.9 2023-10-17",
    speed: 0.69,
    user: 0.41,
    idle: 131e6,
    connection: 3_150,
    start: 1_240,
    tail: 2.6,
    notes: [
      "What Aleph runs on, not Aleph itself: the same Netty server as Java's, in Clojure, compiled ahead of time."
    ],
    threads: 19
  ),
  Maker(
    id: "haskell-conduit",
    name: "Haskell conduit",
    language: "Haskell",
    version: "GHC 9.0.2, conduit 1.3.4",
    speed: 0.44,
    user: 0.55,
    idle: 5.2e6,
    connection: 11_600,
    start: 4.4,
    tail: 1.8,
    threads: 4
  ),
  Maker(
    id: "ruby-eventmachine",
    name: "Ruby EventMachine",
    language: "Ruby",
    version: "ruby 3.1.2, EventMachine 1.3.0",
    speed: 0.35,
    user: 0.52,
    idle: 22e6,
    connection: 1_650,
    start: 160,
    tail: 1.4
  ),
  Maker(
    id: "python-uvloop",
    name: "CPython uvloop",
    language: "Python",
    version: "Python 3.11.2, uvloop 0.21.0",
    speed: 0.42,
    user: 0.53,
    idle: 21e6,
    connection: 3_400,
    start: 140
  ),
  Maker(
    id: "python-asyncio",
    name: "CPython asyncio",
    language: "Python",
    version: "Python 3.11.2",
    speed: 0.24,
    user: 0.68,
    idle: 17e6,
    connection: 3_900,
    start: 110,
    tail: 1.3
  ),
]
