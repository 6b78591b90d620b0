import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct CoordinatorTests {
  @Test func `a server's process is told when it is given`() throws {
    let own = Int(getpid())
    let result = try load(.none) { $0.serverProcess = own }
    expectFlawless(result, requests: 200)
    let usage = try #require(result.outcome.server)
    #expect(usage.process == own)
    #expect(usage.residentBytes > 100_000)
    #expect(usage.peakBytes >= usage.residentBytes)
    #expect(usage.userSeconds >= 0 && usage.systemSeconds >= 0)
  }

  @Test func `a process that isn't there has no figures`() throws {
    // The numbers of processes end far below.
    let result = try load(.none) { $0.serverProcess = 999_999_999 }
    expectFlawless(result, requests: 200)
    #expect(result.outcome.server == nil)
  }

  @Test func `the client's own use is told`() throws {
    let result = try load(.none) { $0.requests = 2000 }
    expectFlawless(result, requests: 2000)
    let client = result.outcome.client
    #expect(client.processorSeconds > 0)
    #expect(client.processorShare > 0 && client.processorShare < 1.5)
    #expect(client.peakBytes ?? 0 > 100_000)
  }

  @Test func `the intervals of all threads are one row`() throws {
    let result = try load(.none) {
      $0.threads = 3
      $0.connections = 6
      $0.requests = nil
      $0.duration = .milliseconds(2300)
    }
    expectHonest(result)
    let outcome = result.outcome
    #expect(outcome.intervals.map(\.start) == [0, 1, 2])
    #expect(outcome.intervals.map(\.seconds) == [1, 1, 0.3])
    #expect(outcome.intervals.allSatisfy { $0.connections == 6 })
    #expect(outcome.seconds == 2.3)
    let perSecond = Double(outcome.intervals.reduce(0) { $0 + $1.responses }) / 2.3
    #expect(abs(perSecond - outcome.responsesPerSecond) < 0.001)
  }

  @Test func `what a worker can't do ends the run with its error`() async throws {
    // In a process of its own, which runs out of descriptors after the loops have been made.
    let result = await #expect(processExitsWith: .success) {
      setDescriptorLimit(64, isFinal: true)
      var workload = Workload(target: "127.0.0.1:1")
      workload.connections = 1
      workload.threads = 1
      // Room for the first loop, and not for the worker's.
      var held: [Int32] = []
      while let descriptor = openDescriptor() { held.append(descriptor) }
      for _ in 0..<9 { if let last = held.popLast() { closeDescriptor(last) } }
      #expect(throws: (any Error).self) { try LoadGenerator(workload).run() }
    }
    #expect(result != nil)
  }
}
