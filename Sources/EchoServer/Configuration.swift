/// How the service is written. A client can't tell the difference.
public enum Style: String, CaseIterable, Sendable {
  /// Callbacks of the loop: a pump from each connection to itself.
  case callbacks
  /// A task for each connection, on the loop.
  case async
}

/// What an echo server is to do.
public struct Configuration: Sendable {
  /// How each connection is served.
  public var style = Style.callbacks
  /// Names or numbers of the hosts to listen on.
  public var hosts: [String] = ["127.0.0.1"]
  /// The port on all of them; 0 lets the system choose one.
  public var port: UInt16 = 4000
  /// The path of a Unix socket to listen on too.
  public var unixPath: String?

  /// How many connections the kernel holds until they are accepted. The kernel has a limit of its own.
  public var backlog = 4096
  /// At how many open connections accepting pauses; nil for no limit but that of file descriptors.
  public var maxConnections: Int?
  /// Above how many bytes that a client hasn't taken reading from it stops.
  public var highWaterMark = 65536
  /// After what time without a byte a connection is ended; nil for never.
  public var idleTimeout: Duration?
  /// How long connections may take to finish once the server drains; then they are reset.
  public var grace: Duration = .seconds(5)
  /// How often live figures are reported; nil for never.
  public var statisticsInterval: Duration?

  /// The defaults: 127.0.0.1:4000.
  public init() {}
}
