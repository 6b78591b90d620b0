import Libuv
import LoadGenerator
import TestSupport
import Testing

@Suite struct WorkloadTests {
  @Test func `a workload without wishes is a closed loop of 100 clients with 64 bytes each, for ten seconds`()
  {
    let workload = Workload(target: "127.0.0.1:4000")
    #expect(workload.target == "127.0.0.1:4000")
    #expect(workload.strategy == .persistent)
    #expect(workload.connections == 100)
    #expect(workload.rate == nil)
    #expect(workload.arrivals == .constant)
    #expect(workload.duration == .seconds(10))
    #expect(workload.requests == nil)
    #expect(workload.warmup == .zero)
    #expect(workload.ramp == nil)
    #expect(workload.size == 64...64)
    #expect(workload.pipeline == 1)
    #expect(workload.threads == 1)
    #expect(workload.timeout == .seconds(5))
    #expect(workload.sources == nil)
    #expect(!workload.halfClose)
    #expect(workload.serverProcess == nil)
  }

  @Test func `a rate makes an open loop`() {
    var workload = Workload(target: "127.0.0.1:4000")
    #expect(!workload.isOpenLoop)
    workload.rate = 1000
    #expect(workload.isOpenLoop)
  }

  @Test func `strategies and arrivals have names`() {
    #expect(Workload.Strategy.allCases.map(\.rawValue) == ["persistent", "reconnect"])
    #expect(Workload.Arrivals.allCases.map(\.rawValue) == ["constant", "poisson"])
  }

  // MARK: Sense

  @Test func `more threads than connections are a mistake`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var workload = Workload(target: "127.0.0.1:1")
      workload.connections = 2
      workload.threads = 3
      _ = try LoadGenerator(workload).run()
    }
    expectTrap(result, saying: "from one thread to one for each connection")
  }

  @Test func `a run without an end is a mistake`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var workload = Workload(target: "127.0.0.1:1")
      workload.duration = nil
      _ = try LoadGenerator(workload).run()
    }
    expectTrap(result, saying: "a run ends after a duration, or a number of requests")
  }

  @Test func `a pipeline on connections for one request is a mistake`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var workload = Workload(target: "127.0.0.1:1")
      workload.strategy = .reconnect
      workload.pipeline = 2
      _ = try LoadGenerator(workload).run()
    }
    expectTrap(result, saying: "one request on a connection")
  }
}
