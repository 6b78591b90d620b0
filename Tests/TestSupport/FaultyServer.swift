public import Libuv
public import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A TCP server that misbehaves as it is told, on a thread and a loop of its own: for tests of clients.
///
/// Its clients send requests of one size, and each is to get its own bytes back. Where a fault is for each Nth
/// reply, all connections of the server count together.
public final class FaultyServer {
  /// What the server does wrong.
  public enum Fault: Sendable {
    /// Nothing: each piece is echoed as it comes.
    case none
    /// Each piece is echoed after this time, and never before.
    case delay(Duration)
    /// One byte of each Nth reply is wrong.
    case wrongByte(every: Int)
    /// The last byte of each Nth reply is left out.
    case missingByte(every: Int)
    /// A byte too many comes after each Nth reply.
    case surplusByte(every: Int)
    /// Each reply is sent in so many pieces, each in a turn of the loop of its own.
    case pieces(Int)
    /// The connection is reset in the place of each Nth reply.
    case reset(every: Int)
    /// The whole server, with all its connections, stops for a time before each Nth reply.
    case stall(Duration, every: Int)
    /// Requests are read, and never answered.
    case mute
    /// Connections are taken, and ended at once.
    case closesAfterAccept
    /// As many bytes as a reply has are sent before anything was asked; then all is echoed.
    case answersFirst
    /// Connections are never taken: the kernel makes them, and holds what they send.
    case neverAccepts
  }

  /// What has happened on the server.
  public struct Counters: Equatable, Sendable {
    /// How many connections were taken.
    public var connections = 0
    /// How many whole requests came.
    public var requests = 0
    /// How many bytes came.
    public var bytesIn = 0
    /// How many bytes the kernel took.
    public var bytesOut = 0
    /// How many writes there were.
    public var writes = 0
    /// How many times the server did what it is told to do wrong.
    public var faults = 0

    /// Before anything has happened.
    public init() {}
  }

  /// What the server's thread leaves behind. The thread alone touches it, until it is joined.
  final class Outcome: @unchecked Sendable {
    var counters = Counters()
    var failure: (any Error)?
  }

  /// The address that it listens on.
  public let address: SocketAddress

  /// The port that it listens on.
  public var port: UInt16 { address.port ?? 0 }

  private let outcome = Outcome()
  private let thread: BackgroundThread
  /// Ending its input tells the server to stop: no other thread needs to reach the loop.
  private let control: Int32
  private var isStopped = false

  /// Starts a server on 127.0.0.1, with a port from the kernel. Clients can connect when this returns.
  ///
  /// - Parameters:
  ///   - fault: what it does wrong.
  ///   - requestSize: how many bytes a request has.
  public init(_ fault: Fault, requestSize: Int) throws {
    precondition(requestSize > 0, "a request has at least one byte")
    let listening = try listeningSocket()
    let (control, controlled) = try unixSocketPair()
    self.control = control
    address = try #require(SocketAddress(host: "127.0.0.1", port: listening.port))
    thread = BackgroundThread { [outcome] in
      do {
        try FaultyService(fault, requestSize: requestSize, outcome: outcome)
          .run(listening: listening.descriptor, control: controlled)
      } catch {
        outcome.failure = error
      }
    }
  }

  deinit { stop() }

  /// Closes everything, waits for the server's thread to end, and proves that its loop closed with no handle left.
  ///
  /// A server that stalls finishes its pause first. Stopping a stopped server does nothing.
  public func stop(sourceLocation: SourceLocation = #_sourceLocation) {
    guard !isStopped else { return }
    isStopped = true
    shutdown(control, Int32(SHUT_WR))
    thread.join()
    closeDescriptor(control)
    #expect(
      outcome.failure == nil,
      "the server's loop runs and closes with no handle left",
      sourceLocation: sourceLocation
    )
  }

  /// What has happened, once the server is stopped.
  public var counters: Counters {
    precondition(isStopped, "a server's counters are read when it is stopped")
    return outcome.counters
  }
}

/// The server, on its own thread.
private final class FaultyService {
  typealias Fault = FaultyServer.Fault

  private let fault: Fault
  private let requestSize: Int
  private let outcome: FaultyServer.Outcome
  private let loop: Loop

  /// How many replies were due, on all connections.
  private var replies = 0
  /// Echoes that wait for their time, which is the same for all, so that they are in order.
  private var delayed: [Delayed] = []
  private var delayTimer: Timer?
  /// Called in each turn of the loop, while it spins.
  private var idle: Idle?
  /// Connections with pieces to be sent, one in each turn of the loop.
  private var dribbling: [Connection] = []

  private struct Delayed {
    let due: ContinuousClock.Instant
    let connection: Connection
    let bytes: [UInt8]
  }

  init(_ fault: Fault, requestSize: Int, outcome: FaultyServer.Outcome) throws {
    self.fault = fault
    self.requestSize = requestSize
    self.outcome = outcome
    loop = try Loop()
  }

  /// Serves until the input of `control` ends.
  func run(listening: Int32, control: Int32) throws {
    do {
      let stopper = try Pipe(loop)
      try stopper.adopt(descriptor: control)
      try stopper.read { [unowned self] _, event throws(UVError) in
        if case .bytes = event { return }
        loop.walk { $0.close() }
      }
      let listener = try TCP(loop)
      try listener.adopt(descriptor: listening)
      if case .neverAccepts = fault {
      } else {
        try listener.listen { [unowned self] stream throws(UVError) in try accept(stream) }
      }
      delayTimer = try Timer(loop)
      idle = try Idle(loop)
      loop.run()
    } catch {
      loop.walk { $0.close() }
      try loop.close()
      throw error
    }
    delayed = []
    dribbling = []
    try loop.close()
  }

  // MARK: Connections

  private func accept(_ stream: TCP) throws(UVError) {
    outcome.counters.connections += 1
    stream.whenClosed { [outcome] in
      outcome.counters.bytesIn += stream.bytesRead
      outcome.counters.bytesOut += stream.bytesWritten
    }
    try stream.setNoDelay(true)
    if case .closesAfterAccept = fault {
      outcome.counters.faults += 1
      return stream.finish()
    }
    let connection = Connection(stream)
    if case .answersFirst = fault {
      outcome.counters.faults += 1
      try write([UInt8](repeating: UInt8(ascii: "?"), count: requestSize), to: connection)
    }
    try stream.read { [unowned self] _, event throws(UVError) in
      switch event {
      case .bytes(let bytes): try didRead(bytes.withUnsafeBytes { Array($0) }, on: connection)
      case .end:
        connection.isEnding = true
        connection.finishWhenDone()
      case .failure: break
      }
    }
  }

  private func didRead(_ bytes: [UInt8], on connection: Connection) throws(UVError) {
    switch fault {
    case .none, .answersFirst, .mute, .delay:
      connection.byteCount += bytes.count
      let requests = connection.byteCount / requestSize
      outcome.counters.requests += requests
      connection.byteCount %= requestSize
      if case .mute = fault { return outcome.counters.faults += requests }
      guard case .delay(let delay) = fault else { return try write(bytes, to: connection) }
      outcome.counters.faults += 1
      try put(Delayed(due: .now + delay, connection: connection, bytes: bytes))
    default:
      connection.received += bytes
      var start = 0
      while connection.received.count - start >= requestSize, connection.stream.state == .open {
        outcome.counters.requests += 1
        try reply(to: Array(connection.received[start..<start + requestSize]), on: connection)
        start += requestSize
      }
      connection.received.removeFirst(start)
    }
  }

  /// Replies to a whole request, rightly or wrongly.
  private func reply(to request: [UInt8], on connection: Connection) throws(UVError) {
    var reply = request
    switch fault {
    case .wrongByte(let interval):
      if isDue(interval) { reply[reply.count / 2] ^= 0xFF }
    case .missingByte(let interval):
      if isDue(interval) { reply.removeLast() }
    case .surplusByte(let interval):
      if isDue(interval) { reply.append(UInt8(ascii: "!")) }
    case .reset(let interval):
      if isDue(interval) { return connection.stream.closeReset() }
    case .stall(let duration, let interval):
      if isDue(interval) { pauseThread(for: duration) }
    case .pieces(let count):
      outcome.counters.faults += 1
      return try dribble(reply, in: count, on: connection)
    default: break
    }
    try write(reply, to: connection)
  }

  /// Counts a reply, and tells whether it is to be a wrong one.
  private func isDue(_ interval: Int) -> Bool {
    replies += 1
    guard replies % interval == 0 else { return false }
    outcome.counters.faults += 1
    return true
  }

  private func write(_ bytes: [UInt8], to connection: Connection) throws(UVError) {
    guard connection.stream.state == .open, !bytes.isEmpty else { return }
    outcome.counters.writes += 1
    try connection.stream.write(bytes)
  }

  // MARK: In pieces

  private func dribble(_ reply: [UInt8], in count: Int, on connection: Connection) throws(UVError) {
    if connection.pieces.isEmpty { dribbling.append(connection) }
    for number in 0..<count {
      let piece = reply[reply.count * number / count..<reply.count * (number + 1) / count]
      if !piece.isEmpty { connection.pieces.append(Array(piece)) }
    }
    try spin()
  }

  /// Sends one piece on each connection that has some.
  private func sendPieces() {
    for connection in dribbling {
      attempt(on: connection) { () throws(UVError) in
        try write(connection.pieces.removeFirst(), to: connection)
      }
      connection.finishWhenDone()
    }
    dribbling.removeAll { $0.pieces.isEmpty || $0.stream.state != .open }
  }

  // MARK: Late

  private func put(_ echo: Delayed) throws(UVError) {
    echo.connection.waitingCount += 1
    delayed.append(echo)
    if delayed.count == 1 { try awaitFirst() }
  }

  /// Waits for the time of the first echo: with a timer for as long as that can't be late, then spinning.
  ///
  /// A timer counts whole milliseconds, rounded up, from a time that is rounded down: with one taken off, it comes one
  /// or two milliseconds early, which leaves the kernel time to wake the thread.
  private func awaitFirst() throws(UVError) {
    guard let first = delayed.first else { return }
    loop.updateTime()
    let wait = first.due - .now - .milliseconds(1)
    guard wait > .zero else { return try spin() }
    try delayTimer?.start(after: wait) { [unowned self] _ in try? spin() }
  }

  private func sendDelayed() {
    let now = ContinuousClock.now
    let dueCount = delayed.prefix { $0.due <= now }.count
    guard dueCount > 0 else { return }
    for echo in delayed.prefix(dueCount) {
      attempt(on: echo.connection) { () throws(UVError) in try write(echo.bytes, to: echo.connection) }
      echo.connection.waitingCount -= 1
      echo.connection.finishWhenDone()
    }
    delayed.removeFirst(dueCount)
    idle?.stop()
    try? awaitFirst()
  }

  /// Keeps the loop turning, with a look at what is to be sent in each turn.
  private func spin() throws(UVError) {
    try idle?.start { [unowned self] idle in
      if case .delay = fault { return sendDelayed() }
      sendPieces()
      if dribbling.isEmpty { idle.stop() }
    }
  }

  /// A client that is gone costs its own connection only.
  private func attempt(on connection: Connection, _ action: () throws(UVError) -> Void) {
    do { try action() } catch { connection.stream.close() }
  }
}

private final class Connection {
  let stream: TCP
  /// How many bytes of the current request have come, where they are not kept.
  var byteCount = 0
  /// The bytes of requests that have not been answered.
  var received: [UInt8] = []
  /// What is still to be sent, a piece in each turn of the loop.
  var pieces: [[UInt8]] = []
  /// How many echoes wait for their time.
  var waitingCount = 0
  /// Whether the client has ended its side.
  var isEnding = false

  init(_ stream: TCP) { self.stream = stream }

  /// Answers the client's end with ours, after all that is still to be sent.
  func finishWhenDone() {
    if isEnding, waitingCount == 0, pieces.isEmpty { stream.finish() }
  }
}
