import Libuv
import Synchronization
import TestSupport
import Testing

@Suite struct AsyncTests {
  @Test func `a send calls the handler in a later turn, with its async`() throws {
    try withLoop { loop in
      var caller: Async?
      let async = try Async(loop) { caller = $0 }
      #expect(async.sender.send())
      #expect(caller == nil)
      loop.run(.once)
      #expect(caller === async)
      caller = nil
      loop.run(.noWait)
      #expect(caller == nil, "one send, one call")
      async.close()
    }
  }

  @Test func `sends that come before the loop gets to them are one call`() throws {
    try withLoop { loop in
      var calls = 0
      let async = try Async(loop) { _ in calls += 1 }
      for _ in 0..<1000 { #expect(async.sender.send()) }
      loop.run(.noWait)
      loop.run(.noWait)
      #expect(calls == 1)
      async.sender.send()
      loop.run(.noWait)
      #expect(calls == 2)
      async.close()
    }
  }

  @Test func `a send from the handler is another call`() throws {
    try withLoop { loop in
      var calls = 0
      let async = try Async(loop) { async in
        calls += 1
        if calls < 100 { async.sender.send() } else { async.close() }
      }
      async.sender.send()
      loop.run()
      #expect(calls == 100)
    }
  }

  @Test func `asyncs on one loop are told apart`() throws {
    try withLoop { loop in
      var calls: [Int] = []
      let asyncs = try (0..<10).map { number in try Async(loop) { _ in calls.append(number) } }
      asyncs[7].sender.send()
      asyncs[3].sender.send()
      loop.run(.once)
      #expect(calls.sorted() == [3, 7])
      for async in asyncs { async.close() }
    }
  }

  @Test func `nothing that was written before a send from any of 4 threads is missed, on the loop's thread`()
    throws
  {
    let (threadCount, sendCount) = (4, 10_000)
    try withLoop(deadline: .seconds(120)) { loop in
      let written = Written()
      let home = currentThread()
      var strays = 0
      var seen = 0
      var calls = 0
      let async = try Async(loop) { async in
        if currentThread() != home { strays += 1 }
        calls += 1
        seen = written.count.load(ordering: .acquiring)
        if seen == threadCount * sendCount { async.close() }
      }
      let sender = async.sender
      let threads = (0..<threadCount).map { _ in
        BackgroundThread {
          for _ in 0..<sendCount {
            written.count.add(1, ordering: .releasing)
            sender.send()
          }
        }
      }
      loop.run()
      for thread in threads { thread.join() }
      #expect(seen == threadCount * sendCount)
      #expect(calls <= threadCount * sendCount)
      #expect(strays == 0)
    }
  }

  @Test func `a send wakes a loop that waits`() throws {
    try withLoop { loop in
      let async = try Async(loop) { $0.close() }
      let sender = async.sender
      // Nothing but the send can end the wait: there is no timer.
      var thread: BackgroundThread?
      let prepare = try Prepare(loop)
      try prepare.start { prepare in
        prepare.close()
        thread = BackgroundThread { sender.send() }
      }
      loop.run()
      thread?.join()
      #expect(async.state == .closed)
    }
  }

  @Test func `an async keeps its loop running until it is closed or unreferenced`() throws {
    try withLoop { loop in
      let async = try Async(loop) { _ in }
      #expect(loop.run(.noWait))
      async.unref()
      #expect(!loop.run())
      async.ref()
      #expect(loop.isAlive)
      async.close()
      #expect(!loop.run())
    }
  }

  @Test func `a send after the close began returns false and calls nothing`() throws {
    try withLoop { loop in
      let async = try Async(loop) { _ in Issue.record("called") }
      let sender = async.sender
      async.close()
      #expect(!sender.send())
      loop.run()
      #expect(!sender.send())
    }
  }

  @Test func `a send just before the close does not call the handler`() throws {
    try withLoop { loop in
      let async = try Async(loop) { _ in Issue.record("called") }
      #expect(async.sender.send())
      async.close()
      loop.run()
    }
  }

  @Test func `a sender outlives its handle and its loop`() throws {
    var sender: AsyncSender?
    weak var freed: Async?
    try withLoop { loop in
      let async = try Async(loop) { _ in }
      freed = async
      sender = async.sender
      async.close()
    }
    #expect(freed == nil)
    #expect(try !#require(sender).send())
  }

  @Test func `sends from other threads may race the close`() throws {
    for _ in 0..<100 {
      try withLoop { loop in
        var calls = 0
        let async = try Async(loop) { async in
          calls += 1
          if calls == 3 { async.close() }
        }
        let sender = async.sender
        // Each goes on until it is refused.
        let threads = (0..<2).map { _ in BackgroundThread { while sender.send() {} } }
        loop.run()
        for thread in threads { thread.join() }
        #expect(calls == 3)
        #expect(async.state == .closed)
      }
    }
  }
}

private final class Written: Sendable {
  let count = Atomic(0)
}
