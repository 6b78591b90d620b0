import Libuv
import TestSupport
import Testing

@testable import EchoServer

@Suite struct StatisticsTests {
  @Test func `the line has each figure by its name`() {
    var statistics = Statistics()
    statistics.connections = 7
    statistics.open = 1
    statistics.requests = 30
    statistics.bytesIn = 400
    statistics.bytesOut = 399
    statistics.bytesDiscarded = 4
    statistics.idleTimeouts = 2
    statistics.resets = 3
    statistics.errors = ["EPIPE": 1, "ECONNRESET": 4]
    #expect(
      statistics.description == """
        connections=7 open=1 requests=30 bytes_in=400 bytes_out=399 bytes_discarded=4 idle_timeouts=2 resets=3 \
        errors=ECONNRESET:4,EPIPE:1
        """
    )
  }

  @Test func `a server that has seen nothing says so`() {
    #expect(
      Statistics().description == """
        connections=0 open=0 requests=0 bytes_in=0 bytes_out=0 bytes_discarded=0 idle_timeouts=0 resets=0 errors=none
        """
    )
  }

  @Test func `a connection's traffic is added to what was there`() throws {
    try withLoop { loop in
      var statistics = Statistics()
      for count in [10, 30] {
        let pair = try tcpPair(loop)
        try pair.server.pump(to: pair.server)
        try pair.client.write([UInt8](repeating: 1, count: count))
        try run(loop) { pair.server.bytesWritten == count }
        statistics.add(Traffic(pair.server))
        pair.client.close()
      }
      #expect(statistics.requests == 2)
      #expect(statistics.bytesIn == 40)
      #expect(statistics.bytesOut == 40)
      #expect(statistics.bytesDiscarded == 0)
      #expect(statistics.connections == 0)
    }
  }
}
