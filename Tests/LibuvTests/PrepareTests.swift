import Libuv
import TestSupport
import Testing

@Suite struct PrepareTests {
  @Test func `a prepare handle is called once in every turn`() throws {
    try withLoop { loop in
      let prepare = try Prepare(loop)
      var calls = 0
      try prepare.start { caller in
        #expect(caller === prepare)
        calls += 1
      }
      #expect(prepare.isActive)
      for turn in 1...10 {
        #expect(loop.run(.noWait))
        #expect(calls == turn)
      }
      prepare.close()
    }
  }

  @Test func `it is called before the loop waits`() throws {
    try withLoop { loop in
      let prepare = try Prepare(loop)
      var isCalled = false
      try prepare.start { _ in isCalled = true }
      var wasCalledBefore: Bool?
      // Called while the loop waits for input and output.
      let async = try Async(loop) { _ in wasCalledBefore = isCalled }
      async.sender.send()
      loop.run(.once)
      #expect(wasCalledBefore == true)
      #expect(isCalled)
      async.close()
      prepare.close()
    }
  }

  @Test func `starting anew goes on with the new handler`() throws {
    try withLoop { loop in
      let prepare = try Prepare(loop)
      var calls = 0
      try prepare.start { _ in Issue.record("the old handler") }
      try prepare.start { _ in calls += 1 }
      loop.run(.noWait)
      #expect(calls == 1)
      prepare.close()
    }
  }

  @Test func `a stopped prepare handle isn't called, and can be started again`() throws {
    try withLoop { loop in
      let prepare = try Prepare(loop)
      prepare.stop()
      try prepare.start { _ in Issue.record("called though stopped") }
      prepare.stop()
      prepare.stop()
      #expect(!loop.run())
      var calls = 0
      try prepare.start { prepare in
        calls += 1
        prepare.stop()
      }
      loop.run(.noWait)
      loop.run(.noWait)
      #expect(calls == 1)
      prepare.close()
    }
  }

  @Test func `an unreferenced prepare handle lets the loop end`() throws {
    try withLoop { loop in
      let prepare = try Prepare(loop)
      try prepare.start { _ in }
      #expect(loop.isAlive)
      prepare.unref()
      #expect(!loop.isAlive)
      #expect(!loop.run())
      prepare.close()
    }
  }
}
