internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A name on its way to its addresses. The libuv type is `uv_getaddrinfo_t`.
///
/// It keeps the loop running, and from closing, until its handler has been called.
@safe public final class Resolution {
  private let loop: Loop
  private let request: UnsafeMutablePointer<uv_getaddrinfo_t>
  private var handler: ((Result<[SocketAddress], UVError>) -> Void)?

  fileprivate init(
    _ loop: Loop,
    host: String,
    port: UInt16,
    handler: @escaping (Result<[SocketAddress], UVError>) -> Void
  ) throws(UVError) {
    loop.requireOpen()
    guard !host.utf8.contains(0) else { throw UVError.invalidArgument.during("resolve") }
    self.loop = loop
    self.handler = handler
    unsafe request = .allocate(capacity: 1)
    // No AI_ADDRCONFIG: with it a machine that has nothing but loopback could not resolve `localhost`.
    var hints = unsafe addrinfo()
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    let status = unsafe uv_getaddrinfo(
      loop.pointer,
      request,
      { request, status, addresses in
        let resolution = unsafe Unmanaged<Resolution>.fromOpaque(request!.pointee.data).takeRetainedValue()
        unsafe resolution.finish(status, addresses)
      },
      host,
      String(port),
      &hints
    )
    guard status == 0 else {
      unsafe request.deallocate()
      self.handler = nil
      throw UVError(code: status, operation: "resolve")
    }
    loop.resolutionCount += 1
    // From here to the callback the resolution holds itself.
    unsafe request.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  private func finish(_ status: Int32, _ first: UnsafeMutablePointer<addrinfo>?) {
    var addresses: [SocketAddress] = []
    var next = unsafe first
    while let info = unsafe next {
      if let address = unsafe SocketAddress(info.pointee.ai_addr), !addresses.contains(address) {
        addresses.append(address)
      }
      unsafe next = info.pointee.ai_next
    }
    unsafe uv_freeaddrinfo(first)
    unsafe request.deallocate()
    loop.resolutionCount -= 1
    let handler = handler
    self.handler = nil
    if let error = UVError.of(status, "resolve") {
      handler?(.failure(error))
    } else {
      handler?(.success(addresses))
    }
  }

  /// Gives up, if the system hasn't begun: the handler is called with ``UVError/resolverCanceled``. The libuv
  /// function is `uv_cancel`.
  ///
  /// - Returns: false when it is too late: the handler is called with the outcome, or has been.
  @discardableResult
  public func cancel() -> Bool {
    loop.assertOnThread()
    guard handler != nil else { return false }
    return unsafe request.withMemoryRebound(to: uv_req_t.self, capacity: 1) { unsafe uv_cancel($0) == 0 }
  }
}

extension Loop {
  /// Finds the addresses of a host, off the loop's thread. The libuv function is `uv_getaddrinfo`.
  ///
  /// - Parameters:
  ///   - host: a name, or an address in numbers.
  ///   - port: the port of the addresses.
  ///   - handler: called on the loop's thread, once, with at least one address, in the system's order of
  ///     preference and each once; or with the error, such as ``UVError/resolverUnknownName``.
  /// - Returns: the resolution, which can be cancelled.
  /// - Throws: what shows at once, such as ``UVError/invalidArgument`` for a name that is empty or has a zero byte. The
  ///   handler isn't called then.
  @discardableResult
  public func resolve(
    _ host: String,
    port: UInt16,
    then handler: @escaping (Result<[SocketAddress], UVError>) -> Void
  ) throws(UVError) -> Resolution {
    try Resolution(self, host: host, port: port, handler: handler)
  }
}
