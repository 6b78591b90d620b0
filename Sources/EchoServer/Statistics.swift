internal import Libuv

/// What a server has done so far.
public struct Statistics: Sendable, Equatable {
  /// Connections accepted.
  public var connections = 0
  /// Connections open now.
  public var open = 0
  /// Reads that brought bytes: for requests that fit a read, the number of requests.
  public var requests = 0
  /// Bytes read from clients.
  public var bytesIn = 0
  /// Bytes that the kernel took for clients.
  public var bytesOut = 0
  /// Bytes that clients sent after our end, and that were thrown away.
  public var bytesDiscarded = 0
  /// Connections ended for being idle.
  public var idleTimeouts = 0
  /// Connections that were reset: they did not finish in the grace period, or were idle with bytes that could not go
  /// back.
  public var resets = 0
  /// Connections that failed, by libuv's name of the error, such as `ECONNRESET`.
  public var errors: [String: Int] = [:]

  /// No connection yet.
  public init() {}

  mutating func add(_ traffic: Traffic) {
    requests += traffic.requests
    bytesIn += traffic.bytesIn
    bytesOut += traffic.bytesOut
    bytesDiscarded += traffic.bytesDiscarded
  }
}

/// One connection's share.
struct Traffic {
  let requests: Int
  let bytesIn: Int
  let bytesOut: Int
  let bytesDiscarded: Int

  init(_ stream: Stream) {
    requests = stream.readCount
    bytesIn = stream.bytesRead
    bytesOut = stream.bytesWritten
    bytesDiscarded = stream.bytesDiscarded
  }
}

extension Statistics: CustomStringConvertible {
  /// One line of `name=value` pairs.
  public var description: String {
    let kinds = errors.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
    return [
      "connections=\(connections)",
      "open=\(open)",
      "requests=\(requests)",
      "bytes_in=\(bytesIn)",
      "bytes_out=\(bytesOut)",
      "bytes_discarded=\(bytesDiscarded)",
      "idle_timeouts=\(idleTimeouts)",
      "resets=\(resets)",
      "errors=\(kinds.isEmpty ? "none" : kinds.joined(separator: ","))",
    ].joined(separator: " ")
  }
}
