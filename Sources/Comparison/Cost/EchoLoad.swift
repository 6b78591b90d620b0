internal import Libuv

/// A client that asks one server for an exact amount of work, one thing after the other, and checks each byte.
///
/// With one connection at a time, whatever the server waits for comes alone: it does the same each time, and what it does
/// can be counted to the instruction.
struct EchoLoad {
  /// The size of a message, in bytes.
  static let size = 64

  let address: SocketAddress
  /// How long all may take.
  var patience = Duration.seconds(120)
  /// Whether to give up; asked ten times a second.
  var isInterrupted: () -> Bool = { false }

  /// Has some messages echoed on one connection, and reads it to the end.
  ///
  /// - Throws: ``LoadFailure``, ``Interrupted``.
  func echoes(_ count: Int) throws { try run(connections: 1, messages: count) }

  /// Makes connections, one after the other, each with one echo, and reads each to the end.
  ///
  /// - Throws: ``LoadFailure``, ``Interrupted``.
  func connections(_ count: Int) throws { try run(connections: count, messages: 1) }

  private func run(connections: Int, messages: Int) throws {
    let loop = try Loop()
    let client = Client(loop, address, connections: connections, messages: messages)
    var interruption: (any Error)?
    let deadline = ContinuousClock.now + patience
    let ticker = try Timer(loop)
    try ticker.start(after: .milliseconds(100), repeating: .milliseconds(100)) { _ in
      if isInterrupted() { interruption = Interrupted() }
      if ContinuousClock.now > deadline {
        interruption = LoadFailure(reason: "it was not done within \(patience)")
      }
      if interruption != nil { loop.stop() }
    }
    client.connect()
    if client.result == nil { loop.run() }
    // Now: what is under way when it is closed fails, and that isn't what came of it.
    let result = client.result
    loop.walk { $0.close() }
    loop.run()
    try loop.close()
    if let interruption, result == nil { throw interruption }
    try (result ?? .failure(LoadFailure(reason: "it was not done"))).get()
  }

  private final class Client {
    private let loop: Loop
    private let address: SocketAddress
    private var connections: Int
    private let messages: Int
    private var sent = 0
    private var received = 0
    /// What came of it, once all is done.
    private(set) var result: Result<Void, LoadFailure>?

    init(_ loop: Loop, _ address: SocketAddress, connections: Int, messages: Int) {
      self.loop = loop
      self.address = address
      self.connections = connections
      self.messages = messages
    }

    func connect() {
      guard connections > 0 else { return end(.success(())) }
      connections -= 1
      (sent, received) = (0, 0)
      attempt { () throws(UVError) in
        let stream = try TCP(loop)
        try stream.connect(to: address) { [unowned self, unowned stream] error in
          attempt { () throws(UVError) in
            if let error { throw error }
            try stream.setNoDelay(true)
            try stream.read { [unowned self] stream, event in take(event, stream) }
            try send(stream)
          }
        }
      }
    }

    private func attempt(_ body: () throws(UVError) -> Void) {
      do throws(UVError) { try body() } catch { fail("\(error)") }
    }

    private func send(_ stream: Stream) throws(UVError) {
      guard sent < messages else { return try stream.shutdown() }
      sent += 1
      try stream.write(Self.message(sent))
    }

    private func take(_ event: borrowing ReadEvent, _ stream: Stream) {
      switch event {
      case .bytes(let bytes):
        let expected = Self.message(sent)
        let end = received + bytes.byteCount
        let isRight =
          end <= EchoLoad.size && bytes.withUnsafeBytes { $0.elementsEqual(expected[received..<end]) }
        guard isRight else { return fail("message \(sent) came back with other bytes") }
        received = end
        guard received == EchoLoad.size else { return }
        received = 0
        attempt { () throws(UVError) in try send(stream) }
      case .end:
        guard sent == messages, received == 0 else {
          return fail("it ended the connection at message \(sent)")
        }
        stream.close { [unowned self] in connect() }
      case .failure(let error):
        fail("the connection broke at message \(sent): \(error)")
      }
    }

    private func fail(_ reason: String) { end(.failure(LoadFailure(reason: reason))) }

    private func end(_ outcome: Result<Void, LoadFailure>) {
      if result == nil { result = outcome }
      loop.stop()
    }

    /// Bytes that differ from those of the messages around it.
    private static func message(_ number: Int) -> [UInt8] {
      (0..<EchoLoad.size).map { UInt8(truncatingIfNeeded: (number + $0) % 251) }
    }
  }
}

/// A server did not do what was asked.
struct LoadFailure: Error, CustomStringConvertible {
  /// A clause.
  let reason: String

  var description: String { reason }
}
