internal import Libuv
internal import LoadGenerator

extension MemoryPoint {
  /// Looks at a server's memory with more and more idle connections, each of which has had one echo.
  ///
  /// - Parameters:
  ///   - counts: how many connections, in rising order.
  ///   - server: which has had no connection but the one that tried its port.
  ///   - isInterrupted: whether to give up.
  /// - Returns: the points up to the first that can't be had, and why that can't: a clause.
  /// - Throws: ``Interrupted``.
  static func measure(
    _ counts: [Int],
    of server: Server,
    isInterrupted: () -> Bool
  ) throws -> (points: [MemoryPoint], problem: String?) {
    func bytes() -> Int? { ProcessUsage.anonymousBytes(of: server.processIdentifier) }
    guard let before = bytes() else { return ([], "its memory can't be read in /proc") }
    var points: [MemoryPoint] = []
    let crowd = try IdleCrowd(of: server.address, atOnce: 50)
    defer { try? crowd.leave() }
    for count in counts {
      do {
        try LoadGenerator.requireDescriptors(for: count, .persistent)
      } catch {
        return (points, "\(error)")
      }
      guard try crowd.grow(to: count, patience: .seconds(60), isInterrupted: isInterrupted) else {
        if isInterrupted() { throw Interrupted() }
        let exit = try server.exit(within: .zero).map { ": it ended: \($0)" } ?? ""
        return (
          points, "\(Numbers.count(crowd.standing)) of \(Numbers.count(count)) connections had an echo\(exit)"
        )
      }
      guard let now = bytes() else { return (points, "its memory can't be read in /proc") }
      points.append(
        MemoryPoint(
          connections: count,
          bytes: now,
          bytesPerConnection: Double(now - before) / Double(count)
        )
      )
    }
    return (points, nil)
  }
}

extension ProcessUsage {
  /// The resident memory of a process that is its own, in bytes: not the files that it has mapped.
  static func anonymousBytes(of process: Int) -> Int? {
    let status = text("/proc/\(process)/status")
    let line = status?.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line.flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }.flatMap { Int($0) }
      .map { $0 * 1024 }
  }
}
