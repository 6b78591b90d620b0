import Libuv
import TestSupport
import Testing

@Suite struct IdleTests {
  @Test func `an idle handle is called in every turn until it is stopped`() throws {
    try withLoop { loop in
      let idle = try Idle(loop)
      var calls = 0
      try idle.start { caller in
        #expect(caller === idle)
        calls += 1
        if calls == 10 { idle.stop() }
      }
      #expect(idle.isActive)
      loop.run()
      #expect(calls == 10)
      #expect(!idle.isActive)
      idle.close()
    }
  }

  @Test func `while an idle handle is active the loop doesn't wait`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      // Far behind the deadline.
      try timer.start(after: .seconds(3600)) { _ in Issue.record("the loop has waited") }
      let idle = try Idle(loop)
      var calls = 0
      try idle.start { _ in calls += 1 }
      for turn in 1...10 {
        loop.run(.once)
        #expect(calls == turn)
      }
      idle.close()
      timer.close()
    }
  }

  @Test func `it comes before prepare, and that before check`() throws {
    try withLoop { loop in
      var order: [String] = []
      // Started in another order than that of the calls.
      let check = try Check(loop)
      try check.start { _ in order.append("check") }
      let prepare = try Prepare(loop)
      try prepare.start { _ in order.append("prepare") }
      let idle = try Idle(loop)
      try idle.start { _ in order.append("idle") }
      loop.run(.noWait)
      loop.run(.noWait)
      #expect(order == ["idle", "prepare", "check", "idle", "prepare", "check"])
      for handle in [check, prepare, idle] { handle.close() }
    }
  }

  @Test func `starting anew goes on with the new handler`() throws {
    try withLoop { loop in
      let idle = try Idle(loop)
      var calls = 0
      try idle.start { _ in Issue.record("the old handler") }
      try idle.start { _ in calls += 1 }
      loop.run(.noWait)
      #expect(calls == 1)
      idle.close()
    }
  }

  @Test func `a stopped idle handle isn't called, and can be started again`() throws {
    try withLoop { loop in
      let idle = try Idle(loop)
      idle.stop()
      try idle.start { _ in Issue.record("called though stopped") }
      idle.stop()
      idle.stop()
      #expect(!loop.run())
      try idle.start { $0.close() }
      loop.run()
      #expect(idle.state == .closed)
    }
  }

  @Test func `an unreferenced idle handle lets the loop end`() throws {
    try withLoop { loop in
      let idle = try Idle(loop)
      try idle.start { _ in }
      idle.unref()
      #expect(!loop.run())
      idle.close()
    }
  }
}
