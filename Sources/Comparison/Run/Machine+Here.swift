internal import Libuv
internal import LoadGenerator

extension Machine {
  /// The machine that this program runs on.
  ///
  /// - Parameter processors: those that servers and clients are kept on.
  public init(_ processors: Processors) {
    let cpus = Self.fields(ProcessUsage.text("/proc/cpuinfo"), ":")
    let memory = Self.fields(ProcessUsage.text("/proc/meminfo"), ":")["MemTotal"]?.split(separator: " ").first
    let system = Self.fields(ProcessUsage.text("/etc/os-release"), "=")["PRETTY_NAME"]
    let kernel = ["ostype", "osrelease"].compactMap {
      ProcessUsage.text("/proc/sys/kernel/\($0)")?.split(whereSeparator: \.isWhitespace).first
    }
    self.init(
      // Not all architectures tell a model.
      processor: cpus["model name"] ?? cpus["Model"] ?? cpus["CPU implementer"].map { "implementer \($0)" }
        ?? "unknown",
      processors: ThreadAffinity.processors.count,
      memoryBytes: (memory.flatMap { Int($0) } ?? 0) * 1024,
      system: system?.filter { $0 != "\"" } ?? "unknown",
      kernel: kernel.isEmpty ? "unknown" : kernel.joined(separator: " "),
      serverProcessor: processors.server,
      clientProcessor: processors.client,
      notes: processors.notes + Self.notesOnLoad(ProcessUsage.text("/proc/loadavg"))
    )
  }

  /// The first of each name, without the blanks around.
  static func fields(_ text: String?, _ separator: Character) -> [String: String] {
    var fields: [String: String] = [:]
    for line in (text ?? "").split(separator: "\n") {
      let parts = line.split(separator: separator, maxSplits: 1).map { part in
        part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      }
      if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
    }
    return fields
  }

  /// What others were doing when it began.
  static func notesOnLoad(_ text: String?) -> [String] {
    guard let average = text?.split(separator: " ").first, let load = Double(average), load >= 0.5 else {
      return []
    }
    return [
      "The machine was not idle when this began: in the minute before, its load average was \(average)."
    ]
  }
}
