internal import FoundationEssentials
internal import Libuv

/// A program that runs another one, and counts what it does.
struct Instrument {
  /// The words that run a command under it.
  let command: ([String]) -> [String]
  /// Whether it doesn't pass on the signals that it gets: then all of its group get them.
  var keepsSignals = false

  /// Counts instructions, function by function.
  ///
  /// Threads take turns in order, so that they do so the same way each time. Names stay mangled, as they say more than
  /// they do for people; the calls through a table of addresses have a function of their own each, as they are a price of
  /// dynamic libraries.
  static func callgrind(output: String, _ programs: ReadablePrograms) -> Instrument {
    Instrument { words in
      programs.preloading + [
        "valgrind", "--tool=callgrind", "--callgrind-out-file=\(output)", "--compress-strings=no",
        "--compress-pos=no", "--demangle=no", "--skip-plt=no", "--fair-sched=try", "--log-file=\(output).log",
      ] + programs.readable(words)
    }
  }

  /// Counts calls of malloc and its kin, and the bytes that they ask for.
  static func memcheck(log: String, _ programs: ReadablePrograms) -> Instrument {
    // What is leaked, or not written before it is read, isn't asked here.
    Instrument { words in
      programs.preloading + [
        "valgrind", "--tool=memcheck", "--leak-check=no", "--undef-value-errors=no", "--fair-sched=try",
        "--log-file=\(log)",
      ] + programs.readable(words)
    }
  }

  /// Counts system calls.
  static func strace(output: String) -> Instrument {
    Instrument(
      command: { words in ["strace", "-f", "-qq", "-c", "-U", "calls,name", "-o", output] + words },
      keepsSignals: true
    )
  }

  // MARK: What they have written

  /// The allocations that memcheck has counted, and their bytes; nil when it was ended before it did.
  static func heapUsage(_ log: String) -> (allocations: Int, bytes: Int)? {
    guard let line = log.split(separator: "\n").last(where: { $0.contains("total heap usage: ") }),
      let usage = line.firstRange(of: "total heap usage: ")
    else { return nil }
    let words = line[usage.upperBound...].split(separator: " ").map { $0.filter { $0 != "," } }
    // 1,234 allocs, 1,233 frees, 56,789 bytes allocated
    guard words.count >= 6, words[1] == "allocs", words[5] == "bytes", let allocations = Int(words[0]),
      let bytes = Int(words[4])
    else { return nil }
    return (allocations, bytes)
  }

  /// How often each system call was made, by strace's table; nil when that isn't one.
  static func systemCalls(_ table: String) -> [String: Int]? {
    var calls: [String: Int] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let count = Int(words[0]), words[1] != "total" else { continue }
      calls[String(words[1]), default: 0] += count
    }
    return calls.isEmpty ? nil : calls
  }

  // MARK: What they need

  /// A program that something is counted with.
  enum Tool: String, CaseIterable {
    case valgrind
    case objcopy
    case size
    case strace

    /// Debian's package that it is in.
    var package: String {
      switch self {
      case .valgrind: "valgrind"
      case .objcopy, .size: "binutils"
      case .strace: "strace"
      }
    }
  }
}

/// Programs that something is measured with are not installed.
public struct MissingTools: Error, CustomStringConvertible {
  /// Their names.
  public let names: [String]
  /// Debian's packages that they are in.
  public let packages: [String]

  /// A clause that says which package brings them.
  public var description: String {
    """
    \(Numbers.list(names)) \(names.count == 1 ? "is" : "are") missing: `apt-get install \(packages.joined(separator: " "))` \
    brings \(names.count == 1 ? "it" : "them")
    """
  }

  /// Makes sure that tools are there.
  static func require(_ tools: [Instrument.Tool]) throws(MissingTools) {
    let missing = Settings.distinct(tools).filter { !SearchPath.has($0.rawValue) }
    guard missing.isEmpty else {
      throw MissingTools(
        names: missing.map(\.rawValue),
        packages: Settings.distinct(missing.map(\.package))
      )
    }
  }
}

/// Copies of programs without debug information: valgrind 3.19 gives up at the DWARF 5 that Swift writes. Symbols stay.
final class ReadablePrograms {
  private let folder: String
  private let ladder: LadderFolder
  private var copies: [String: String] = [:]

  /// - Parameter folder: where the copies go; it is there.
  init(in folder: String, _ ladder: LadderFolder) {
    self.folder = folder
    self.ladder = ladder
  }

  /// Words that have a library preloaded, which valgrind 3.19 needs for the main thread of a Swift program with tasks;
  /// `make rungs` builds it.
  var preloading: [String] {
    guard let path = ladder.program("c/valgrind-sigsuspend.so") else { return [] }
    return ["env", "LD_PRELOAD=\(path)"]
  }

  /// A command with such a copy for its program, or as it is where none was made.
  func readable(_ words: [String]) -> [String] {
    guard let path = ladder.program(words[0]), let copy = copies[path] else { return words }
    return [copy] + words.dropFirst()
  }

  /// Makes the copy of a command's program, if there is none yet. One that isn't a program of machine code is left.
  ///
  /// - Returns: the copy; nil when none can be made.
  func prepare(_ words: [String]) throws -> String? {
    guard let path = ladder.program(words[0]) else { return nil }
    if let copy = copies[path] { return copy }
    // Each has a folder of its own, so that the copy has the program's name.
    let place = "\(folder)/\(copies.count)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let name = URL(filePath: path).lastPathComponent
    let copy = "\(place)/\(name)"
    let outcome = try ShellCommand.run(
      [
        ShellCommand(
          text: #"objcopy --strip-debug "$FROM" "$TO""#,
          folder: folder,
          environment: ProcessInfo.processInfo.environment.merging(["FROM": path, "TO": copy]) { $1 }
        )
      ],
      patience: .seconds(60)
    )[0]
    guard outcome.exit == .code(0) else { return nil }
    copies[path] = copy
    return copy
  }
}
