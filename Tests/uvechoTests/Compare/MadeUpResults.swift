import Comparison
import LoadGenerator

/// Results that nobody measured: of some servers with one workload, until something is changed.
struct MadeUpResults {
  static let cell = Cell(.persistent, connections: 5)

  /// Settings of a round with one workload, and no latency.
  static var settings: Settings {
    var settings = Settings(.standard, peers: ["base", "other"], base: "base")
    settings.rounds = 1
    settings.cells = [cell]
    settings.latencyShares = []
    settings.hasTwin = false
    return settings
  }

  static let machine = Machine(
    processor: "A processor",
    processors: 2,
    memoryBytes: 1 << 30,
    system: "A system",
    kernel: "Linux 1"
  )

  static func entrant(_ id: String, problem: String? = nil) -> Entrant {
    Entrant(
      id: id,
      peer: id,
      name: id.prefix(1).uppercased() + id.dropFirst(),
      language: "C",
      runtime: "libc",
      version: problem == nil ? "\(id) 1" : nil,
      digest: problem == nil ? "0123456789abcdef" : nil,
      problem: problem
    )
  }

  /// Results of the base and another server, without a sample.
  static var empty: Results {
    Results(
      tool: "uvecho 0",
      startedAt: "2026-03-01T09:30:00Z",
      settings: settings,
      machine: machine,
      entrants: [entrant("base"), entrant("other")]
    )
  }

  /// A valid sample of a closed loop, in which the server was the limit and took ten microseconds for a reply.
  static func sample(
    _ entrant: String,
    _ rate: Double,
    round: Int = 1,
    share: Double? = nil,
    change: (inout Sample) -> Void = { _ in }
  ) -> Sample {
    var sample = Sample(
      entrant: entrant,
      round: round,
      cell: cell,
      share: share,
      ratePerSecond: share == nil ? nil : rate
    )
    sample.startMilliseconds = 12.5
    sample.load = LoadFigures(
      verdict: "VALID",
      valid: true,
      limiter: share == nil ? .server : nil,
      seconds: 1,
      requests: Int(rate),
      responses: Int(rate),
      responsesPerSecond: rate,
      connectionsMade: 5,
      errors: [:],
      latency: latency(1e6 / rate),
      rawLatency: share == nil ? nil : latency(1e6 / rate),
      clientSeconds: 0.25,
      clientShare: 0.25
    )
    sample.server = ServerFigures(
      userSeconds: rate * 4e-6,
      systemSeconds: rate * 6e-6,
      idleBytes: 1_000_000,
      loadBytes: 2_000_000,
      peakBytes: 3_000_000,
      bytesPerConnection: share == nil ? 512 : nil,
      threads: 1
    )
    sample.survival = Survival(answers: true, leftoverSockets: 0, end: "exit 0")
    change(&sample)
    return sample
  }

  /// Times that are all the same, in microseconds.
  static func latency(_ time: Double) -> LatencyFigures {
    LatencyFigures(
      mean: time,
      stddev: 0,
      min: time,
      max: time,
      curve: LatencyFigures.percentiles.map { _ in time }
    )
  }

  /// Complete results of some samples.
  static func results(_ samples: [Sample], _ change: (inout Results) -> Void = { _ in }) -> Results {
    var results = empty
    results.samples = samples
    results.isComplete = true
    change(&results)
    results.summarize()
    return results
  }

  /// Results in which there is everything that there can be.
  static var full: Results {
    results([
      sample("base", 1000), sample("other", 500), sample("base-again", 1000),
      sample("base", 250, share: 0.5), sample("other", 250, share: 0.5),
    ]) {
      $0.settings.hasTwin = true
      $0.settings.latencyShares = [0.5]
      $0.machine.serverProcessor = 1
      $0.machine.clientProcessor = 0
      $0.machine.notes = ["The machine was old."]
      var twin = entrant("base-again")
      twin.peer = "base"
      twin.isTwin = true
      $0.entrants += [twin, entrant("absent", problem: "it isn't built")]
      $0.entrants[1].notes = ["It hurries."]
      $0.entrants[1].givenUp = "it ended before it accepted: exit 3"
      $0.latencyRates = [LatencyRate(cell: cell, share: 0.5, perSecond: 250, slowest: "other")]
      $0.samples.append(
        sample("other", 400, round: 2) {
          $0.load?.valid = false
          $0.load?.verdict = "INVALID: a reason"
          $0.load?.errors = ["read.reset": 1]
          $0.survival?.crashed = "SIGSEGV"
        }
      )
      $0.samples.append(
        Sample(entrant: "other", round: 3, cell: cell, failure: "it ended before it accepted: exit 3")
      )
    }
  }
}
