/// All that a comparison has brought. `docs/compare-json.md` describes each field as it stands in `results.json`.
///
/// Times are in microseconds where the name doesn't say otherwise, memory in bytes.
public struct Results: Codable, Sendable {
  /// The version of this schema: it changes when a field changes its meaning or goes, not when one is added.
  public static let schemaVersion = 1

  /// The version that this was written with.
  public var schema = Results.schemaVersion
  /// Which of the program's reports this is.
  public var kind = "comparison"
  /// The program that made it, with its version.
  public var tool: String
  /// A digest of the program's file: versions change less often.
  public var program: String
  /// When it began, by ISO 8601.
  public var startedAt: String
  /// When its last sample was measured, by ISO 8601.
  public var updatedAt: String
  /// Whether all rounds are there.
  public var isComplete = false
  /// What was asked.
  public var settings: Settings
  /// Where it ran.
  public var machine: Machine
  /// Who took part, and who could not.
  public var entrants: [Entrant]
  /// The requests a second of each workload at each share of the slowest server's capacity; empty until that is known.
  public var latencyRates: [LatencyRate] = []
  /// Every start of a server, and what was measured then.
  public var samples: [Sample] = []
  /// The figures of each entrant and workload over the rounds, made from the samples.
  public var summaries: [Summary] = []

  /// Results without a sample.
  public init(
    tool: String,
    program: String = "",
    startedAt: String,
    settings: Settings,
    machine: Machine,
    entrants: [Entrant]
  ) {
    self.tool = tool
    self.program = program
    self.startedAt = startedAt
    updatedAt = startedAt
    self.settings = settings
    self.machine = machine
    self.entrants = entrants
  }
}

/// A rate at which the latency of all servers is measured.
public struct LatencyRate: Codable, Sendable, Equatable {
  /// The workload.
  public var cell: Cell
  /// The share of the slowest server's capacity.
  public var share: Double
  /// In requests a second.
  public var perSecond: Double
  /// Whose capacity it is a share of.
  public var slowest: String

  /// A share of a server's capacity.
  public init(cell: Cell, share: Double, perSecond: Double, slowest: String) {
    self.cell = cell
    self.share = share
    self.perSecond = perSecond
    self.slowest = slowest
  }
}

/// The machine that servers and clients ran on.
public struct Machine: Codable, Sendable, Equatable {
  /// The processor's model.
  public var processor: String
  /// How many processors the program may use.
  public var processors: Int
  /// The memory, in bytes.
  public var memoryBytes: Int
  /// The operating system's name.
  public var system: String
  /// The kernel's name and version.
  public var kernel: String
  /// The processor that servers are kept on; nil when they are not.
  public var serverProcessor: Int?
  /// The processor that the clients are kept on; nil when they are not.
  public var clientProcessor: Int?
  /// What about the machine makes the figures less sharp: sentences.
  public var notes: [String]

  /// A machine.
  public init(
    processor: String,
    processors: Int,
    memoryBytes: Int,
    system: String,
    kernel: String,
    serverProcessor: Int? = nil,
    clientProcessor: Int? = nil,
    notes: [String] = []
  ) {
    self.processor = processor
    self.processors = processors
    self.memoryBytes = memoryBytes
    self.system = system
    self.kernel = kernel
    self.serverProcessor = serverProcessor
    self.clientProcessor = clientProcessor
    self.notes = notes
  }
}

/// A server that takes part, or should have.
public struct Entrant: Codable, Sendable, Equatable {
  /// Its name among the results: that of its folder, or of the base with `-again`.
  public var id: String
  /// The folder of its peer.
  public var peer: String
  /// For people.
  public var name: String
  /// The language that it is written in.
  public var language: String
  /// What it runs on.
  public var runtime: String
  /// The version of that.
  public var version: String?
  /// A digest of what it was made from; absent when it could not be read.
  public var digest: String?
  /// How many threads serve connections.
  public var threads: Int
  /// What isn't equal to the others: sentences.
  public var notes: [String]
  /// Whether it is the base a second time.
  public var isTwin: Bool
  /// Why it has no figures: it isn't installed, or not built.
  public var problem: String?
  /// Why its server wasn't started any more after some rounds: how it had failed again and again.
  public var givenUp: String?

  /// An entrant.
  public init(
    id: String,
    peer: String,
    name: String,
    language: String,
    runtime: String,
    version: String? = nil,
    digest: String? = nil,
    threads: Int = 1,
    notes: [String] = [],
    isTwin: Bool = false,
    problem: String? = nil
  ) {
    self.id = id
    self.peer = peer
    self.name = name
    self.language = language
    self.runtime = runtime
    self.version = version
    self.digest = digest
    self.threads = threads
    self.notes = notes
    self.isTwin = isTwin
    self.problem = problem
  }
}
