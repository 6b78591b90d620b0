internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// What the calling thread has had of the processors, in seconds.
struct ThreadUsage {
  /// How long it ran.
  var running = 0.0
  /// How long it could have run and had to wait for a processor, as far as the system tells.
  var waiting = 0.0

  /// Up to now.
  static var now: ThreadUsage {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    // Nanoseconds run, nanoseconds waited, number of times.
    let waited = ProcessUsage.text("/proc/thread-self/schedstat")?.split(separator: " ").dropFirst().first
    return ThreadUsage(
      running: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9,
      waiting: (waited.flatMap { Double($0) } ?? 0) / 1e9
    )
  }

  static func - (left: ThreadUsage, right: ThreadUsage) -> ThreadUsage {
    ThreadUsage(running: left.running - right.running, waiting: left.waiting - right.waiting)
  }

  static func + (left: ThreadUsage, right: ThreadUsage) -> ThreadUsage {
    ThreadUsage(running: left.running + right.running, waiting: left.waiting + right.waiting)
  }
}

/// What a process has used, as `/proc` tells it.
public struct ProcessUsage: Sendable {
  /// Processor time in user space, in seconds.
  public var userSeconds: Double
  /// Processor time in the kernel, in seconds.
  public var systemSeconds: Double
  /// Memory that is resident now, in bytes.
  public var residentBytes: Int
  /// The most memory that was resident, in bytes.
  public var peakBytes: Int

  /// Processor time, in seconds.
  public var processorSeconds: Double { userSeconds + systemSeconds }

  /// Reads it.
  ///
  /// - Parameter process: the process's number; nil for this one.
  /// - Returns: nil when there is no such process, or the system has no `/proc`.
  public init?(of process: Int?) {
    let folder = "/proc/\(process.map(String.init) ?? "self")"
    guard let stat = Self.text("\(folder)/stat"), let status = Self.text("\(folder)/status"),
      let name = stat.lastIndex(of: ")")
    else { return nil }
    // The fields after the name, which may hold anything.
    let fields = stat[name...].split(separator: " ").dropFirst()
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    guard fields.count > 13, let user = Double(fields[fields.startIndex + 11]),
      let system = Double(fields[fields.startIndex + 12])
    else { return nil }
    userSeconds = user / ticks
    systemSeconds = system / ticks
    residentBytes = Self.kibibytes(status, "VmRSS:") * 1024
    peakBytes = Self.kibibytes(status, "VmHWM:") * 1024
  }

  private static func kibibytes(_ status: String, _ name: String) -> Int {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) }
      ?? 0
  }

  static func text(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return nil }
    return try? file.closeAfter {
      var text: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        text += buffer[..<count]
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
}
