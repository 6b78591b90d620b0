import Histogram
import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct ClientTests {
  // MARK: Persistent

  @Test(arguments: [1, 2, 7, 64])
  func `as many requests as the pipeline holds are under way`(pipeline: Int) throws {
    let result = try load(.none) { $0.pipeline = pipeline }
    expectFlawless(result, requests: 200)
    #expect(result.outcome.connectionsMade == 4)
  }

  @Test func `with a delay, requests of a pipeline share it`() throws {
    // Ten rounds of eight requests for each of two clients.
    let result = try load(.delay(.milliseconds(20))) {
      $0.connections = 2
      $0.pipeline = 8
      $0.requests = 160
    }
    expectFlawless(result, requests: 160)
    #expect(result.outcome.seconds < 160 * 0.02 / 2, "less than one by one")
    #expect(try abs(#require(result.outcome.littlesLaw) - 1) < 0.1)
  }

  @Test(arguments: [1, 65_535, 65_536, 65_537, 1_000_000])
  func `requests of any size come back`(size: Int) throws {
    let result = try load(.none, size: size) {
      $0.requests = 20
      $0.connections = 3
    }
    expectFlawless(result, requests: 20)
    #expect(result.outcome.bytesSent == 20 * size)
  }

  @Test func `sizes are drawn from the range, the same for the same seed`() throws {
    func bytes(seed: UInt64) throws -> Int {
      let server = try PumpServer()
      var workload = Workload(target: server.address)
      workload.connections = 1
      workload.requests = 100
      workload.size = 1...100_000
      workload.seed = seed
      let outcome = try withDeadline { try LoadGenerator(workload).run() }
      try server.stop()
      #expect(outcome.verdict.isValid, "\(outcome.verdict)")
      #expect(outcome.bytesSent == outcome.bytesReceived)
      return outcome.bytesSent
    }
    let first = try bytes(seed: 1)
    #expect(first > 100 * 20_000 && first < 100 * 80_000, "about half of the range each: \(first)")
    #expect(try bytes(seed: 1) == first)
    #expect(try bytes(seed: 2) != first)
  }

  @Test func `a client that ends its side waits for the server's end`() throws {
    let result = try load(.none) { $0.halfClose = true }
    expectFlawless(result, requests: 200)
  }

  @Test func `a server that doesn't end is told after the timeout`() throws {
    // The echo is right, and the end never comes: this server closes only when it is stopped.
    let server = try SilentEnd()
    var workload = Workload(target: server.address)
    workload.connections = 2
    workload.requests = 10
    workload.duration = nil
    workload.halfClose = true
    workload.timeout = .milliseconds(100)
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    try server.stop()
    #expect(outcome.responses == 10)
    #expect(outcome.errors == [Failure(.close, .timeout): 2])
    #expect(outcome.ledger.addsUp)
    #expect(outcome.verdict.isValid)
  }

  // MARK: Reconnecting

  @Test func `a reconnecting client makes a connection for each request`() throws {
    let result = try load(.none) { $0.strategy = .reconnect }
    expectFlawless(result, requests: 200)
    #expect(result.outcome.connectionsMade == 200)
    #expect(result.server.connections == 200)
    #expect(try abs(#require(result.outcome.littlesLaw) - 1) < 0.1)
    // From the beginning of the connection to the last byte.
    #expect(Latency(result.outcome.connect).mean < Latency(result.outcome.corrected).mean)
  }

  @Test func `a reconnecting client that ends its side waits for the server's end`() throws {
    let result = try load(.none) {
      $0.strategy = .reconnect
      $0.halfClose = true
    }
    expectFlawless(result, requests: 200)
    #expect(result.server.connections == 200)
  }

  @Test func `a reconnecting client with large requests ends its side after the last byte`() throws {
    let result = try load(.none, size: 500_000) {
      $0.strategy = .reconnect
      $0.halfClose = true
      $0.requests = 12
    }
    expectFlawless(result, requests: 12)
  }

  @Test func `a reconnecting client goes on after resets`() throws {
    let result = try load(.reset(every: 10)) { $0.strategy = .reconnect }
    expectHonest(result)
    #expect(result.outcome.responses == 180)
    #expect(result.errors(.read, .reset) + result.errors(.send, .reset) == 20, "\(result.outcome.errors)")
    #expect(result.outcome.verdict.isValid)
  }

  @Test func `connections come from the sources, in turn`() throws {
    let server = try PumpServer()
    var workload = Workload(target: server.address)
    workload.connections = 4
    workload.requests = 40
    workload.strategy = .reconnect
    workload.sources = SourceAddresses("127.0.1.0/29")
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    try server.stop()
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.connectionsMade == 40)
  }

  @Test func `a source that this machine doesn't have is told`() throws {
    let server = try PumpServer()
    var workload = Workload(target: server.address)
    workload.connections = 2
    workload.sources = SourceAddresses("192.0.2.0/24")
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    try server.stop()
    #expect(outcome.verdict.reasons == [.unreachable(Failure(.connect, .system(.addressNotAvailable)))])
    #expect(outcome.connectionsMade == 0)
  }

  // MARK: Rates

  @Test(arguments: Workload.Strategy.allCases, Workload.Arrivals.allCases)
  func `a rate is kept`(strategy: Workload.Strategy, arrivals: Workload.Arrivals) throws {
    let result = try load(.none) {
      $0.strategy = strategy
      $0.arrivals = arrivals
      $0.connections = 20
      $0.rate = 500
      $0.requests = nil
      $0.duration = .seconds(1)
    }
    expectHonest(result)
    let outcome = result.outcome
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.littlesLaw == nil)
    let scheduled = try #require(outcome.scheduled)
    #expect(arrivals == .constant ? scheduled == 500 : (380...620).contains(scheduled), "\(scheduled)")
    #expect(try Int(#require(outcome.lag).totalCount) == outcome.requests)
    // From the intended beginning is never shorter than from the true one.
    #expect(Latency(outcome.corrected).mean >= Latency(outcome.raw).mean)
  }

  @Test func `a number of requests ends an open loop, too`() throws {
    let result = try load(.none) {
      $0.rate = 1000
      $0.requests = 50
    }
    expectFlawless(result, requests: 50)
    #expect(result.outcome.seconds > 0.04)
  }

  @Test func `clients whose turn comes late don't hold up a run that has its requests`() throws {
    // The last client's turn would come after ten seconds.
    let start = ContinuousClock.now
    let result = try load(.none) {
      $0.connections = 200
      $0.rate = 20
      $0.requests = 4
    }
    expectFlawless(result, requests: 4)
    #expect(ContinuousClock.now - start < .seconds(8))
    #expect(result.outcome.seconds < 2, "to the last reply")
  }

  @Test func `a rate beyond what the server can do is told, with the replies that came`() throws {
    let result = try load(.delay(.milliseconds(5))) {
      $0.connections = 2
      $0.rate = 100_000
      $0.requests = nil
      $0.warmup = .milliseconds(200)
      $0.duration = .milliseconds(300)
    }
    expectHonest(result)
    guard case .rateNotSent(let share)? = result.outcome.verdict.reasons.first else {
      Issue.record("\(result.outcome.verdict)")
      return
    }
    #expect(share < 0.05)
    #expect(result.outcome.verdict.reasons.count == 1, "the warm-up's backlog doesn't take the measured time")
    #expect(result.outcome.responses > 0)
  }

  // MARK: Other ways

  @Test(arguments: Workload.Strategy.allCases)
  func `a Unix socket can be loaded`(strategy: Workload.Strategy) throws {
    let folder = try TemporaryFolder()
    let server = try PumpServer(at: folder.socket())
    var workload = Workload(target: server.address)
    workload.connections = 4
    workload.requests = 200
    workload.strategy = strategy
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    try server.stop()
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.responses == 200)
    #expect(outcome.connectionsMade == (strategy == .persistent ? 4 : 200))
  }

  @Test func `a Unix socket that isn't there is unreachable`() throws {
    let folder = try TemporaryFolder()
    var workload = Workload(target: try folder.socket())
    workload.connections = 2
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    #expect(outcome.verdict.reasons == [.unreachable(Failure(.connect, .system(.noSuchFileOrDirectory)))])
  }

  @Test(.enabled(if: hasIPv6)) func `IPv6 can be loaded`() throws {
    let server = try PumpServer(at: "[::1]:0")
    var workload = Workload(target: server.address)
    workload.connections = 4
    workload.requests = 200
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    try server.stop()
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.responses == 200)
  }
}

/// A server that echoes, and answers the client's end with nothing.
private final class SilentEnd: Sendable {
  let address: SocketAddress
  private let thread: LoopThread

  init() throws {
    let made = Handover<SocketAddress>()
    thread = try LoopThread { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      try listening.listen { connection throws(UVError) in
        try connection.read { connection, event throws(UVError) in
          switch event {
          case .bytes(let bytes): try connection.write(bytes)
          case .end, .failure: break
          }
        }
      }
      made.put(try listening.localAddress)
    }
    address = try made.take()
  }

  func stop() throws {
    thread.remote.execute { loop in loop.walk { $0.close() } }
    try thread.join()
  }
}
