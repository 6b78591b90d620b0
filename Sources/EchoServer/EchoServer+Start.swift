public import Libuv
internal import Logging

/// Why a server could not start.
public struct StartError: Error, Sendable, CustomStringConvertible {
  /// What it was to listen on, as text: an address, a name or a path.
  public let endpoint: String
  /// What libuv said.
  public let error: UVError

  /// A sentence that names both, with a hint where one helps.
  public var description: String {
    "can't listen on \(endpoint): \(error.message) (\(error.name))\(hint)"
  }

  private var hint: String {
    switch error {
    case .addressInUse where endpoint.hasPrefix("unix:"):
      "; another server's socket is there, or something that is no socket. Choose another path"
    case .addressInUse: "; is another server running there? Choose another port"
    case .tooManyOpenFiles, .fileTableOverflow: "; raise `ulimit -n`"
    case .invalidArgument: "; a link-local address needs its interface, as in fe80::1%eth0"
    case .permissionDenied: "; ports below 1024 and others' folders need privileges"
    case .addressNotAvailable: "; this machine has no such address"
    case .resolverUnknownName, .resolverNoAddress, .resolverTemporaryFailure:
      "; is the name right? An address stands without brackets and port"
    default: ""
    }
  }
}

extension EchoServer {
  /// Listens on everything that the configuration names.
  ///
  /// - Parameter handler: called once, with the addresses in the order of the configuration; or with what went
  ///   wrong, and then nothing is left open. When the server was ended before it listened, that is
  ///   `UVError.canceled`.
  public func start(then handler: @escaping (Result<[SocketAddress], StartError>) -> Void) {
    resolve(configuration.hosts[...], into: []) { [self] outcome in
      do throws(StartError) {
        let addresses = try outcome.get()
        guard !isEnding else {
          throw StartError(endpoint: configuration.hosts.joined(separator: ", "), error: .canceled)
        }
        try listen(on: addresses)
        handler(.success(listeners.compactMap(\.address)))
      } catch {
        reset()
        handler(.failure(error))
      }
    }
  }

  /// Finds the addresses of one host after the other.
  private func resolve(
    _ hosts: ArraySlice<String>,
    into addresses: [SocketAddress],
    then handler: @escaping (Result<[SocketAddress], StartError>) -> Void
  ) {
    guard let host = hosts.first else { return handler(.success(addresses)) }
    if let address = SocketAddress(host: host, port: configuration.port) {
      return resolve(hosts.dropFirst(), into: addresses + [address], then: handler)
    }
    do throws(UVError) {
      try loop.resolve(host, port: configuration.port) { [self] found in
        switch found {
        case .success(let found):
          resolve(hosts.dropFirst(), into: addresses + found, then: handler)
        case .failure(let error):
          handler(.failure(StartError(endpoint: host, error: error)))
        }
      }
    } catch {
      handler(.failure(StartError(endpoint: host, error: error)))
    }
  }

  private func listen(on addresses: [SocketAddress]) throws(StartError) {
    try listenOnOnePort(addresses, attempts: 20)
    if let path = configuration.unixPath { try listen(onUnixSocket: path) }
    do throws(UVError) {
      try watchIdleConnections()
    } catch {
      throw StartError(endpoint: "the loop", error: error)
    }
  }

  /// Several addresses with port 0 share the port that the first one gets. On another address somebody else may have it, if
  /// only for an outgoing connection: then the system is asked for another.
  private func listenOnOnePort(_ addresses: [SocketAddress], attempts: Int) throws(StartError) {
    var port = configuration.port
    do throws(StartError) {
      // Each once. They are few.
      for (index, address) in addresses.enumerated() where !addresses[..<index].contains(address) {
        port = try listen(on: address.with(port: port), ipv6Only: addresses.count > 1)
      }
    } catch {
      guard error.error == .addressInUse, configuration.port == 0, attempts > 1 else { throw error }
      for listener in listeners { listener.close() }
      listeners = []
      try listenOnOnePort(addresses, attempts: attempts - 1)
    }
  }

  /// Returns the port.
  private func listen(on address: SocketAddress, ipv6Only: Bool) throws(StartError) -> UInt16 {
    var port = address.port ?? 0
    try listen(on: address) { () throws(UVError) in
      let tcp = try TCP(loop)
      do throws(UVError) {
        try tcp.bind(to: address, ipv6Only: ipv6Only)
        // The connections have it from the listening socket.
        try tcp.setNoDelay(true)
        port = try tcp.localAddress.port ?? port
        return try tcp.listen(backlog: configuration.backlog, onConnection: accept, onClosed: didClose)
      } catch {
        tcp.close()
        throw error
      }
    }
    return port
  }

  private func listen(onUnixSocket path: String) throws(StartError) {
    guard let address = SocketAddress(unixPath: path) else {
      throw StartError(endpoint: "unix:\(path)", error: .nameTooLong)
    }
    try listen(on: address) { () throws(UVError) in
      let pipe = try Pipe(loop)
      do throws(UVError) {
        try pipe.bind(to: address, replacingStale: true)
        return try pipe.listen(backlog: configuration.backlog, onConnection: accept, onClosed: didClose)
      } catch {
        pipe.close()
        throw error
      }
    }
  }

  private func listen(
    on address: SocketAddress,
    _ make: () throws(UVError) -> Listener
  ) throws(StartError) {
    do throws(UVError) {
      let listener = try make()
      listener.onEvent = { [unowned self, unowned listener] in didHappen($0, on: listener.address ?? address)
      }
      listeners.append(listener)
    } catch {
      throw StartError(endpoint: address.description, error: error)
    }
  }

  private func didHappen(_ event: Listener.Event, on address: SocketAddress) {
    switch event {
    case .outOfDescriptors:
      // With clients that come and go this happens for each: once in a while is enough.
      if let warned = warnedOfDescriptors, loop.now - warned < .seconds(10) { return }
      warnedOfDescriptors = loop.now
      logger.warning(
        "out of file descriptors: new connections wait until some are closed; raise `ulimit -n`",
        metadata: ["address": "\(address)", "open": "\(connectionCount)"]
      )
    case .descriptorsAvailable:
      logger.debug("accepting again", metadata: ["address": "\(address)", "open": "\(connectionCount)"])
    case .acceptFailed(let error):
      count(error)
      logger.debug("a connection was lost", metadata: ["address": "\(address)", "error": "\(error)"])
    case .failed(let error):
      logger.error("can't accept any more", metadata: ["address": "\(address)", "error": "\(error)"])
    }
  }
}
