import Histogram
import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

/// What a run says of servers that do right, and of servers that do wrong.
@Suite struct LoadGeneratorTests {
  // MARK: Right

  @Test func `a right server is valid to the byte`() throws {
    let result = try load(.none)
    expectFlawless(result, requests: 200)
    #expect(result.outcome.bytesSent == 200 * 64)
    #expect(result.outcome.connectionsMade == 4)
    #expect(result.server.connections == 4)
    #expect(result.server.requests == 200)
    #expect(!result.outcome.isInterrupted)
    #expect(try abs(#require(result.outcome.littlesLaw) - 1) < 0.1)
  }

  @Test(arguments: [2, 64])
  func `a reply in pieces is right`(pieces: Int) throws {
    expectFlawless(try load(.pieces(pieces)), requests: 200)
  }

  @Test func `a reply of many kilobytes in a hundred pieces is right, and timed to its last byte`() throws {
    // More than one read can bring, however late the client looks.
    let result = try load(.pieces(100), size: 200_000) { $0.requests = 40 }
    expectFlawless(result, requests: 40)
    let outcome = result.outcome
    #expect(Latency(outcome.firstByte).mean < Latency(outcome.corrected).mean)
  }

  @Test func `the latency of a server with a delay is that delay`() throws {
    let result = try load(.delay(.milliseconds(10))) {
      $0.connections = 2
      $0.requests = 100
    }
    expectFlawless(result, requests: 100)
    let median = Latency(result.outcome.corrected)[50]
    #expect(median >= 10e6, "\(median) ns")
    // The aim is 3 %, which a machine that is busy with other tests can't promise: the acceptance trial demands it.
    #expect(median < 15e6, "\(median) ns")
  }

  // MARK: Corrupt

  @Test func `a wrong byte is corruption, and the run goes on`() throws {
    let result = try load(.wrongByte(every: 100))
    expectHonest(result)
    #expect(result.outcome.corrupt == 2)
    #expect(result.errors(.read, .wrongByte) == 2)
    #expect(result.outcome.verdict.reasons == [.corrupt(2)])
    #expect(result.outcome.responses == 198)
    #expect(result.outcome.connectionsMade == 5, "another one after the first; the second ended the run")
  }

  @Test func `a surplus byte is corruption`() throws {
    let result = try load(.surplusByte(every: 100))
    expectHonest(result)
    // It shows at once, or as a wrong byte before the next reply; after the very last one it may come too late to show.
    let seen = result.errors(.read, .surplus) + result.errors(.read, .wrongByte)
    #expect((1...2).contains(seen), "\(result.outcome.errors)")
    #expect(result.outcome.corrupt == seen)
    #expect(result.outcome.verdict.reasons == [.corrupt(seen)])
  }

  @Test func `a reply that lacks a byte is corrupt when its time is over`() throws {
    let result = try load(.missingByte(every: 100)) { $0.timeout = .milliseconds(200) }
    expectHonest(result)
    #expect(result.errors(.read, .incomplete) == 2, "\(result.outcome.errors)")
    #expect(result.outcome.corrupt == 2)
    #expect(result.outcome.verdict.reasons.contains(.corrupt(2)))
    #expect(result.outcome.ledger.lost[Failure(.read, .incomplete)] == 2, "a byte each")
  }

  @Test func `bytes that nobody asked for are corruption`() throws {
    let result = try load(.answersFirst) {
      $0.requests = 20
      $0.connections = 2
    }
    expectHonest(result)
    #expect(result.outcome.corrupt > 0)
    #expect(!result.outcome.verdict.isValid)
    #expect(result.errors(.read, .surplus) + result.errors(.read, .wrongByte) == result.outcome.corrupt)
  }

  // MARK: Failing

  @Test(arguments: [1, 4])
  func `resets are counted, and the clients go on`(clients: Int) throws {
    // So many that no connection takes the kernel as long as the other clients take for all requests that are left.
    let result = try load(.reset(every: 2000)) {
      $0.connections = clients
      $0.requests = 20_000
    }
    expectHonest(result)
    let resets = result.errors(.read, .reset) + result.errors(.send, .reset)
    #expect(resets == 10, "\(result.outcome.errors)")
    #expect(result.outcome.responses == 19_990)
    #expect(result.outcome.connectionsMade == clients + 9, "another one after each reset but the last")
    #expect(
      result.outcome.verdict.isValid,
      "a failing server's figure can be trusted: \(result.outcome.verdict)"
    )
    #expect(result.outcome.corrupt == 0)
  }

  @Test func `a server that never answers has no figure`() throws {
    let result = try load(.mute) {
      $0.requests = 8
      $0.timeout = .milliseconds(100)
    }
    expectHonest(result)
    #expect(result.outcome.verdict.reasons == [.noResponse])
    #expect(result.outcome.responses == 0)
    #expect(result.errors(.read, .timeout) == 8, "\(result.outcome.errors)")
    #expect(result.outcome.ledger.lost[Failure(.read, .timeout)] == 8 * 64)
    #expect(result.server.bytesIn == 8 * 64)
  }

  @Test func `a server that closes after accept has no figure`() throws {
    let result = try load(.closesAfterAccept) {
      $0.requests = 8
      $0.connections = 2
      $0.timeout = .seconds(1)
    }
    expectHonest(result)
    #expect(result.outcome.verdict.reasons == [.noResponse])
    let ends =
      result.errors(.read, .closedEarly) + result.errors(.read, .reset) + result.errors(.send, .reset)
    #expect(ends >= 8, "\(result.outcome.errors)")
    #expect(ends == result.errorCount)
    #expect(result.outcome.corrupt == 0)
  }

  @Test func `a server that isn't there is unreachable`() throws {
    let server = try FaultyServer(.none, requestSize: 64)
    let address = server.address
    server.stop()
    var workload = Workload(target: address)
    workload.connections = 3
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    #expect(outcome.verdict.reasons == [.unreachable(Failure(.connect, .refused))])
    #expect(outcome.errors[Failure(.connect, .refused)] == 3)
    #expect(outcome.connectionsMade == 0)
    #expect(outcome.ledger == Ledger())
    #expect(outcome.seconds == 0)
    #expect(outcome.responsesPerSecond == 0)
  }

  @Test func `a reconnecting client finds out, too, that nobody is there`() throws {
    let server = try FaultyServer(.none, requestSize: 64)
    let address = server.address
    server.stop()
    var workload = Workload(target: address)
    workload.connections = 3
    workload.strategy = .reconnect
    workload.duration = .milliseconds(200)
    let outcome = try withDeadline { try LoadGenerator(workload).run() }
    #expect(!outcome.verdict.isValid)
    #expect(outcome.errors[Failure(.connect, .refused)] ?? 0 >= 3)
    #expect(outcome.connectionsMade == 0)
    #expect(outcome.responses == 0)
    #expect(outcome.ledger.addsUp)
    #expect(outcome.ledger.sent == 0)
  }

  @Test func `a server that takes no connection lets clients wait until their time is over`() throws {
    let result = try load(.neverAccepts) {
      $0.requests = 4
      $0.timeout = .milliseconds(100)
    }
    expectHonest(result)
    #expect(result.outcome.verdict.reasons == [.noResponse])
    #expect(result.errors(.read, .timeout) == 4)
  }

  // MARK: Stalls

  @Test func `an open loop shows a stall that a closed one hides`() throws {
    // One stall of 300 ms in each hundred requests: no more than 1 % wait for it themselves.
    let result = try load(.stall(.milliseconds(300), every: 100)) {
      $0.connections = 1
      $0.rate = 200
      $0.requests = nil
      $0.duration = .seconds(2)
    }
    expectHonest(result)
    let outcome = result.outcome
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.requests == 400)
    #expect(outcome.scheduled == 400)
    #expect(result.server.faults >= 3)
    #expect(
      Latency(outcome.corrected)[99] > 200e6,
      "those that were held up count from when they were to begin"
    )
    #expect(
      Latency(outcome.raw)[90] < 200e6,
      "from when they were sent, only those that met the stall itself"
    )
    #expect(Latency(outcome.raw).max > 290e6)
    let held = outcome.raw.count(within: 200_000_000...Times.longest)
    #expect(Int(held) <= result.server.faults)
    #expect(outcome.corrected.count(within: 200_000_000...Times.longest) > 4 * held)
  }

  @Test func `a stall does not lengthen the schedule`() throws {
    let result = try load(.stall(.milliseconds(10), every: 40)) {
      $0.connections = 20
      $0.rate = 400
      $0.arrivals = .poisson
      $0.requests = nil
      $0.duration = .seconds(1)
    }
    expectHonest(result)
    #expect((300...500).contains(result.outcome.scheduled ?? 0), "about as many as were asked for")
    #expect(result.outcome.verdict.isValid, "\(result.outcome.verdict)")
  }

  @Test func `a rate that can't be sent makes a run invalid`() throws {
    // One client, a reply each 10 ms at best: a hundred requests a second, of ten thousand.
    let result = try load(.delay(.milliseconds(10))) {
      $0.connections = 1
      $0.rate = 10_000
      $0.requests = nil
      $0.duration = .milliseconds(500)
    }
    expectHonest(result)
    #expect(result.outcome.scheduled == 5000)
    guard case .rateNotSent(let share) = result.outcome.verdict.reasons.first else {
      Issue.record("\(result.outcome.verdict)")
      return
    }
    #expect(share < 0.02)
  }

  // MARK: Limits

  @Test func `more connections than the process may have are refused with what to do`() throws {
    var workload = Workload(target: "127.0.0.1:1")
    workload.connections = 100_000_000
    let error = #expect(throws: TooFewDescriptors.self) { try LoadGenerator(workload).run() }
    #expect(error?.connections == 100_000_000)
    #expect(error?.description.contains("ulimit -n") == true)
  }

  @Test func `progress is told in order`() throws {
    let server = try FaultyServer(.none, requestSize: 64)
    defer { server.stop() }
    var workload = Workload(target: server.address)
    workload.connections = 2
    workload.duration = .milliseconds(1200)
    workload.warmup = .milliseconds(10)
    var generator = LoadGenerator(workload)
    var told: [String] = []
    var responses = 0
    generator.onProgress = { progress in
      switch progress {
      case .connecting: told.append("connecting")
      case .loading(let warmup): told.append("loading \(warmup)")
      case .interval(let interval):
        told.append("interval \(interval.index)")
        responses += interval.responses
      case .finishing: told.append("finishing")
      }
    }
    let outcome = try withDeadline { try generator.run() }
    #expect(told == ["connecting", "loading 0.01", "interval 0", "finishing", "interval 1"])
    #expect(outcome.intervals.map(\.start) == [0, 1])
    #expect(outcome.intervals.map(\.seconds) == [1, 0.2])
    #expect(outcome.seconds == 1.2)
    #expect(Int(outcome.responsesPerSecond * 1.2 + 0.5) == responses)
  }
}
