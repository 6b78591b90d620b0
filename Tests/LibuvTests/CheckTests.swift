import Libuv
import TestSupport
import Testing

@Suite struct CheckTests {
  @Test func `a check handle is called once in every turn`() throws {
    try withLoop { loop in
      let check = try Check(loop)
      var calls = 0
      try check.start { caller in
        #expect(caller === check)
        calls += 1
      }
      #expect(check.isActive)
      for turn in 1...10 {
        #expect(loop.run(.noWait))
        #expect(calls == turn)
      }
      check.close()
    }
  }

  @Test func `it is called after the loop waits`() throws {
    try withLoop { loop in
      let check = try Check(loop)
      var isCalled = false
      try check.start { _ in isCalled = true }
      var wasCalledBefore: Bool?
      // Called while the loop waits for input and output.
      let async = try Async(loop) { _ in wasCalledBefore = isCalled }
      async.sender.send()
      loop.run(.once)
      #expect(wasCalledBefore == false)
      #expect(isCalled)
      async.close()
      check.close()
    }
  }

  @Test func `starting anew goes on with the new handler`() throws {
    try withLoop { loop in
      let check = try Check(loop)
      var calls = 0
      try check.start { _ in Issue.record("the old handler") }
      try check.start { _ in calls += 1 }
      loop.run(.noWait)
      #expect(calls == 1)
      check.close()
    }
  }

  @Test func `a stopped check handle isn't called, and can be started again`() throws {
    try withLoop { loop in
      let check = try Check(loop)
      check.stop()
      try check.start { _ in Issue.record("called though stopped") }
      check.stop()
      check.stop()
      #expect(!loop.run())
      var calls = 0
      try check.start { check in
        calls += 1
        check.stop()
      }
      loop.run(.noWait)
      loop.run(.noWait)
      #expect(calls == 1)
      check.close()
    }
  }

  @Test func `an unreferenced check handle lets the loop end`() throws {
    try withLoop { loop in
      let check = try Check(loop)
      try check.start { _ in }
      #expect(loop.isAlive)
      check.unref()
      #expect(!loop.isAlive)
      #expect(!loop.run())
      check.close()
    }
  }
}
