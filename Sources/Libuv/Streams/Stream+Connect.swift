internal import CLibuv

// What TCP and Pipe share in making connections.

extension Stream {
  /// Listens, and has an acceptor take each connection.
  final func listen(backlog: Int, _ acceptor: Acceptor) throws(UVError) -> Listener {
    try requireOpen("listen")
    guard listener == nil else { throw UVError.alreadyInProgress.during("listen") }
    let listener = try Listener(self, backlog: backlog, acceptor)
    self.listener = listener
    return listener
  }

  /// Makes a connect request with `begin`, and sees to it that `handler` is called.
  final func beginConnecting(
    _ handler: @escaping (UVError?) -> Void,
    _ begin: (UnsafeMutablePointer<uv_connect_t>) -> Int32
  ) throws(UVError) {
    guard !isConnecting else { throw UVError.alreadyInProgress.during("connect") }
    // libuv would report to its accepting side, which ends the process.
    guard listener == nil else { throw UVError.invalidArgument.during("connect") }
    let request = unsafe loop.requestPool.take().bindMemory(to: uv_connect_t.self, capacity: 1)
    connectHandler = handler
    let status = unsafe begin(request)
    guard status == 0 else {
      connectHandler = nil
      unsafe loop.requestPool.put(UnsafeMutableRawPointer(request))
      throw UVError(code: status, operation: "connect")
    }
    flow.awaitsConnect = false
  }

  /// The connect callback. After a close it comes with ECANCELED.
  static func didConnect(_ request: UnsafeMutablePointer<uv_connect_t>, _ status: Int32) {
    let stream = unsafe Stream.of(request.pointee.handle).takeUnretainedValue()
    unsafe stream.loop.requestPool.put(UnsafeMutableRawPointer(request))
    let handler = stream.connectHandler
    stream.connectHandler = nil
    stream.flow.lastActivity = stream.loop.milliseconds
    let error = UVError.of(status, "connect")
    if error == nil { stream.flow.isConnected = true }
    handler?(error)
    if let error { stream.fail(error) }
  }
}
