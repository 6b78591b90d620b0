import Histogram
import Libuv
import LoadGenerator
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a run against a faulty server has brought, on both sides.
struct LoadResult {
  let outcome: Outcome
  let server: FaultyServer.Counters

  func errors(_ phase: Failure.Phase, _ kind: Failure.Kind) -> Int {
    outcome.errors[Failure(phase, kind)] ?? 0
  }

  /// All failures together.
  var errorCount: Int { outcome.errors.values.reduce(0, +) }
}

/// Loads a server that misbehaves in a way: with four persistent clients and 200 requests, unless told otherwise.
func load(
  _ fault: FaultyServer.Fault,
  size: Int = 64,
  _ configure: (inout Workload) -> Void = { _ in }
) throws -> LoadResult {
  let server = try FaultyServer(fault, requestSize: size)
  defer { server.stop() }
  var workload = Workload(target: server.address)
  workload.connections = 4
  workload.requests = 200
  workload.duration = nil
  workload.size = size...size
  workload.timeout = .seconds(20)
  configure(&workload)
  let outcome = try withDeadline { try LoadGenerator(workload).run() }
  server.stop()
  return LoadResult(outcome: outcome, server: server.counters)
}

/// Demands what holds for each run, however the server behaves: all bytes are accounted for, and the figures agree with
/// each other.
func expectHonest(_ result: LoadResult, sourceLocation: SourceLocation = #_sourceLocation) {
  let outcome = result.outcome
  #expect(outcome.ledger.addsUp, "\(outcome.ledger)", sourceLocation: sourceLocation)
  #expect(outcome.responses <= outcome.requests, sourceLocation: sourceLocation)
  #expect(Int(outcome.corrected.totalCount) == outcome.responses, sourceLocation: sourceLocation)
  #expect(Int(outcome.raw.totalCount) == outcome.responses, sourceLocation: sourceLocation)
  #expect(Int(outcome.firstByte.totalCount) == outcome.responses, sourceLocation: sourceLocation)
  #expect(Int(outcome.connect.totalCount) == outcome.connectionsMade, sourceLocation: sourceLocation)
  #expect(
    outcome.intervals.reduce(0) { $0 + $1.latency.count } == outcome.responses,
    sourceLocation: sourceLocation
  )
  let corrupt = outcome.errors.filter(\.key.isCorruption)
  #expect((outcome.corrupt > 0) == !corrupt.isEmpty, sourceLocation: sourceLocation)
  if outcome.corrupt > 0 { #expect(!outcome.verdict.isValid, sourceLocation: sourceLocation) }
}

/// Demands that nothing went wrong, and that each of so many requests was answered.
func expectFlawless(_ result: LoadResult, requests: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  expectHonest(result, sourceLocation: sourceLocation)
  let outcome = result.outcome
  #expect(outcome.verdict.isValid, "\(outcome.verdict)", sourceLocation: sourceLocation)
  #expect(outcome.errors.isEmpty, "\(outcome.errors)", sourceLocation: sourceLocation)
  #expect(outcome.requests == requests, sourceLocation: sourceLocation)
  #expect(outcome.responses == requests, sourceLocation: sourceLocation)
  #expect(outcome.bytesSent == outcome.bytesReceived, sourceLocation: sourceLocation)
  #expect(outcome.ledger.sent == outcome.ledger.echoed, sourceLocation: sourceLocation)
  #expect(outcome.ledger.lost.isEmpty && outcome.ledger.wrong == 0, sourceLocation: sourceLocation)
  #expect(
    result.server.bytesIn == outcome.ledger.sent,
    "as the server saw it",
    sourceLocation: sourceLocation
  )
}

/// A server that echoes as the library's own pump does it, on a thread of its own, over TCP or a Unix socket.
final class PumpServer: Sendable {
  let address: SocketAddress
  private let thread: LoopThread

  /// Listens at an address, with a port from the kernel where that is 0.
  init(at address: SocketAddress = "127.0.0.1:0") throws {
    let made = Handover<SocketAddress>()
    thread = try LoopThread { loop in
      if address.family == .unix {
        let listening = try Pipe(loop)
        try listening.bind(to: address)
        try listening.listen { connection throws(UVError) in try connection.pump(to: connection) }
        made.put(address)
      } else {
        let listening = try TCP(loop)
        try listening.bind(to: address)
        try listening.listen { connection throws(UVError) in try connection.pump(to: connection) }
        made.put(try listening.localAddress)
      }
    }
    self.address = try made.take()
  }

  /// Closes all that is open, and waits for the thread.
  func stop() throws {
    thread.remote.execute { loop in loop.walk { $0.close() } }
    try thread.join()
  }
}

/// A value from one thread to another, which waits for it.
final class Handover<Value: Sendable>: Sendable {
  private let place = Mutex<Value?>(nil)

  func put(_ value: Value) { place.withLock { $0 = value } }

  /// Waits for the value, up to a deadline.
  func take() throws -> Value {
    let end = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < end {
      if let value = place.withLock({ $0 }) { return value }
      sched_yield()
    }
    return try #require(nil, "a value comes within half a minute")
  }
}
