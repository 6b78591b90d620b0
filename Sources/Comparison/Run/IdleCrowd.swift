internal import Libuv

/// Connections that stand idle, each of which has had one request and its reply.
final class IdleCrowd {
  private let address: SocketAddress
  /// How many are being made at once: fewer than fit into any server's backlog.
  private let atOnce: Int
  private let loop: Loop
  private var clients: [TCP] = []
  private var wanted = 0
  /// Those that have had their reply.
  private(set) var standing = 0
  private var hasFailed = false

  init(of address: SocketAddress, atOnce: Int) throws {
    self.address = address
    self.atOnce = atOnce
    loop = try Loop()
  }

  /// Adds connections until so many stand.
  ///
  /// - Parameter isInterrupted: whether to give up; asked ten times a second.
  /// - Returns: whether they stand; one that failed, or the time, can have prevented it.
  func grow(to count: Int, patience: Duration, isInterrupted: () -> Bool = { false }) throws -> Bool {
    wanted = count
    let deadline = ContinuousClock.now + patience
    let ticker = try Timer(loop)
    defer { ticker.close() }
    try ticker.start(after: .milliseconds(100), repeating: .milliseconds(100)) { [loop] _ in loop.stop() }
    add()
    while standing < wanted, !hasFailed, ContinuousClock.now < deadline, !isInterrupted() { loop.run() }
    return standing == wanted
  }

  /// Closes all of them.
  func leave() throws {
    for client in clients { client.close() }
    loop.run()
    try loop.close()
  }

  private func add() {
    while clients.count < wanted, clients.count - standing < atOnce {
      do { try connect() } catch { return fail() }
    }
    if standing == wanted { loop.stop() }
  }

  private func fail() {
    hasFailed = true
    loop.stop()
  }

  private func connect() throws(UVError) {
    let client = try TCP(loop)
    clients.append(client)
    try client.connect(to: address) { [unowned self, unowned client] error in
      do throws(UVError) {
        if let error { throw error }
        try ask(client)
      } catch {
        fail()
      }
    }
  }

  private func ask(_ client: TCP) throws(UVError) {
    var left = Self.request.count
    try client.read { [unowned self] _, event in
      guard case .bytes(let bytes) = event else { return fail() }
      left -= bytes.byteCount
      guard left == 0 else { return }
      standing += 1
      add()
    }
    try client.write(Self.request)
  }

  private static let request = [UInt8](repeating: UInt8(ascii: "."), count: 64)
}
