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
  /// How many threads there are now.
  public var threads: Int

  /// Processor time, in seconds.
  public var processorSeconds: Double { userSeconds + systemSeconds }

  /// Reads it.
  ///
  /// - Parameters:
  ///   - process: the process's number; nil for this one.
  ///   - withChildren: whether to add what the processes that it has started use, and theirs, and what those have used
  ///     that have ended and been waited for. Memory that they share counts for each.
  /// - Returns: nil when there is no such process, or the system has no `/proc`.
  public init?(of process: Int?, withChildren: Bool = false) {
    let folder = "/proc/\(process.map(String.init) ?? "self")"
    guard let stat = Self.text("\(folder)/stat"), let status = Self.text("\(folder)/status"),
      let name = stat.lastIndex(of: ")")
    else { return nil }
    // The fields after the name, which may hold anything.
    let fields = stat[name...].split(separator: " ").dropFirst().map { Double($0) ?? 0 }
    guard fields.count > 14 else { return nil }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    userSeconds = fields[11] / ticks
    systemSeconds = fields[12] / ticks
    residentBytes = Self.number(status, "VmRSS:") * 1024
    peakBytes = Self.number(status, "VmHWM:") * 1024
    threads = Self.number(status, "Threads:")
    guard withChildren else { return }
    userSeconds += fields[13] / ticks
    systemSeconds += fields[14] / ticks
    for child in Self.children(folder) {
      // One that has ended by now is in the sums of the next look.
      guard let usage = ProcessUsage(of: child, withChildren: true) else { continue }
      userSeconds += usage.userSeconds
      systemSeconds += usage.systemSeconds
      residentBytes += usage.residentBytes
      peakBytes += usage.peakBytes
      threads += usage.threads
    }
  }

  /// The processes that one has started, and those that they have started, by number and the time of their start, which
  /// no other process of that number has.
  package static func descendants(of process: Int) -> [(number: Int, start: UInt64)] {
    children("/proc/\(process)").flatMap { child in
      (start(of: child).map { [(child, $0)] } ?? []) + descendants(of: child)
    }
  }

  /// When a process was started, in ticks of the kernel's clock; nil when there is none, or it has ended.
  package static func start(of process: Int) -> UInt64? {
    guard let stat = text("/proc/\(process)/stat"), let name = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[name...].split(separator: " ").dropFirst()
    guard fields.count > 19, fields.first != "Z" else { return nil }
    return UInt64(fields[fields.startIndex + 19])
  }

  /// The processes that one has started: each of its threads has a list.
  private static func children(_ folder: String) -> [Int] {
    guard let tasks = opendir("\(folder)/task") else { return [] }
    defer { closedir(tasks) }
    var children: [Int] = []
    while let entry = readdir(tasks) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { name in
        String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard Int(name) != nil, let list = text("\(folder)/task/\(name)/children") else { continue }
      children += list.split(separator: " ").compactMap { Int($0) }
    }
    return children
  }

  private static func number(_ status: String, _ name: String) -> Int {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) }
      ?? 0
  }

  /// What a file holds; nil when it can't be read. Foundation's own function leaks its buffer when that is nothing.
  package static func text(_ path: String) -> String? {
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
