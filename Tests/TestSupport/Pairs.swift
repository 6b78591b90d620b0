public import Libuv
internal import Testing

/// Two ends of one connection, on one loop.
public struct Pair<End> {
  /// The end that connected.
  public let client: End
  /// The end that was accepted.
  public let server: End
}

/// Connects two TCP streams over 127.0.0.1. The listener is closed before this returns.
public func tcpPair(_ loop: Loop, to address: SocketAddress = "127.0.0.1:0") throws -> Pair<TCP> {
  let listening = try TCP(loop)
  try listening.bind(to: address)
  var accepted: TCP?
  try listening.listen { connection throws(UVError) in accepted = connection }
  let client = try TCP(loop)
  var isConnected = false
  try client.connect(to: listening.localAddress) { error in
    #expect(error == nil)
    isConnected = true
  }
  try run(loop) { isConnected && accepted != nil }
  listening.close()
  return Pair(client: client, server: try #require(accepted))
}
