public import Libuv

/// What is asked of a server: by how many clients, how often, how much, how long.
public struct Workload: Sendable {
  /// What a client does with its connections.
  public enum Strategy: String, Sendable, CaseIterable, Codable {
    /// Each client keeps its connection, and sends and receives on it again and again.
    case persistent
    /// Each client connects, sends, receives, closes, and begins again.
    case reconnect
  }

  /// How requests are spread in time when they come at a rate.
  public enum Arrivals: String, Sendable, CaseIterable, Codable {
    /// At equal distances.
    case constant
    /// Independent of each other, as many users' requests are: the distances are exponentially distributed.
    case poisson
  }

  /// The server.
  public var target: SocketAddress
  /// What a client does with its connections.
  public var strategy = Strategy.persistent
  /// How many clients there are. A persistent one has one connection, a reconnecting one at most one.
  public var connections = 100
  /// Requests a second of all clients together (connections a second with ``Strategy/reconnect``), each begun on
  /// a schedule: an open loop. Nil for a closed loop: a client sends its next request when it has the reply.
  public var rate: Double?
  /// How the requests of a rate are spread.
  public var arrivals = Arrivals.constant
  /// How long is measured. Nil measures until ``requests`` are done.
  public var duration: Duration? = .seconds(10)
  /// After how many requests the run ends, if not before; nil for no such limit. The warm-up's count too.
  public var requests: Int?
  /// How long load is made before the measured time begins.
  public var warmup = Duration.zero
  /// How many connections a second are opened before the load begins (with ``Strategy/reconnect``: how many clients
  /// a second begin); nil for as fast as the server accepts them.
  public var ramp: Double?
  /// Whether each persistent client has one reply before the load begins. Then the server has accepted its connection,
  /// and not only the kernel: some servers that are under load from the start don't get to the last ones in its backlog.
  public var greets = false
  /// The size of a request in bytes: drawn anew for each from this range, evenly.
  public var size = 64...64
  /// What sizes and Poisson arrivals are drawn from: the same seed draws the same.
  public var seed: UInt64 = 1
  /// How many requests a persistent client may have under way at once.
  public var pipeline = 1
  /// How many loops, each on a thread of its own, the clients are spread over.
  public var threads = 1
  /// How long a reply, or a connection, may take.
  public var timeout = Duration.seconds(5)
  /// The addresses that connections are made from, in turn; nil leaves it to the system.
  public var sources: SourceAddresses?
  /// Whether a client ends its side after its last request, and waits for the server's end.
  public var halfClose = false
  /// The server's process, whose processor time and memory are to be told.
  public var serverProcess: Int?

  /// A workload with the defaults: 100 persistent clients that send 64 bytes, for ten seconds.
  public init(target: SocketAddress) {
    self.target = target
  }

  /// Addresses to connect from, so that ports don't run out, if the workload takes so many and the server is on this
  /// machine: `127.0.0.0/16`. Else nil.
  public var usualSources: SourceAddresses? {
    let takesMany = strategy == .reconnect || connections > 20_000
    guard takesMany, target.family == .ipv4, target.host.hasPrefix("127.") else { return nil }
    return SourceAddresses("127.0.0.0/16")
  }

  /// Whether requests come on a schedule, not when replies have come.
  public var isOpenLoop: Bool { rate != nil }

  /// Traps when it can't be carried out.
  func requireSense() {
    precondition(connections > 0, "a workload needs at least one connection")
    precondition(
      (1...connections).contains(threads),
      "a workload has from one thread to one for each connection"
    )
    precondition(size.lowerBound > 0, "a request has at least one byte")
    precondition(pipeline > 0, "a pipeline holds at least one request")
    precondition(
      pipeline == 1 || strategy == .persistent,
      "a reconnecting client has one request on a connection"
    )
    precondition(rate.map { $0 > 0 && $0.isFinite } ?? true, "a rate is above zero")
    precondition(ramp.map { $0 > 0 && $0.isFinite } ?? true, "a ramp is above zero")
    precondition(requests ?? 1 > 0, "a run has at least one request")
    precondition(duration != nil || requests != nil, "a run ends after a duration, or a number of requests")
    precondition(timeout > .zero, "a timeout is above zero")
  }
}
