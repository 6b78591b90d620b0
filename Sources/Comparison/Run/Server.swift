internal import FoundationEssentials
internal import Libuv
internal import LoadGenerator
internal import SystemPackage

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A peer's server that has been started, on a port that was free.
///
/// Whoever has one calls ``end()``, also when something fails. It belongs to the thread that made it, and looks at its
/// process only during its calls.
final class Server {
  /// How long a server may take to accept, to answer, and to end when it is told to.
  struct Patience {
    var start = Duration.seconds(30)
    var answer = Duration.seconds(2)
    var end = Duration.seconds(5)
  }

  /// Where it listens.
  let address: SocketAddress
  /// From the start of the process until its port accepted, in milliseconds.
  private(set) var startMilliseconds = 0.0
  private let loop: Loop
  private let process: ChildProcess
  private let patience: Patience
  private let instrument: Instrument?
  private let isInterrupted: () -> Bool

  /// The number of its process.
  var processIdentifier: Int { Int(process.processIdentifier) }

  /// Starts a peer's server, and returns when its port accepts.
  ///
  /// - Parameters:
  ///   - peer: whose.
  ///   - folder: where the peers are.
  ///   - processor: the one that it is kept on, with all that it starts; nil for any.
  ///   - logPath: where what it prints goes.
  ///   - instrument: what its process runs under; nil for nothing.
  ///   - patience: how long it may take.
  ///   - isInterrupted: whether to give up waiting for its port; asked every millisecond.
  /// - Throws: ``ServerFailure`` when it can't be started, ends, or doesn't accept in time; ``Interrupted``.
  init(
    _ peer: Peer,
    in folder: PeerFolder,
    on processor: Int?,
    logPath: String,
    under instrument: Instrument? = nil,
    patience: Patience = Patience(),
    isInterrupted: @escaping () -> Bool = { false }
  ) throws {
    self.patience = patience
    self.instrument = instrument
    self.isInterrupted = isInterrupted
    let log = try FileDescriptor.open(
      FilePath(logPath),
      .writeOnly,
      options: [.create, .truncate, .closeOnExec],
      permissions: [.ownerReadWrite, .groupRead, .otherRead]
    )
    defer { try? log.close() }
    let loop = try Loop()
    self.loop = loop
    let port = try Self.freePort(loop)
    address = SocketAddress(host: "127.0.0.1", port: port)!
    var words = folder.command(of: peer, port: port)
    if let instrument { words = instrument.command(words) }
    var configuration = ChildProcess.Configuration(executable: words[0], arguments: Array(words.dropFirst()))
    configuration.workingDirectory = peer.folder
    configuration.environment = folder.environment(of: peer)
    configuration.standardOutput = .descriptor(log.rawValue)
    configuration.standardError = .descriptor(log.rawValue)
    // Ctrl-C is for the comparison, which then ends the server with all that it has started.
    configuration.isDetached = true
    let began = ContinuousClock.now
    do {
      let start = { try ChildProcess(loop, configuration) { _, _ in } }
      process = try processor.map { try ThreadAffinity.with([$0], start) } ?? start()
    } catch {
      try? Self.finish(loop)
      throw ServerFailure(reason: "it can't be started: \(error)", log: "")
    }
    do {
      try waitUntilAccepting(began + patience.start)
    } catch {
      _ = end()
      if error is Interrupted { throw error }
      throw ServerFailure(reason: "\(error)", log: ProcessUsage.text(logPath) ?? "")
    }
    startMilliseconds = (ContinuousClock.now - began) / .milliseconds(1)
  }

  private struct NotAccepting: Error, CustomStringConvertible {
    let description: String
  }

  private func waitUntilAccepting(_ deadline: ContinuousClock.Instant) throws {
    while true {
      if isInterrupted() { throw Interrupted() }
      if let exit = process.exit { throw NotAccepting(description: "it ended before it accepted: \(exit)") }
      guard ContinuousClock.now < deadline else {
        throw NotAccepting(description: "its port did not accept within \(patience.start)")
      }
      var result: UVError??
      let client = try TCP(loop)
      try client.connect(to: address) { result = .some($0) }
      try wait(until: deadline) { result != nil || isInterrupted() }
      client.close()
      if case .some(.none) = result { return }
      // A refused connection is told at once: a little later, then. The first times more often, as some are quick.
      let isNew = ContinuousClock.now < deadline - patience.start + .milliseconds(20)
      try pause(nanoseconds: isNew ? 200_000 : 2_000_000)
    }
  }

  private func pause(nanoseconds: UInt64) throws {
    var isOver = false
    let timer = try PreciseTimer(loop) { timer in
      timer.close()
      isOver = true
    }
    try timer.start(at: Loop.nanoseconds + nanoseconds)
    while !isOver { loop.run(.once) }
  }

  /// Runs the loop until a condition holds, or a time has come.
  ///
  /// - Returns: whether the condition holds.
  @discardableResult
  private func wait(until deadline: ContinuousClock.Instant, _ condition: () -> Bool) throws -> Bool {
    let ticker = try Timer(loop)
    defer { ticker.close() }
    try ticker.start(after: .milliseconds(1), repeating: .milliseconds(1)) { _ in }
    while !condition() {
      guard ContinuousClock.now < deadline else { return false }
      loop.run(.once)
    }
    return true
  }

  /// Where ports for servers are looked for: below those that systems give to outgoing connections, one of which could
  /// otherwise take the port before the server does.
  static let ports: ClosedRange<UInt16> = 20_000...32_000

  /// A port on which nobody listens.
  static func freePort() throws -> UInt16 {
    let loop = try Loop()
    defer { try? finish(loop) }
    return try freePort(loop)
  }

  private static func freePort(_ loop: Loop) throws -> UInt16 {
    for _ in 0..<100 {
      let socket = try TCP(loop)
      defer { socket.close() }
      let port = UInt16.random(in: ports)
      if (try? socket.bind(to: SocketAddress(host: "127.0.0.1", port: port)!)) != nil,
        (try? socket.listen { _ in }) != nil
      {
        return port
      }
    }
    // A machine with all of those taken: whatever there is.
    let socket = try TCP(loop)
    defer { socket.close() }
    try socket.bind(to: "127.0.0.1:0")
    return try socket.localAddress.port!
  }

  // MARK: While it runs

  /// What its process and those that it has started use; nil when it has ended.
  var usage: ProcessUsage? { ProcessUsage(of: processIdentifier, withChildren: true) }

  /// How many sockets its process has open; nil when it has ended.
  var socketCount: Int? {
    let folder = "/proc/\(processIdentifier)/fd"
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
    return names.count { name in
      // One that is closed meanwhile is none.
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))?.hasPrefix("socket:")
        == true
    }
  }

  /// How its process has ended; nil when it still runs after a time.
  func exit(within patience: Duration) throws -> ChildProcess.Exit? {
    loop.run(.noWait)
    try wait(until: .now + patience) { process.exit != nil }
    return process.exit
  }

  /// Whether a new connection has its bytes back in time.
  func answers() throws -> Bool {
    let asked = "are you there?\n"
    var answer = ""
    var failed = false
    let client = try TCP(loop)
    defer { client.close() }
    try client.connect(to: address) { [unowned client] error in
      guard error == nil else { return failed = true }
      do throws(UVError) {
        try client.read { _, event in
          if case .bytes(let bytes) = event {
            answer += bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
          } else {
            failed = true
          }
        }
        try client.write(asked)
      } catch {
        failed = true
      }
    }
    try wait(until: .now + patience.answer) { failed || answer.utf8.count >= asked.utf8.count }
    return answer == asked
  }

  /// How many more sockets its process has open than it had before, when it has had a second to close them.
  func leftoverSockets(above count: Int) throws -> Int {
    try wait(until: .now + .seconds(1)) { (socketCount ?? 0) <= count }
    return max(0, (socketCount ?? 0) - count)
  }

  // MARK: Its end

  /// Tells it to end, and kills what hasn't ended in time, with all that it has started.
  ///
  /// - Returns: how it ended; nil when it had to be killed.
  @discardableResult
  func end() -> ChildProcess.Exit? {
    // Once it has ended nobody knows any more whose they were.
    let descendants = ProcessUsage.descendants(of: processIdentifier)
    // What fails here fails because it has ended.
    if instrument?.keepsSignals == true {
      try? process.sendToGroup(.terminate)
    } else {
      try? process.send(.terminate)
    }
    let ended = try? wait(until: .now + patience.end) { process.exit != nil }
    let exit = process.exit
    try? process.sendToGroup(.kill)
    // Some have left the group.
    for descendant in descendants where ProcessUsage.start(of: descendant.number) == descendant.start {
      kill(Int32(descendant.number), SIGKILL)
    }
    if ended != true { _ = try? wait(until: .now + .seconds(30)) { process.exit != nil } }
    process.close()
    try? Self.finish(loop)
    return ended == true ? exit : nil
  }

  private static func finish(_ loop: Loop) throws {
    loop.run()
    try loop.close()
  }
}

/// The comparison was asked to end.
struct Interrupted: Error {}

/// A server could not be started.
struct ServerFailure: Error, CustomStringConvertible {
  /// A clause that says why.
  let reason: String
  /// What it had printed.
  let log: String

  var description: String {
    let lines = log.split(separator: "\n").suffix(3).joined(separator: " | ")
    return lines.isEmpty ? reason : "\(reason); it printed: \(lines)"
  }
}
