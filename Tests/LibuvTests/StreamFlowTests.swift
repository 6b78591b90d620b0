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
    let began = flow.lastActivity
    #expect(began == 7)
    var seen = [flow.sendsAtOnce]
    flow.isWriting = true
    seen.append(flow.sendsAtOnce)
    flow.output = .ending
    flow.isWriting = false
    seen.append(flow.sendsAtOnce)
    flow.output = .open
    seen.append(flow.sendsAtOnce)
    flow.isClosing = true
    seen.append(flow.sendsAtOnce)
    #expect(seen == [true, false, false, true, false])
  }

  @Test(arguments: Transport.allCases)
  func `each stream has one of its own`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      pair.client.highWaterMark = 1
      #expect(pair.server.highWaterMark == 65536)
      pair.client.flow.awaitsDrain = true
      let serverAwaitsDrain = pair.server.flow.awaitsDrain
      #expect(!serverAwaitsDrain)
      pair.client.close()
      let clientIsClosing = pair.client.flow.isClosing
      #expect(clientIsClosing)
      let serverIsClosing = pair.server.flow.isClosing
      #expect(!serverIsClosing)
      loop.run(.noWait)
      // It is there as long as the object is.
      #expect(pair.client.state == .closed)
      #expect(pair.client.highWaterMark == 1)
      pair.server.close()
    }
  }
}
