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
    let crowd = try IdleCrowd(of: address, atOnce: atOnce)
    let after = try crowd.grow(to: connections, patience: patience) ? residentBytes() : nil
    try crowd.leave()
    return after.map { Double($0 - before) / Double(connections) }
  }
}
