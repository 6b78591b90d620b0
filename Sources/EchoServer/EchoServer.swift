public import Libuv
public import Logging

/// An echo server on a loop: every byte that a client sends comes back to it, in order.
///
/// Life: ``start(then:)`` listens, ``drain(then:)`` ends in good order, ``reset()`` at once. Everything
/// happens on the loop's thread.
public final class EchoServer {
  /// What the server was told to do.
  public let configuration: Configuration

  let loop: Loop
  let logger: Logger

  /// Figures of the connections that are closed, and of the server itself; without errors.
  var total = Statistics()
  /// Failures by libuv's name of the error.
  private var errors: [String: Int] = [:]
  private(set) var connectionCount = 0
  /// What is noted of some clients, by their streams.
  var notes: [ObjectIdentifier: Client.Note] = [:] { didSet { hasNotes = !notes.isEmpty } }
  private var hasNotes = false
  var listeners: [Listener] = []
  var idleTimer: Timer?
  var draining: Draining?
  /// Resumes the task in ``serve(onListening:)``. Not the continuation itself, whose type would be made whenever a server is.
  var resumeServing: (() -> Void)?
  var hasEndedServing = false
  /// When it was last said that file descriptors are out.
  var warnedOfDescriptors: Duration?
  /// Whether it was told to end, in good order or at once: then it listens no more.
  var isEnding = false

  /// Makes a server that does nothing yet.
  public init(_ configuration: Configuration, on loop: Loop, logger: Logger) {
    self.configuration = configuration
    self.loop = loop
    self.logger = logger
  }

  /// The figures up to now, open connections included.
  public var statistics: Statistics {
    var statistics = total
    statistics.errors = errors
    statistics.open = connectionCount
    for connection in connections { statistics.add(Traffic(connection.stream)) }
    return statistics
  }

  // MARK: Connections

  /// Those that aren't closed. The listeners know them: there is no list to keep.
  var connections: [Client] {
    listeners.flatMap(\.connections).map { Client(stream: $0, server: self) }
  }

  /// A client has come.
  func accept(_ stream: Stream) {
    connectionCount += 1
    total.connections += 1
    if isFull { pauseListeners() }
    do throws(UVError) {
      try Client(stream: stream, server: self).start()
    } catch {
      refuse(stream, error)
    }
  }

  // What few clients need is kept out of the way of the others, each in a function of its own.

  @inline(never)
  private func pauseListeners() {
    for listener in listeners { listener.pause() }
  }

  @inline(never)
  private func refuse(_ stream: Stream, _ error: UVError) {
    count(error)
    stream.closeReset()
  }

  func count(_ error: UVError) { errors[error.name, default: 0] += 1 }

  /// A client is gone; its figures stay.
  func didClose(_ stream: Stream) {
    connectionCount -= 1
    total.add(Traffic(stream))
    if hasNotes { dropNote(of: stream) }
    if let failure = stream.failure { didFail(failure) }
    if isEnding {
      didCloseWhileDraining()
    } else if configuration.maxConnections != nil {
      resumeListeners()
    }
  }

  @inline(never)
  private func dropNote(of stream: Stream) { notes[ObjectIdentifier(stream)] = nil }

  @inline(never)
  private func resumeListeners() {
    // One that takes a connection that waited may fill the server again.
    for listener in listeners where listener.isPaused && !isFull { listener.resume() }
  }

  /// A connection was lost.
  @inline(never)
  private func didFail(_ failure: UVError) {
    count(failure)
    logger.debug("connection failed", metadata: ["error": "\(failure)"])
  }

  /// Ends a connection with a reset, which tells its client that bytes are lost.
  func resetConnection(_ connection: Client) {
    guard connection.stream.state == .open else { return }
    total.resets += 1
    connection.stream.closeReset()
  }

  private var isFull: Bool {
    connectionCount >= configuration.maxConnections ?? .max
  }

  // MARK: Idle connections

  /// Looks for idle connections now and then: nothing is done for them per message.
  func watchIdleConnections() throws(UVError) {
    guard let timeout = configuration.idleTimeout else { return }
    let timer = try Timer(loop)
    idleTimer = timer
    try timer.start(after: timeout / 4, repeating: timeout / 4) { [weak self] timer in
      // Where all listeners have failed nobody may hold it any more.
      guard let self else { return timer.close() }
      endIdleConnections(after: timeout)
    }
  }

  private func endIdleConnections(after timeout: Duration) {
    for connection in connections {
      if let began = connection.finishBegan {
        // Its client has had as much time again, and hasn't taken what is queued, or hasn't ended.
        if loop.now - began >= timeout { resetConnection(connection) }
      } else if connection.stream.idleTime >= timeout {
        total.idleTimeouts += 1
        // What has come and can't go back would be lost behind a FIN: only a reset says so.
        if connection.isQuiet { connection.finish() } else { resetConnection(connection) }
      }
    }
  }
}
