/// What a ladder of servers costs, rung by rung. `docs/cost-json.md` describes each field as it stands in `cost.json`.
public struct CostResults: Codable, Sendable {
  /// The version of this schema: it changes when a field changes its meaning or goes, not when one is added.
  public static let schemaVersion = 1

  /// The version that this was written with.
  public var schema = CostResults.schemaVersion
  /// Which of the program's reports this is.
  public var kind = "cost"
  /// The program that made it, with its version.
  public var tool: String
  /// When it began, by ISO 8601.
  public var startedAt: String
  /// Where it ran.
  public var machine: Machine
  /// The rung that the others are divided by.
  public var base: String
  /// The rungs, from the bottom up.
  public var rungs: [RungCost]
  /// Responses a second, processor time, memory at load and time to start, in interleaved rounds: a comparison whose
  /// entrants are the rungs. Nil when it was left out.
  public var speed: Results?
  /// What is wrong with the whole, such as that it was ended early: sentences; nil for nothing.
  public var problems: [String]? = nil
}

/// What one rung costs.
public struct RungCost: Codable, Sendable {
  /// Its name on the command line.
  public var id: String
  /// For people.
  public var name: String
  /// The language that it is written in.
  public var language: String
  /// What it runs on.
  public var runtime: String
  /// The version of that.
  public var version: String?
  /// What isn't equal to the others: sentences.
  public var notes: [String]
  /// What each kind of work costs; those that could not be measured, or that nobody asked for, are absent.
  public var work: [WorkCost]
  /// Its memory with some numbers of idle connections.
  public var memory: [MemoryPoint]
  /// How large it is.
  public var size: CodeSize?
  /// From the start of the process until it printed that it listens, in milliseconds.
  public var startMilliseconds: Spread?
  /// ... of the base's, with its interval.
  public var startRatio: Ratio?
  /// What could not be measured, and why: sentences.
  public var problems: [String]
}

/// What a server does over and over again.
public enum Work: String, Codable, Sendable, CaseIterable {
  /// 64 bytes come and go back, on a connection that stays.
  case echo
  /// A connection is accepted, has one echo, and is closed.
  case connection
  /// A timer fires, a millisecond after the last time.
  case timer
  /// Another thread wakes the loop.
  case wakeup
}

/// What one of some kind of work costs.
public struct WorkCost: Codable, Sendable {
  /// The kind.
  public var work: Work
  /// User-space instructions, counted by callgrind, of all threads.
  public var instructions: Slope
  /// Where they are spent; the sum of `instructions.each`, up to rounding.
  public var slices: [SliceCost]
  /// The functions that take most, and how many each takes: the evidence for the slices.
  public var functions: [FunctionCost]
  /// Calls of malloc and its kin.
  public var allocations: Slope?
  /// The bytes that they asked for.
  public var allocatedBytes: Slope?
  /// System calls by name, for one.
  public var systemCalls: [String: Double]?
}

/// A straight line through counts of runs with more and more of some work: what each costs, without start and end.
public struct Slope: Codable, Sendable, Equatable {
  /// What one costs.
  public var each: Double
  /// What a run costs without any.
  public var fixed: Double
  /// How far the line is from the point that fits worst, as a share of what that run has counted above `fixed`.
  public var worst: Double
  /// The runs.
  public var points: [Point]

  /// One run.
  public struct Point: Codable, Sendable, Equatable {
    /// How much work it had.
    public var count: Int
    /// What was counted.
    public var value: Double
  }
}

/// Where instructions are spent.
public enum Slice: String, Codable, Sendable, CaseIterable {
  /// libuv.
  case libuv
  /// The C library, without its allocator.
  case library
  /// Our library's code.
  case wrapper
  /// The server's own code.
  case service
  /// Counting references.
  case references
  /// Checks that nobody else has access.
  case exclusivity
  /// Checks that the right executor runs.
  case executors
  /// Allocating and freeing memory.
  case allocation
  /// Calling closures: thunks between the shapes that they have.
  case closures
  /// Swift's runtime for tasks.
  case tasks
  /// The rest of Swift's runtime and standard library.
  case runtime
  /// Another framework: SwiftNIO, or Node with V8.
  case framework
  /// Finding addresses of functions and of variables of threads.
  case linking
}

/// What a slice takes.
public struct SliceCost: Codable, Sendable, Equatable {
  /// Which.
  public var slice: Slice
  /// Instructions for one.
  public var instructions: Double
}

/// What a function takes.
public struct FunctionCost: Codable, Sendable, Equatable {
  /// Its name, as people write it.
  public var name: String
  /// The file that it is in: `libuv.so.1.0.0`.
  public var object: String
  /// The slice that it counts for.
  public var slice: Slice
  /// Instructions for one.
  public var instructions: Double
}

/// A server's memory with idle connections, each of which has had one echo.
public struct MemoryPoint: Codable, Sendable, Equatable {
  /// How many connections.
  public var connections: Int
  /// The anonymous memory that is resident then, in bytes.
  public var bytes: Int
  /// How much more than without connections, for each, in bytes.
  public var bytesPerConnection: Double
}

/// How large a server is.
public struct CodeSize: Codable, Sendable, Equatable {
  /// The machine code and constants of its program, in bytes.
  public var programBytes: Int
  /// The program's file without debug information, in bytes.
  public var fileBytes: Int
  /// The files that are mapped besides, by name, with the size of each in bytes.
  public var libraries: [String: Int]
}
