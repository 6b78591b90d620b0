import Libuv
import TestSupport
import Testing

@Suite struct PollTests {
  private final class Token {}

  // MARK: Events

  @Test func `a descriptor that has bytes is readable, until they are read`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let poll = try Poll(loop, descriptor: raw.descriptor)
      var events: [Result<Poll.Events, UVError>] = []
      try poll.start(.readable) { caller, event in
        #expect(caller === poll)
        events.append(event)
        #expect(raw.receive() == .bytes(Array("hello".utf8)))
      }
      #expect(poll.isActive)
      #expect(poll.typeName == "poll")
      loop.run(.noWait)
      #expect(events.isEmpty)
      try stream.write("hello")
      try run(loop) { !events.isEmpty }
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(events == [.success(.readable)])
      poll.close()
      stream.close()
    }
  }

  @Test func `what isn't read is told in every turn`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let poll = try Poll(loop, descriptor: raw.descriptor)
      var calls = 0
      try poll.start(.readable) { _, _ in calls += 1 }
      try stream.write("hello")
      try run(loop) { calls == 10 }
      poll.close()
      stream.close()
    }
  }

  @Test func `a descriptor that has room is writable, and several events come in one call`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let poll = try Poll(loop, descriptor: raw.descriptor)
      var event: Result<Poll.Events, UVError>?
      try poll.start(.writable) { event = $1 }
      loop.run(.once)
      #expect(event == .success(.writable))
      try poll.start([.readable, .writable]) { event = $1 }
      try stream.write("hello")
      try run(loop) { event == .success([.readable, .writable]) }
      poll.close()
      stream.close()
    }
  }

  #if os(Linux)
    @Test func `the end of the peer's side is told`() throws {
      try withLoop { loop in
        let (raw, stream) = try Transport.tcp.rawPair(loop)
        let poll = try Poll(loop, descriptor: raw.descriptor)
        var event: Result<Poll.Events, UVError>?
        try poll.start(.disconnect) { event = $1 }
        loop.run(.noWait)
        #expect(event == nil)
        try stream.shutdown()
        try run(loop) { event == .success(.disconnect) }
        poll.close()
        stream.close()
      }
    }

    @Test func `a writer whose reader is gone fails, and watches no more`() throws {
      try withLoop { loop in
        let (reading, writing) = try systemPipe()
        let poll = try Poll(loop, descriptor: writing)
        var events: [Result<Poll.Events, UVError>] = []
        closeDescriptor(reading)
        try poll.start(.readable) { events.append($1) }
        try run(loop) { !events.isEmpty }
        #expect(events == [.failure(.badHandle)])
        #expect(!poll.isActive)
        loop.run(.noWait)
        #expect(events.count == 1)
        poll.close()
        closeDescriptor(writing)
      }
    }
  #endif

  @Test func `events are a set`() {
    let all: [Poll.Events] = [.readable, .writable, .disconnect, .prioritized]
    #expect(Set(all).count == 4)
    #expect(all.reduce(0) { $0 + $1.rawValue.nonzeroBitCount } == 4)
    #expect(Poll.Events([.readable, .writable]).contains(.writable))
  }

  // MARK: Starting and stopping

  @Test func `a poll that is started anew has the new events and handler only`() throws {
    try withLoop { loop in
      let (raw, stream) = try Transport.tcp.rawPair(loop)
      let poll = try Poll(loop, descriptor: raw.descriptor)
      try poll.start(.writable) { _, _ in Issue.record("the old handler") }
      try poll.start(.readable) { _, _ in Issue.record("nothing was sent") }
      for _ in 0..<3 { loop.run(.noWait) }
      var calls = 0
      try poll.start(.writable) { poll, _ in
        calls += 1
        poll.stop()
      }
      for _ in 0..<3 { loop.run(.noWait) }
      #expect(calls == 1)
      poll.close()
      stream.close()
    }
  }

  @Test func `a stopped poll isn't called, and lets the loop end`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let poll = try Poll(loop, descriptor: first)
      poll.stop()
      try poll.start(.writable) { _, _ in Issue.record("called though stopped") }
      poll.stop()
      poll.stop()
      #expect(!poll.isActive)
      #expect(!loop.run())
      try poll.start(.writable) { _, _ in Issue.record("called though stopped") }
      try poll.start([]) { _, _ in Issue.record("called for nothing") }
      #expect(!poll.isActive)
      #expect(!loop.run())
      poll.close()
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  @Test func `an unreferenced poll lets the loop end`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let poll = try Poll(loop, descriptor: first)
      try poll.start(.readable) { _, _ in }
      #expect(loop.isAlive)
      poll.unref()
      #expect(!loop.run())
      poll.close()
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  // MARK: Refusals

  @Test func `a bad descriptor is refused`() throws {
    try withLoop { loop in
      for descriptor in [-1, Int32.max, 1_000_000_000] {
        let error = #expect(throws: UVError.badHandle) { try Poll(loop, descriptor: descriptor) }
        #expect(error?.operation.description == "poll")
      }
    }
  }

  #if os(Linux)
    @Test func `an ordinary file is refused`() throws {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let path = try #require(folder.socket().unixPath)
      try makeFile(path)
      let descriptor = try #require(openFile(path))
      defer { closeDescriptor(descriptor) }
      try withLoop { loop in
        #expect(throws: UVError.notPermitted) { try Poll(loop, descriptor: descriptor) }
      }
      #expect(isOpenDescriptor(descriptor), "it stays the caller's")
    }
  #endif

  @Test func `a descriptor that a handle of the loop watches is refused`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let poll = try Poll(loop, descriptor: first)
      let other = try Poll(loop, descriptor: first)
      try poll.start(.readable) { _, _ in }
      #expect(throws: UVError.fileExists) { try Poll(loop, descriptor: first) }
      #expect(throws: UVError.fileExists) {
        try other.start(.writable) { _, _ in Issue.record("called though refused") }
      }
      loop.run(.noWait)
      poll.stop()
      var calls = 0
      try other.start(.writable) { other, _ in
        calls += 1
        other.close()
      }
      loop.run(.once)
      #expect(calls == 1)
      poll.close()
      loop.run()
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  @Test func `events without a name are refused`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let poll = try Poll(loop, descriptor: first)
      for bits in [Int32(1 << 4), -1, .min] {
        #expect(throws: UVError.invalidArgument) {
          try poll.start(Poll.Events(rawValue: bits)) { _, _ in Issue.record("called") }
        }
      }
      #expect(!poll.isActive)
      poll.close()
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  // MARK: Closing

  @Test func `a poll may be closed in its handler, and its descriptor right after`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      var calls = 0
      var completions = 0
      try Poll(loop, descriptor: first).start(.writable) { poll, _ in
        calls += 1
        poll.close { completions += 1 }
        poll.close()
        closeDescriptor(first)
      }
      loop.run()
      #expect(calls == 1)
      #expect(completions == 1)
      closeDescriptor(second)
    }
  }

  @Test func `a handler may close another poll that is due in the same turn`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let polls = try [first, second].map { try Poll(loop, descriptor: $0) }
      var calls = 0
      for poll in polls {
        try poll.start(.writable) { _, _ in
          calls += 1
          for poll in polls { poll.close() }
          for descriptor in [first, second] { closeDescriptor(descriptor) }
        }
      }
      loop.run()
      #expect(calls == 1)
    }
  }

  @Test func `a closed poll can't be started, and leaves the descriptor open`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let poll = try Poll(loop, descriptor: first)
      poll.close()
      for state in [Handle.State.closing, .closed] {
        #expect(poll.state == state)
        let error = #expect(throws: UVError.badHandle) {
          try poll.start(.writable) { _, _ in Issue.record("called") }
        }
        #expect(error?.operation.description == "poll")
        poll.stop()
        poll.close()
        loop.run()
      }
      #expect(isOpenDescriptor(first))
      // Another one can have it now.
      try Poll(loop, descriptor: first).close()
      loop.run()
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  @Test func `a forgotten poll is reported with the line that made it`() throws {
    let loop = try Loop()
    let (first, second) = try unixSocketPair()
    let line = #line + 1
    try Poll(loop, descriptor: first).start(.readable) { _, _ in }
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.description) == ["poll made at \(#fileID):\(line)"])
    loop.walk { $0.close() }
    try loop.close()
    for descriptor in [first, second] { closeDescriptor(descriptor) }
  }

  @Test func `a poll and what its handler captured are freed once it is closed`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      weak var freed: Poll?
      weak var token: Token?
      do {
        let (poll, made) = (try Poll(loop, descriptor: first), Token())
        (freed, token) = (poll, made)
        try poll.start(.readable) { _, _ in
          _ = made
          poll.close()
        }
      }
      loop.run(.noWait)
      #expect(freed != nil)
      #expect(token != nil)
      freed?.close()
      loop.run()
      #expect(freed == nil)
      #expect(token == nil)
      for descriptor in [first, second] { closeDescriptor(descriptor) }
    }
  }

  #if DEBUG
    @Test func `starting a poll on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        let loop = try Loop()
        let (first, _) = try unixSocketPair()
        nonisolated(unsafe) let poll = try Poll(loop, descriptor: first)
        BackgroundThread { try? poll.start(.readable) { _, _ in } }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif
}
