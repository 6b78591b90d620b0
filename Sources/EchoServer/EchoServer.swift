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

  // What each connection touches is apart from what is called meanwhile: so the compiler needs no check that nobody else does.

  /// Figures of the connections that are closed, and of the server itself; without errors.
  var total = Statistics()
  /// Failures by libuv's name of the error.
  private var errors: [String: Int] = [:]
  private(set) var connections: [Client] = []
  private var connectionCount = 0
  var listeners: [Listener] = []
  var idleTimer: Timer?
  var draining: Draining?
  /// The task in ``serve(onListening:)``.
  var serveContinuation: CheckedContinuation<Void, Never>?
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
    statistics.open = connections.count
    for connection in connections { statistics.add(connection.figures) }
    return statistics
  }

  // MARK: Connections

  /// A client has come.
  func accept(_ stream: Stream) {
    let connection = Client(stream, of: self)
    connection.index = connectionCount
    connections.append(connection)
    connectionCount += 1
    total.connections += 1
    if isFull { for listener in listeners { listener.pause() } }
    do throws(UVError) {
      try connection.start()
    } catch {
      count(error)
      stream.closeReset()
    }
  }

  func count(_ error: UVError) { errors[error.name, default: 0] += 1 }

  /// A connection is closed: it leaves the list, its figures stay.
  func didClose(_ connection: Client) {
    let last = connections.removeLast()
    connectionCount -= 1
    if last !== connection {
      connections[connection.index] = last
      last.index = connection.index
    }
    total.add(connection.figures)
    if let failure = connection.stream.failure {
      count(failure)
      logger.debug("connection failed", metadata: ["error": "\(failure)"])
    }
    if draining != nil {
      didCloseWhileDraining()
    } else if !isFull {
      // One that takes a connection that waited may fill the server again.
      for listener in listeners where listener.isPaused && !isFull { listener.resume() }
    }
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
    try timer.start(after: timeout / 4, repeating: timeout / 4) { [unowned self] _ in
      endIdleConnections(after: timeout)
    }
  }

  private func endIdleConnections(after timeout: Duration) {
    for connection in connections.reversed() {
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
