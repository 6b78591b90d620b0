public import Libuv
public import Testing

/// Two ends of one connection, on one loop.
public struct Pair<End> {
  /// The end that connected.
  public let client: End
  /// The end that was accepted.
  public let server: End
}

extension Pair: Sendable where End: Sendable {}

/// Connects two TCP streams over 127.0.0.1.
///
/// The listener is closed before this returns.
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

/// Connects two pipes over a socket in a folder of its own.
///
/// Listener, socket and folder are gone before this returns.
public func pipePair(_ loop: Loop) throws -> Pair<Pipe> {
  let folder = try TemporaryFolder()
  defer { folder.remove() }
  let listening = try Pipe(loop)
  try listening.bind(to: folder.socket())
  var accepted: Pipe?
  try listening.listen { connection throws(UVError) in accepted = connection }
  let client = try Pipe(loop)
  var isConnected = false
  try client.connect(to: listening.localAddress) { error in
    #expect(error == nil)
    isConnected = true
  }
  try run(loop) { isConnected && accepted != nil }
  listening.close()
  return Pair(client: client, server: try #require(accepted))
}

/// The two kinds of stream, for tests of what holds for both.
public enum Transport: CaseIterable, Sendable, CustomTestStringConvertible {
  case tcp
  case pipe

  /// The name in a report.
  public var testDescription: String {
    switch self {
    case .tcp: "TCP"
    case .pipe: "pipe"
    }
  }

  /// Two connected streams.
  public func pair(_ loop: Loop) throws -> Pair<Stream> {
    switch self {
    case .tcp:
      let pair = try tcpPair(loop)
      return Pair(client: pair.client, server: pair.server)
    case .pipe:
      let pair = try pipePair(loop)
      return Pair(client: pair.client, server: pair.server)
    }
  }

  /// A stream that isn't connected.
  public func make(_ loop: Loop) throws(UVError) -> Stream {
    switch self {
    case .tcp: try TCP(loop)
    case .pipe: try Pipe(loop)
    }
  }

  /// A listener on an address of its own: a port from the kernel, or a socket in `folder`.
  public func listen(
    _ loop: Loop,
    in folder: TemporaryFolder,
    backlog: Int = 4096,
    onConnection: @escaping (Stream) throws(UVError) -> Void,
    onClosed: ((Stream) -> Void)? = nil
  ) throws -> Listener {
    switch self {
    case .tcp:
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      return try listening.listen(backlog: backlog, onConnection: onConnection, onClosed: onClosed)
    case .pipe:
      let listening = try Pipe(loop)
      try listening.bind(to: folder.socket())
      return try listening.listen(backlog: backlog, onConnection: onConnection, onClosed: onClosed)
    }
  }

  /// A stream of the loop, connected to a socket that the loop doesn't know.
  public func rawPair(_ loop: Loop, receiveBuffer: Int? = nil) throws -> (raw: RawSocket, stream: Stream) {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    var accepted: Stream?
    let listener = try listen(loop, in: folder) { connection throws(UVError) in accepted = connection }
    defer { listener.close() }
    let raw = try RawSocket(to: #require(listener.address), receiveBuffer: receiveBuffer)
    try run(loop) { accepted != nil }
    return (raw, try #require(accepted))
  }
}

extension Stream {
  /// Connects either kind of stream.
  public func connectAny(to address: SocketAddress, then handler: @escaping (UVError?) -> Void)
    throws(UVError)
  {
    switch self {
    case let stream as TCP: try stream.connect(to: address, then: handler)
    case let stream as Pipe: try stream.connect(to: address, then: handler)
    default: preconditionFailure("another kind of stream")
    }
  }
}
