internal import Libuv

/// Finds out how much memory a server needs for a connection that stands idle.
struct ConnectionProbe {
  /// How many connections.
  var connections = 1000
  /// How many are being made at once: fewer than fit into any server's backlog.
  var atOnce = 50
  /// How long all may take.
  var patience = Duration.seconds(10)

  /// Opens connections, each of which has one request and its reply, and looks at the server before and after.
  ///
  /// - Parameters:
  ///   - address: where the server listens.
  ///   - residentBytes: asks for the server's memory.
  /// - Returns: how much more is resident for each connection, in bytes, less than zero when memory was given back; nil
  ///   when not all connections have had their reply in time.
  func bytesPerConnection(
    of address: SocketAddress,
    residentBytes: () -> Int?
  ) throws -> Double? {
    guard let before = residentBytes() else { return nil }
    let loop = try Loop()
    let crowd = Crowd(self, address, loop)
    let deadline = try Timer(loop)
    try deadline.start(after: patience) { _ in loop.stop() }
    crowd.grow()
    // It ends when all stand, one has failed, or the time is over.
    loop.run()
    let after = crowd.standing == connections ? residentBytes() : nil
    deadline.close()
    crowd.leave()
    loop.run()
    try loop.close()
    return after.map { Double($0 - before) / Double(connections) }
  }

  private final class Crowd {
    private let probe: ConnectionProbe
    private let address: SocketAddress
    private let loop: Loop
    private var clients: [TCP] = []
    /// Those that have had their reply.
    var standing = 0

    init(_ probe: ConnectionProbe, _ address: SocketAddress, _ loop: Loop) {
      self.probe = probe
      self.address = address
      self.loop = loop
    }

    func grow() {
      while clients.count < probe.connections, clients.count - standing < probe.atOnce {
        do { try add() } catch { return loop.stop() }
      }
      if standing == probe.connections { loop.stop() }
    }

    private func add() throws(UVError) {
      let client = try TCP(loop)
      clients.append(client)
      try client.connect(to: address) { [unowned self, unowned client] error in
        do throws(UVError) {
          if let error { throw error }
          try ask(client)
        } catch {
          loop.stop()
        }
      }
    }

    private func ask(_ client: TCP) throws(UVError) {
      var left = Self.request.count
      try client.read { [unowned self] _, event in
        guard case .bytes(let bytes) = event else { return loop.stop() }
        left -= bytes.byteCount
        guard left == 0 else { return }
        standing += 1
        grow()
      }
      try client.write(Self.request)
    }

    func leave() {
      for client in clients { client.close() }
    }

    private static let request = [UInt8](repeating: UInt8(ascii: "."), count: 64)
  }
}
