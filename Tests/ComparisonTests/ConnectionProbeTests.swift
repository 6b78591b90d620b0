import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

@Suite struct ConnectionProbeTests {
  /// Answers with one number after the other, as if a server grew.
  private final class Memory {
    private var values: [Int?]
    private(set) var looks = 0

    init(_ values: Int?...) { self.values = values }

    var next: Int? {
      looks += 1
      return values.isEmpty ? nil : values.removeFirst()
    }
  }

  private let probe = ConnectionProbe(connections: 40, atOnce: 7, patience: .seconds(60))

  private func probe(
    _ fault: FaultyServer.Fault,
    _ memory: Memory,
    patience: Duration = .seconds(60)
  ) throws -> (result: Double?, counters: FaultyServer.Counters) {
    try withDeadline {
      var probe = probe
      probe.patience = patience
      let server = try FaultyServer(fault, requestSize: 64)
      let result = try probe.bytesPerConnection(of: server.address) { memory.next }
      server.stop()
      return (result, server.counters)
    }
  }

  @Test func `each connection has a request and its reply, and the growth is divided by them`() throws {
    let memory = Memory(1_000_000, 1_100_000)
    let (result, counters) = try probe(.none, memory)
    #expect(result == 2500)
    #expect(counters.connections == 40)
    #expect(counters.requests == 40)
    #expect(counters.bytesIn == 40 * 64)
  }

  @Test func `memory that was given back is less than nothing`() throws {
    #expect(try probe(.pieces(3), Memory(1_000_000, 900_000)).result == -2500)
  }

  @Test func `without all replies there is no figure`() throws {
    let memory = Memory(1_000_000, 1_100_000)
    #expect(try probe(.mute, memory, patience: .milliseconds(200)).result == nil)
    #expect(memory.looks == 1, "what stands then says nothing")
  }

  @Test func `a server that closes or resets has no figure`() throws {
    #expect(try probe(.closesAfterAccept, Memory(1, 2)).result == nil)
    #expect(try probe(.reset(every: 20), Memory(1, 2)).result == nil)
  }

  @Test func `where nobody listens there is no figure`() throws {
    let loop = try Loop()
    let socket = try TCP(loop)
    try socket.bind(to: "127.0.0.1:0")
    let address = try socket.localAddress
    #expect(try probe.bytesPerConnection(of: address) { 1 } == nil)
    socket.close()
    loop.run()
    try loop.close()
  }

  @Test func `a server that has ended has no figure`() throws {
    #expect(try probe(.none, Memory(nil)).result == nil)
    #expect(try probe(.none, Memory(1, nil)).result == nil)
  }
}
