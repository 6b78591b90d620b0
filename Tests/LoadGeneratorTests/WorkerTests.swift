import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct WorkerTests {
  @Test(arguments: [1, 2, 3, 4])
  func `the requests are shared among the threads, to the last one`(threads: Int) throws {
    let result = try load(.none) {
      $0.threads = threads
      $0.connections = 7
      $0.requests = 101
    }
    expectFlawless(result, requests: 101)
    #expect(result.outcome.connectionsMade == 7)
  }

  @Test func `more threads than requests leave some with nothing to do`() throws {
    let result = try load(.none) {
      $0.threads = 4
      $0.connections = 4
      $0.requests = 2
    }
    expectFlawless(result, requests: 2)
  }

  @Test func `the schedules of all threads make the rate together`() throws {
    let result = try load(.none) {
      $0.threads = 3
      $0.connections = 10
      $0.rate = 300
      $0.requests = nil
      $0.duration = .seconds(1)
    }
    expectHonest(result)
    #expect(result.outcome.scheduled == 300)
    #expect(result.outcome.verdict.isValid, "\(result.outcome.verdict)")
  }

  // MARK: Greeting

  @Test func `each persistent client has a reply before the load, which doesn't count`() throws {
    let result = try load(.none) {
      $0.connections = 300
      $0.requests = 600
      $0.greets = true
    }
    expectHonest(result)
    #expect(result.outcome.verdict.isValid, "\(result.outcome.verdict)")
    #expect(result.outcome.requests == 600)
    #expect(result.server.requests == 900)
    #expect(result.server.connections == 300)
    #expect(result.outcome.ledger.echoed == 900 * 64)
  }

  @Test func `a server that accepts nobody is found out before the load`() throws {
    let result = try load(.neverAccepts) {
      $0.greets = true
      $0.timeout = .milliseconds(200)
    }
    #expect(result.outcome.requests == 0)
    #expect(result.errors(.read, .timeout) == 4)
    #expect(result.outcome.verdict.reasons == [.unreachable(Failure(.read, .timeout))])
  }

  @Test(arguments: [FaultyServer.Fault.reset(every: 10), .wrongByte(every: 10), .closesAfterAccept])
  func `a greeting that fails is an error as others are, and the load goes on`(fault: FaultyServer.Fault)
    throws
  {
    let result = try load(fault) {
      $0.connections = 20
      $0.requests = nil
      $0.duration = .milliseconds(200)
      $0.greets = true
    }
    #expect(result.outcome.ledger.addsUp, "\(result.outcome.ledger)")
    #expect(result.errorCount > 0)
  }

  @Test func `reconnecting clients have nothing to greet with`() throws {
    let result = try load(.none) {
      $0.strategy = .reconnect
      $0.greets = true
    }
    expectFlawless(result, requests: 200)
  }

  @Test func `a ramp opens connections at its rate`() throws {
    let start = ContinuousClock.now
    let result = try load(.none) {
      $0.connections = 40
      $0.ramp = 200
      $0.requests = 40
    }
    expectFlawless(result, requests: 40)
    #expect(result.outcome.connectionsMade == 40)
    #expect(ContinuousClock.now - start > .milliseconds(150), "40 at 200 a second")
  }

  @Test func `a ramp lets reconnecting clients begin one after the other`() throws {
    let result = try load(.none) {
      $0.strategy = .reconnect
      $0.connections = 20
      $0.ramp = 200
      $0.requests = nil
      $0.duration = .milliseconds(300)
    }
    expectHonest(result)
    #expect(result.outcome.verdict.isValid, "\(result.outcome.verdict)")
    #expect(result.outcome.seconds == 0.3)
  }

  @Test func `more clients than connect at once all connect`() throws {
    let result = try load(.none) {
      $0.connections = 500
      $0.requests = 1000
    }
    expectFlawless(result, requests: 1000)
    #expect(result.outcome.connectionsMade == 500)
    #expect(result.outcome.intervals.first?.connections ?? 0 > 0)
  }

  @Test func `what is sent before the measured time is not measured`() throws {
    let result = try load(.none) {
      $0.warmup = .milliseconds(200)
      $0.requests = nil
      $0.duration = .milliseconds(200)
    }
    expectHonest(result)
    let outcome = result.outcome
    #expect(outcome.verdict.isValid, "\(outcome.verdict)")
    #expect(outcome.seconds == 0.2)
    #expect(result.server.requests > outcome.requests)
    #expect(result.server.bytesIn == outcome.ledger.sent)
  }

  @Test func `requests under way at the end are followed to their end`() throws {
    // The window closes while the first replies are awaited.
    let result = try load(.delay(.milliseconds(200))) {
      $0.requests = nil
      $0.duration = .milliseconds(50)
    }
    expectHonest(result)
    #expect(result.outcome.requests == 4)
    #expect(result.outcome.responses == 4)
    #expect(result.outcome.responsesPerSecond == 0, "none came in the measured time")
    #expect(result.outcome.bytesReceived == 4 * 64)
    #expect(Latency(result.outcome.corrected).min >= 200e6)
  }

  @Test func `requests that are never answered end the run when their time is over`() throws {
    let result = try load(.mute) {
      $0.requests = nil
      $0.duration = .milliseconds(50)
      $0.timeout = .milliseconds(200)
    }
    expectHonest(result)
    #expect(result.errors(.read, .timeout) == 4, "once each, no more is tried after the end")
  }
}
