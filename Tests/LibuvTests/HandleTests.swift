import Libuv
import TestSupport
import Testing

/// Each type of handle.
enum HandleKind: String, CaseIterable, Sendable {
  case async, check, idle, pipe, prepare, signal, tcp, timer

  func make(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) -> Handle {
    switch self {
    case .async: try Async(loop, file: file, line: line) { _ in }
    case .check: try Check(loop, file: file, line: line)
    case .idle: try Idle(loop, file: file, line: line)
    case .pipe: try Pipe(loop, file: file, line: line)
    case .prepare: try Prepare(loop, file: file, line: line)
    case .signal: try Signal(loop, file: file, line: line)
    case .tcp: try TCP(loop, file: file, line: line)
    case .timer: try Timer(loop, file: file, line: line)
    }
  }
}

@Suite struct HandleTests {
  private final class Token {}

  // MARK: What it is

  @Test(arguments: HandleKind.allCases)
  func `a handle tells its type, state, loop and place`(kind: HandleKind) throws {
    try withLoop { loop in
      let handle = try kind.make(loop, file: "Here/There.swift", line: 7)
      #expect(handle.loop === loop)
      #expect(handle.typeName == kind.rawValue)
      #expect(handle.state == .open)
      #expect("\(handle)" == "\(kind.rawValue) (open) made at Here/There.swift:7")
      handle.close()
      #expect("\(handle)" == "\(kind.rawValue) (closing) made at Here/There.swift:7")
      loop.run()
      #expect("\(handle)" == "closed handle (closed) made at Here/There.swift:7")
      #expect(handle.typeName == "closed handle")
    }
  }

  @Test func `the place is the caller's when none is given`() throws {
    let loop = try Loop()
    let line = #line + 1
    _ = try Async(loop) { _ in }
    _ = try Check(loop)
    _ = try Idle(loop)
    _ = try Pipe(loop)
    _ = try Prepare(loop)
    _ = try Signal(loop)
    _ = try TCP(loop)
    _ = try Timer(loop)
    let error = try #require(throws: OpenHandles.self) { try loop.close() }
    let expected = HandleKind.allCases.enumerated().map { "\($1) made at \(#fileID):\(line + $0)" }
    #expect(Set(error.handles.map(\.description)) == Set(expected))
    loop.walk { $0.close() }
    try loop.close()
  }

  @Test func `only an async is active from the start`() throws {
    try withLoop { loop in
      for kind in HandleKind.allCases {
        let handle = try kind.make(loop)
        #expect(handle.isActive == (kind == .async), "\(kind)")
        handle.close()
        #expect(!handle.isActive, "\(kind), closing")
        loop.run()
        #expect(!handle.isActive, "\(kind), closed")
      }
    }
  }

  @Test(arguments: HandleKind.allCases)
  func `a handle is referenced from the start, and can be told not to be`(kind: HandleKind) throws {
    try withLoop { loop in
      let handle = try kind.make(loop)
      #expect(handle.isReferenced)
      handle.unref()
      #expect(!handle.isReferenced)
      handle.unref()
      #expect(!handle.isReferenced)
      handle.ref()
      #expect(handle.isReferenced)
      handle.isReferenced = false
      #expect(!handle.isReferenced)
      handle.close()
      handle.ref()
      #expect(!handle.isReferenced, "a closing handle is left as it is")
      loop.run()
      handle.ref()
      handle.unref()
      handle.isReferenced = true
      #expect(!handle.isReferenced, "and a closed one too")
    }
  }

  @Test func `an active handle keeps its loop running only while it is referenced`() throws {
    try withLoop { loop in
      let async = try Async(loop) { _ in }
      #expect(loop.isAlive)
      async.unref()
      #expect(!loop.isAlive)
      #expect(!loop.run(), "returns though the handle is active")
      async.ref()
      #expect(loop.isAlive)
      async.close()
    }
  }

  // MARK: Closing

  @Test(arguments: HandleKind.allCases)
  func `a handle is closing until the loop has turned, then closed`(kind: HandleKind) throws {
    try withLoop { loop in
      let handle = try kind.make(loop)
      var isCompleted = false
      handle.close {
        #expect(handle.state == .closed)
        isCompleted = true
      }
      #expect(handle.state == .closing)
      #expect(!isCompleted)
      loop.run()
      #expect(handle.state == .closed)
      #expect(isCompleted)
    }
  }

  @Test(arguments: HandleKind.allCases)
  func `closing a closing and a closed handle does nothing`(kind: HandleKind) throws {
    try withLoop { loop in
      let handle = try kind.make(loop)
      var completions = 0
      handle.close { completions += 1 }
      handle.close()
      loop.run()
      handle.close()
      #expect(handle.state == .closed)
      #expect(completions == 1)
    }
  }

  @Test func `every completion is called once, in the order in which they came`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var order: [Int] = []
      timer.whenClosed { order.append(1) }
      timer.whenClosed { order.append(2) }
      timer.close { order.append(3) }
      timer.close { order.append(4) }
      timer.whenClosed { order.append(5) }
      #expect(order.isEmpty)
      loop.run()
      #expect(order == [1, 2, 3, 4, 5])
      timer.close { order.append(6) }
      #expect(order.last == 6, "at once when it is closed already")
      timer.whenClosed { order.append(7) }
      #expect(order == [1, 2, 3, 4, 5, 6, 7])
    }
  }

  @Test func `waiting for the close does not close`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var isCompleted = false
      timer.whenClosed { isCompleted = true }
      #expect(timer.state == .open)
      loop.run()
      #expect(!isCompleted)
      timer.close()
      loop.run()
      #expect(isCompleted)
    }
  }

  @Test func `a completion may close again, and its own completion is called at once`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      var order: [String] = []
      timer.close {
        order.append("outer begins")
        timer.close { order.append("inner") }
        order.append("outer ends")
      }
      loop.run()
      #expect(order == ["outer begins", "inner", "outer ends"])
    }
  }

  @Test func `a completion may make a handle and close others`() throws {
    try withLoop { loop in
      let first = try Timer(loop)
      let second = try Timer(loop)
      var order: [Int] = []
      first.close {
        order.append(1)
        second.close { order.append(2) }
        do {
          try Timer(loop).close { order.append(3) }
        } catch {
          Issue.record(error)
        }
      }
      loop.run()
      #expect(order.sorted() == [1, 2, 3])
      #expect(order.first == 1)
    }
  }

  @Test func `a handle may be closed inside its own handler, and isn't called again`() throws {
    try withLoop { loop in
      var calls: [HandleKind: Int] = [:]
      func called(_ kind: HandleKind, _ handle: Handle) {
        calls[kind, default: 0] += 1
        handle.close()
        handle.close()
      }
      try Timer(loop).start(after: .zero, repeating: .milliseconds(1)) { called(.timer, $0) }
      try Idle(loop).start { called(.idle, $0) }
      try Prepare(loop).start { called(.prepare, $0) }
      try Check(loop).start { called(.check, $0) }
      let async = try Async(loop) { called(.async, $0) }
      async.sender.send()
      loop.run()
      #expect(calls == [.timer: 1, .idle: 1, .prepare: 1, .check: 1, .async: 1])
    }
  }

  @Test func `one handle's handler may close another that is due in the same turn`() throws {
    try withLoop { loop in
      var timers: [Libuv.Timer] = []
      var calls = 0
      for _ in 0..<10 { timers.append(try Timer(loop)) }
      for timer in timers {
        try timer.start(after: .zero) { _ in
          calls += 1
          for timer in timers { timer.close() }
        }
      }
      loop.run()
      #expect(calls == 1)
      timers = []
    }
  }

  @Test func `calls on a handle that isn't open throw and name the operation`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      let idle = try Idle(loop)
      let prepare = try Prepare(loop)
      let check = try Check(loop)
      let signal = try Signal(loop)
      loop.walk { if $0.typeName != "timer" { $0.close() } }
      timer.close()
      for state in [Handle.State.closing, .closed] {
        #expect(timer.state == state)
        let errors = [
          #expect(throws: UVError.self) { try timer.start(after: .zero) { _ in Issue.record("called") } },
          #expect(throws: UVError.self) { try idle.start { _ in Issue.record("called") } },
          #expect(throws: UVError.self) { try prepare.start { _ in Issue.record("called") } },
          #expect(throws: UVError.self) { try check.start { _ in Issue.record("called") } },
          #expect(throws: UVError.self) { try signal.start(.user1) { _ in Issue.record("called") } },
        ]
        #expect(errors == Array(repeating: .badHandle, count: errors.count))
        let operations = errors.map { $0?.operation.description }
        #expect(operations == ["timer", "idle", "prepare", "check", "signal"])
        // These have nothing to fail, and must not touch freed memory.
        timer.stop()
        idle.stop()
        prepare.stop()
        check.stop()
        signal.stop()
        #expect(timer.dueIn == nil)
        loop.run()
      }
    }
  }

  #if DEBUG
    @Test func `closing a handle on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let loop = try Loop()
        nonisolated(unsafe) let timer = try Timer(loop)
        BackgroundThread { timer.close() }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }

    @Test func `starting a handle on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let loop = try Loop()
        nonisolated(unsafe) let timer = try Timer(loop)
        BackgroundThread { try? timer.start(after: .zero) { _ in } }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif

  // MARK: Memory

  @Test(arguments: HandleKind.allCases)
  func `a handle that nobody holds lives until it is closed, and is freed then`(kind: HandleKind) throws {
    try withLoop { loop in
      weak var freed: Handle?
      do {
        let handle = try kind.make(loop)
        freed = handle
      }
      #expect(freed != nil)
      freed?.close()
      #expect(freed != nil)
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test(arguments: HandleKind.allCases)
  func `a completion and what it captured are freed once it has been called`(kind: HandleKind) throws {
    try withLoop { loop in
      let handle = try kind.make(loop)
      weak var freed: Token?
      do {
        let token = Token()
        freed = token
        handle.whenClosed { _ = token }
        handle.close { _ = token }
      }
      #expect(freed != nil)
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test func `what handlers captured is freed at the close, though the handle is still held`() throws {
    try withLoop { loop in
      weak var freed: Token?
      var handles: [Handle] = []
      do {
        let token = Token()
        freed = token
        let timer = try Timer(loop)
        try timer.start(after: .seconds(3600)) { _ in _ = token }
        let idle = try Idle(loop)
        try idle.start { _ in _ = token }
        let prepare = try Prepare(loop)
        try prepare.start { _ in _ = token }
        let check = try Check(loop)
        try check.start { _ in _ = token }
        let signal = try Signal(loop)
        try signal.start(.windowChange) { _ in _ = token }
        let async = try Async(loop) { _ in _ = token }
        handles = [timer, idle, prepare, check, signal, async]
      }
      loop.run(.noWait)
      #expect(freed != nil)
      for handle in handles { handle.close() }
      loop.run()
      #expect(freed == nil)
      #expect(handles.allSatisfy { $0.state == .closed })
    }
  }

  @Test func `a handler that captures its own handle is no leak once that is closed`() throws {
    try withLoop { loop in
      weak var freed: Libuv.Timer?
      do {
        let timer = try Timer(loop)
        freed = timer
        try timer.start(after: .zero) { _ in timer.close() }
      }
      loop.run()
      #expect(freed == nil)
    }
  }

  @Test func `a closed handle outlives its loop without harm`() throws {
    let loop = try Loop()
    let handles = try HandleKind.allCases.map { try $0.make(loop) }
    for handle in handles { handle.close() }
    try loop.close()
    for handle in handles {
      #expect(handle.state == .closed)
      #expect(!handle.isActive)
      #expect(!handle.isReferenced)
      handle.ref()
      var isCompleted = false
      handle.close { isCompleted = true }
      #expect(isCompleted)
    }
  }

  @Test func `10,000 handles are made and closed, ten times over`() throws {
    try withLoop { loop in
      for _ in 0..<10 {
        var completions = 0
        for number in 0..<10_000 {
          let kinds = HandleKind.allCases
          try kinds[number % kinds.count].make(loop).close { completions += 1 }
        }
        loop.run()
        #expect(completions == 10_000)
      }
    }
  }
}
