import EchoServer
import Libuv
import Logging
import Synchronization
import TestSupport
import Testing

/// An echo server and its clients, on one loop.
final class World {
  let loop: Loop
  let server: EchoServer
  let log = Log()
  fileprivate(set) var addresses: [SocketAddress] = []
  private var clients: [Client] = []

  fileprivate init(_ configuration: Configuration, on loop: Loop) {
    self.loop = loop
    server = EchoServer(configuration, on: loop, logger: log.logger)
  }

  /// Connects one more client.
  func connect(to address: SocketAddress? = nil, reads: Bool = true) throws -> Client {
    let client = try Client(loop, to: address ?? addresses[0], reads: reads)
    clients.append(client)
    return client
  }

  /// Runs the loop until something is so.
  func run(until condition: () -> Bool) throws {
    try TestSupport.run(loop, until: condition)
  }

  /// Runs the loop for a time.
  func run(for time: Duration) throws {
    let end = ContinuousClock.now + time
    try run { ContinuousClock.now >= end }
  }

  fileprivate func end() {
    server.reset()
    for client in clients { client.stream.close() }
    loop.run()
  }
}

/// Starts a server as configured, on a port that the system chooses, and ends all after `body`.
func withServer(
  style: Style = .callbacks,
  _ configure: (inout Configuration) -> Void = { _ in },
  _ body: (World) throws -> Void
) throws {
  var configuration = Configuration()
  configuration.style = style
  configuration.port = 0
  configure(&configuration)
  try withLoop { loop in
    let world = World(configuration, on: loop)
    defer { world.end() }
    var outcome: Result<[SocketAddress], StartError>?
    world.server.start { outcome = $0 }
    try world.run { outcome != nil }
    world.addresses = try outcome!.get()
    try body(world)
  }
}

/// A client on the server's loop.
final class Client {
  let stream: Stream
  private(set) var isConnected = false
  private(set) var received: [UInt8] = []
  /// Whether the server has ended its side, with a FIN.
  private(set) var isEnded = false
  private(set) var failure: UVError?
  /// Whether it ends its side too when the server has.
  var endsWithServer = true

  fileprivate init(_ loop: Loop, to address: SocketAddress, reads: Bool) throws {
    if address.family == .unix {
      let pipe = try Pipe(loop)
      stream = pipe
      try pipe.connect(to: address) { [unowned self] in didConnect($0, reads: reads) }
    } else {
      let tcp = try TCP(loop)
      stream = tcp
      try tcp.connect(to: address) { [unowned self] in didConnect($0, reads: reads) }
    }
  }

  private func didConnect(_ error: UVError?, reads: Bool) {
    isConnected = error == nil
    failure = error
    guard error == nil, reads else { return }
    do { try read() } catch { failure = error }
  }

  var receivedText: String { String(decoding: received, as: UTF8.self) }

  /// Begins to read.
  func read() throws(UVError) {
    try stream.read { [unowned self] stream, event throws(UVError) in
      switch event {
      case .bytes(let bytes): bytes.withUnsafeBytes { received += $0 }
      case .end:
        isEnded = true
        if endsWithServer { stream.close() }
      case .failure(let error): failure = error
      }
    }
  }
}

/// What a server has logged: `level: message`.
final class Log: Sendable {
  private let lines = Mutex<[String]>([])

  var messages: [String] { lines.withLock { $0 } }

  var logger: Logger {
    Logger(label: "test") { _ in Handler(log: self) }
  }

  private struct Handler: LogHandler {
    let log: Log
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.lines.withLock { $0.append("\(event.level): \(event.message)") }
    }
  }
}
