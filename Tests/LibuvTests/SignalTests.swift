import Libuv
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One after the other: a signal is the whole process's, so tests side by side would get each other's.
@Suite(.serialized) struct SignalTests {
  /// Keeps SIGUSR1 and SIGUSR2 from ending the process when nothing else watches for them.
  private func withGuard(_ body: (Loop) throws -> Void) throws {
    try withLoop { loop in
      let guards = try [Signal.Number.user1, .user2].map { number in
        let signal = try Signal(loop)
        try signal.start(number) { _ in }
        signal.unref()
        return signal
      }
      try body(loop)
      loop.run()
      for signal in guards { signal.close() }
    }
  }

  @Test func `a signal calls its handler on the loop, for each time`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1) { caller in
        #expect(caller === signal)
        calls += 1
      }
      #expect(signal.isActive)
      for count in 1...5 {
        deliver(SIGUSR1)
        #expect(calls == count - 1, "not in the signal handler itself")
        try run(loop) { calls == count }
      }
      signal.close()
    }
  }

  @Test func `a signal wakes a loop that waits`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      try signal.start(.user2) { $0.close() }
      // Nothing but the signal can end the wait: there is no timer.
      var thread: BackgroundThread?
      let prepare = try Prepare(loop)
      try prepare.start { prepare in
        prepare.close()
        thread = BackgroundThread { deliver(SIGUSR2) }
      }
      loop.run()
      thread?.join()
      #expect(signal.state == .closed)
    }
  }

  @Test func `signals are told apart`() throws {
    try withGuard { loop in
      var calls: [Signal.Number] = []
      let signals = try [Signal.Number.user1, .user2].map { number in
        let signal = try Signal(loop)
        try signal.start(number) { _ in calls.append(number) }
        return signal
      }
      deliver(SIGUSR2)
      try run(loop) { !calls.isEmpty }
      #expect(calls == [.user2])
      deliver(SIGUSR1)
      try run(loop) { calls.count == 2 }
      #expect(calls == [.user2, .user1])
      for signal in signals { signal.close() }
    }
  }

  @Test func `every handle on every loop that watches is called`() throws {
    try withGuard { first in
      try withLoop { second in
        var calls: [String] = []
        var signals: [Signal] = []
        for (name, loop) in [("first", first), ("second", second)] {
          for number in 1...2 {
            let signal = try Signal(loop)
            try signal.start(.user1) { _ in calls.append("\(name) \(number)") }
            signals.append(signal)
          }
        }
        deliver(SIGUSR1)
        try run(first) { calls.count == 2 }
        #expect(calls.sorted() == ["first 1", "first 2"])
        calls = []
        try run(second) { calls.count == 2 }
        #expect(calls.sorted() == ["second 1", "second 2"])
        for signal in signals { signal.close() }
      }
    }
  }

  @Test func `loops on other threads get the signal too`() throws {
    try withGuard { loop in
      let remote = try loop.remote
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1) { _ in calls += 1 }
      let other = Other()
      let thread = BackgroundThread {
        do {
          try withLoop { loop in
            try Signal(loop).start(.user1) { signal in
              other.calls += 1
              signal.close()
            }
            // Both watch now.
            remote.execute { _ in deliver(SIGUSR1) }
          }
        } catch {
          Issue.record(error)
        }
      }
      try run(loop) { calls == 1 }
      thread.join()
      #expect(other.calls == 1)
      signal.close()
    }
  }

  // MARK: Once

  @Test func `once means one call, and then the handle is no longer active`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1, once: true) { _ in calls += 1 }
      deliver(SIGUSR1)
      try run(loop) { calls == 1 }
      #expect(!signal.isActive)
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      #expect(calls == 1)
      signal.close()
    }
  }

  @Test func `after once the handle can watch for good`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1, once: true) { _ in calls += 1 }
      deliver(SIGUSR1)
      try run(loop) { calls == 1 }
      try signal.start(.user1) { _ in calls += 1 }
      for count in 2...4 {
        try raiseAndWait(SIGUSR1, .user1, on: loop)
        #expect(calls == count)
      }
      signal.close()
    }
  }

  @Test(arguments: [false, true])
  func `a handle that watches can change between once and for good`(isOnceFirst: Bool) throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1, once: isOnceFirst) { _ in Issue.record("the old handler") }
      try signal.start(.user1, once: !isOnceFirst) { _ in calls += 1 }
      for _ in 0..<3 { try raiseAndWait(SIGUSR1, .user1, on: loop) }
      #expect(calls == (isOnceFirst ? 3 : 1))
      #expect(signal.isActive == isOnceFirst)
      signal.close()
    }
  }

  // MARK: Stopping

  @Test func `a stopped handle isn't called, also for a signal that has come before`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      signal.stop()
      try signal.start(.user1) { _ in Issue.record("called though stopped") }
      deliver(SIGUSR1)
      signal.stop()
      signal.stop()
      #expect(!signal.isActive)
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      signal.close()
    }
  }

  @Test func `a stopped handle can be started again, also from its handler`() throws {
    try withGuard { loop in
      var order: [Int] = []
      let signal = try Signal(loop)
      try signal.start(.user1) { signal in
        order.append(1)
        signal.stop()
        do {
          try signal.start(.user2) { _ in order.append(2) }
        } catch {
          Issue.record(error)
        }
      }
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      try raiseAndWait(SIGUSR2, .user2, on: loop)
      #expect(order == [1, 2])
      signal.close()
    }
  }

  @Test func `watching for another signal ends the watch for the first`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      var calls = 0
      try signal.start(.user1) { _ in Issue.record("the old signal") }
      try signal.start(.user2) { _ in calls += 1 }
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      try raiseAndWait(SIGUSR2, .user2, on: loop)
      #expect(calls == 1)
      signal.close()
    }
  }

  @Test func `a signal that comes before the close is not called after it`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      try signal.start(.user1) { _ in Issue.record("called after the close") }
      deliver(SIGUSR1)
      var isCompleted = false
      signal.close { isCompleted = true }
      try run(loop) { isCompleted }
    }
  }

  @Test func `a loop with a signal that has come and a handle that is closing still closes`() throws {
    try withGuard { _ in
      let loop = try Loop()
      let signal = try Signal(loop)
      try signal.start(.user1) { _ in Issue.record("called after the close") }
      for _ in 0..<10 { deliver(SIGUSR1) }
      signal.close()
      try loop.close()
      #expect(signal.state == .closed)
    }
  }

  @Test func `when nobody watches any more the system's default is back`() async {
    await #expect(processExitsWith: .signal(SIGUSR1)) {
      let loop = try Loop()
      let signal = try Signal(loop)
      try signal.start(.user1) { _ in }
      deliver(SIGUSR1)
      loop.run(.noWait)
      signal.stop()
      deliver(SIGUSR1)
    }
  }

  // MARK: Which

  @Test func `a signal that can't be watched is refused, and what was watched before is not called`() throws {
    try withGuard { loop in
      let signal = try Signal(loop)
      for number in [SIGKILL, SIGSTOP, 0, -1, 1000] {
        let error = #expect(throws: UVError.self) {
          try signal.start(Signal.Number(rawValue: number)) { _ in Issue.record("called") }
        }
        #expect(error == .invalidArgument, "signal \(number)")
        #expect(error?.operation.description == "signal")
        #expect(!signal.isActive)
      }
      var calls = 0
      try signal.start(.user1) { _ in calls += 1 }
      try raiseAndWait(SIGUSR1, .user1, on: loop)
      #expect(calls == 1)
      signal.close()
    }
  }

  @Test func `numbers have the names of the system`() {
    let names: [(Signal.Number, Int32, String)] = [
      (.hangup, SIGHUP, "SIGHUP"),
      (.interrupt, SIGINT, "SIGINT"),
      (.quit, SIGQUIT, "SIGQUIT"),
      (.terminate, SIGTERM, "SIGTERM"),
      (.kill, SIGKILL, "SIGKILL"),
      (.user1, SIGUSR1, "SIGUSR1"),
      (.user2, SIGUSR2, "SIGUSR2"),
      (.windowChange, SIGWINCH, "SIGWINCH"),
      (Signal.Number(rawValue: 42), 42, "signal 42"),
    ]
    for (number, rawValue, name) in names {
      #expect(number.rawValue == rawValue)
      #expect(number.description == name)
      #expect(Signal.Number(rawValue: rawValue) == number)
    }
    #expect(Set(names.map(\.0)).count == names.count)
  }

  /// Raises a signal and runs the loop until one that watches from now on has been called, so that all others
  /// have been, too.
  private func raiseAndWait(_ signal: Int32, _ number: Signal.Number, on loop: Loop) throws {
    let witness = try Signal(loop)
    var isCalled = false
    try witness.start(number) { _ in isCalled = true }
    deliver(signal)
    try run(loop) { isCalled }
    loop.run(.noWait)
    witness.close()
  }
}

/// Raises a signal on a thread of its own, since those that tests run on may block it.
///
/// When this returns the signal has been caught.
private func deliver(_ signal: Int32) {
  BackgroundThread {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, signal)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(signal)
  }
  .join()
}

/// Written by one thread, read after that was joined.
private final class Other: @unchecked Sendable {
  var calls = 0
}
