import TestSupport
import Testing

@testable import Libuv

@Suite struct StreamFlowTests {
  @Test func `the C handle behind it has an address for any type`() {
    #expect(StreamFlow.room.isMultiple(of: 16))
    #expect(StreamFlow.room >= MemoryLayout<StreamFlow>.size)
  }

  @Test func `bytes go out at once only while the output is open and nothing is queued`() {
    var flow = StreamFlow(at: 7)
    #expect(flow.lastActivity == 7)
    #expect(flow.sendsAtOnce)
    flow.isWriting = true
    #expect(!flow.sendsAtOnce)
    flow.output = .ending
    flow.isWriting = false
    #expect(!flow.sendsAtOnce)
    flow.output = .open
    #expect(flow.sendsAtOnce)
    flow.isClosing = true
    #expect(!flow.sendsAtOnce)
  }

  @Test(arguments: Transport.allCases)
  func `each stream has one of its own`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      pair.client.highWaterMark = 1
      #expect(pair.server.highWaterMark == 65536)
      pair.client.flow.awaitsDrain = true
      #expect(!pair.server.flow.awaitsDrain)
      pair.client.close()
      #expect(pair.client.flow.isClosing)
      #expect(!pair.server.flow.isClosing)
      loop.run(.noWait)
      // It is there as long as the object is.
      #expect(pair.client.state == .closed)
      #expect(pair.client.highWaterMark == 1)
      pair.server.close()
    }
  }
}
