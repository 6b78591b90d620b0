public import Libuv
import Rung

/// All of an echo server on callbacks but the echo: listens on the port of its argument, until SIGTERM.
///
/// - Parameter onConnection: begins to serve a connection.
public func serve(_ onConnection: @escaping (TCP) throws(UVError) -> Void) throws {
  let port = Arguments.port()
  let loop = try Loop()
  let server = try TCP(loop)
  try server.bind(to: loopback(port))
  // The connections have it from here.
  try server.setNoDelay(true)
  try server.listen(onConnection: onConnection)
  for number in [Signal.Number.terminate, .interrupt] {
    try Signal(loop).start(number) { _ in loop.walk { $0.close() } }
  }
  tellListening(on: try server.localAddress.port ?? port)
  loop.run()
  try loop.close()
}

/// A port of this machine, which others don't see.
public func loopback(_ port: UInt16) -> SocketAddress {
  guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
    fatalError("127.0.0.1 is an address")
  }
  return address
}
