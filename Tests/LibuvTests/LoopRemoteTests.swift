import Synchronization
import TestSupport
import Testing

@testable import Libuv

@Suite struct LoopRemoteTests {
  @Test
  func `100,000 pieces of work from 4 threads all arrive, in each thread's order, on the loop's thread`()
    throws
  {
    let (threadCount, workCount) = (4, 25_000)
    try withLoop(deadline: .seconds(120)) { loop in
      let remote = try loop.remote
      let journal = Journal(threads: threadCount)
      let home = currentThread()
      let threads = (0..<threadCount).map { thread in
        BackgroundThread {
          for number in 0..<workCount {
            let isTaken = remote.execute { _ in
              if currentThread() != home { journal.strays += 1 }
              if journal.next[thread] != number { journal.misplaced += 1 }
              journal.next[thread] = number + 1
            }
            if !isTaken { Issue.record("work was refused by an open loop") }
          }
        }
      }
      try run(loop, deadline: .seconds(100)) { journal.next.allSatisfy { $0 == workCount } }
      for thread in threads { thread.join() }
      #expect(journal.strays == 0)
      #expect(journal.misplaced == 0)
    }
  }

  @Test func `a loop has one remote`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let again = try loop.remote
      #expect(remote === again)
    }
  }

  @Test func `work gets the loop that it is carried out on`() throws {
    try withLoop { loop in
      let journal = Journal()
      try loop.remote.execute { journal.loop = ObjectIdentifier($0) }
      loop.run()
      #expect(journal.loop == ObjectIdentifier(loop))
    }
  }

  @Test func `work from the loop's own thread is carried out later, not at once`() throws {
    try withLoop { loop in
      let journal = Journal()
      try loop.remote.execute { _ in journal.count += 1 }
      #expect(journal.count == 0)
      loop.run()
      #expect(journal.count == 1)
    }
  }

  @Test func `a remote does not keep its loop running`() throws {
    try withLoop { loop in
      _ = try loop.remote
      #expect(!loop.isAlive)
      #expect(!loop.run())
    }
  }

  @Test(arguments: [Loop.RunMode.untilDone, .once, .noWait])
  func `work queued on a loop that has nothing else to do is carried out`(mode: Loop.RunMode) throws {
    try withLoop { loop in
      let journal = Journal()
      try loop.remote.execute { _ in journal.count += 1 }
      #expect(!loop.run(mode))
      #expect(journal.count == 1)
    }
  }

  @Test func `work that queues work on a loop that ends by itself is followed to its end`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let journal = Journal()
      @Sendable func again(_ loop: Loop) {
        journal.count += 1
        if journal.count < 100 { remote.execute(again) }
      }
      remote.execute(again)
      loop.run()
      #expect(journal.count == 100)
    }
  }

  @Test func `work queued for a loop that ends may start something, and the loop goes on`() throws {
    try withLoop { loop in
      let journal = Journal()
      try loop.remote.execute { loop in
        do {
          try Timer(loop).start(after: .milliseconds(1)) { timer in
            journal.count += 1
            timer.close()
          }
        } catch {
          Issue.record(error)
        }
      }
      loop.run()
      #expect(journal.count == 1)
    }
  }

  @Test func `work that queues work for ever starves neither timers nor input`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let journal = Journal()
      @Sendable func again(_ loop: Loop) {
        journal.count += 1
        if !journal.isDone { remote.execute(again) }
      }
      let pair = try tcpPair(loop)
      var events = 0
      remote.execute(again)
      let timer = try Timer(loop)
      try timer.start(after: .zero, repeating: .milliseconds(1)) { timer in
        events += 1
        do {
          try pair.client.write("x")
        } catch {
          Issue.record(error)
        }
        if events == 20 {
          timer.close()
          pair.client.finish()
        }
      }
      var received = 0
      try pair.server.read { stream, event throws(UVError) in
        switch event {
        case .bytes(let bytes): received += bytes.byteCount
        case .end:
          journal.isDone = true
          stream.close()
        case .failure(let error): Issue.record(error)
        }
      }
      loop.run()
      #expect(events == 20)
      #expect(received == 20)
      #expect(journal.count > 20)
    }
  }

  @Test func `each pass over the queue is bounded by what was there when it began`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let journal = Journal()
      @Sendable func again(_ loop: Loop) {
        journal.count += 1
        if !journal.isDone { remote.execute(again) }
      }
      remote.execute(again)
      for turn in 1...10 {
        #expect(loop.run(.noWait), "more is queued")
        #expect(journal.count == turn)
      }
      journal.isDone = true
    }
  }

  @Test func `work that queues work for ever does not starve handles that don't keep the loop running`()
    throws
  {
    try withLoop { loop in
      let remote = try loop.remote
      let journal = Journal()
      @Sendable func again(_ loop: Loop) {
        journal.count += 1
        // Would go on for ever without the timer; here it fails instead.
        if journal.count < 10_000_000 { remote.execute(again) }
      }
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(1)) { _ in
        journal.isDone = true
        loop.stop()
      }
      timer.unref()
      remote.execute(again)
      #expect(loop.run(), "more is queued when the loop is stopped")
      #expect(journal.isDone)
      journal.count = .max - 10
      timer.close()
    }
  }

  @Test func `work wakes a loop that waits`() throws {
    try withLoop { loop in
      let remote = try loop.remote
      let timer = try Timer(loop)
      // Far behind the deadline: only the work can end the wait.
      try timer.start(after: .seconds(3600)) { _ in Issue.record("nothing woke the loop") }
      let journal = Journal()
      let prepare = try Prepare(loop)
      var thread: BackgroundThread?
      try prepare.start { prepare in
        prepare.stop()
        thread = BackgroundThread { remote.execute { _ in journal.isDone = true } }
      }
      while !journal.isDone { loop.run(.once) }
      thread?.join()
      prepare.close()
      timer.close()
    }
  }

  // MARK: Closing

  @Test func `work after close is refused and dropped`() throws {
    let loop = try Loop()
    let remote = try loop.remote
    try loop.close()
    weak var dropped: Journal?
    do {
      let journal = Journal()
      dropped = journal
      #expect(!remote.execute { _ in journal.count += 1 })
      #expect(journal.count == 0)
    }
    #expect(dropped == nil)
  }

  @Test func `close carries out what is queued`() throws {
    let loop = try Loop()
    let remote = try loop.remote
    let journal = Journal()
    for _ in 0..<1000 { #expect(remote.execute { _ in journal.count += 1 }) }
    try loop.close()
    #expect(journal.count == 1000)
  }

  @Test func `what work does with handles while the loop closes is carried out`() throws {
    let loop = try Loop()
    let timer = try Timer(loop)
    let journal = Journal()
    nonisolated(unsafe) let handle = timer
    try loop.remote.execute { _ in handle.close { journal.count += 1 } }
    try loop.close()
    #expect(journal.count == 1)
    #expect(timer.state == .closed)
  }

  @Test func `work that queues work for ever does not keep the loop from closing`() throws {
    let loop = try Loop()
    let remote = try loop.remote
    let journal = Journal()
    @Sendable func again(_ loop: Loop) {
      // Would hang without the bound; here it fails instead.
      guard journal.count < 1_000_000 else { return }
      if remote.execute(again) { journal.accepted += 1 }
      journal.count += 1
    }
    journal.accepted += remote.execute(again) ? 1 : 0
    try loop.close()
    #expect(journal.count == journal.accepted, "what is taken is carried out")
    #expect(journal.count < 1_000_000)
  }

  @Test func `a refused close leaves the remote open`() throws {
    let loop = try Loop()
    let remote = try loop.remote
    let timer = try Timer(loop)
    #expect(throws: OpenHandles.self) { try loop.close() }
    let journal = Journal()
    #expect(remote.execute { _ in journal.count += 1 })
    loop.run()
    #expect(journal.count == 1)
    timer.close()
    try loop.close()
  }

  @Test func `a handle made by the last work refuses the close and leaves the remote open`() throws {
    let loop = try Loop()
    let remote = try loop.remote
    let journal = Journal()
    // The second piece comes when the queue has been carried out once: it is the last of the loop.
    remote.execute { _ in
      remote.execute { loop in
        journal.isDone = true
        _ = try? Idle(loop)
      }
    }
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.type) == ["idle"])
    #expect(journal.isDone)
    #expect(remote.execute { loop in loop.walk { $0.close() } })
    try loop.close()
    #expect(!remote.execute { _ in })
  }

  @Test func `each piece of work that races a close is either refused or carried out`() throws {
    for _ in 0..<50 {
      let loop = try Loop()
      let remote = try loop.remote
      let journal = Journal(threads: 3)
      let racers = Racers()
      let threads = (0..<3).map { thread in
        BackgroundThread {
          racers.ready.add(1, ordering: .relaxed)
          var count = 0
          // Bounded: threads that fill the queue faster than the loop empties it would otherwise go on for long.
          while count < 3_000, remote.execute({ _ in journal.next[thread] += 1 }) { count += 1 }
          racers.accepted.withLock { $0[thread] = count }
        }
      }
      while racers.ready.load(ordering: .relaxed) < 3 { loop.run(.noWait) }
      try loop.close()
      for thread in threads { thread.join() }
      racers.accepted.withLock { #expect($0 == journal.next) }
    }
  }

  @Test func `the objects that work has captured are freed when it is done`() throws {
    try withLoop { loop in
      weak var freed: Journal?
      do {
        let journal = Journal()
        freed = journal
        try loop.remote.execute { _ in journal.count += 1 }
      }
      #expect(freed != nil)
      loop.run()
      #expect(freed == nil)
    }
  }
}

/// What was carried out, touched by the loop's thread only.
private final class Journal: @unchecked Sendable {
  var count = 0
  var accepted = 0
  var strays = 0
  var misplaced = 0
  var isDone = false
  var loop: ObjectIdentifier?
  /// By thread, the number of the work that comes next.
  var next: [Int]

  init(threads: Int = 1) {
    next = Array(repeating: 0, count: threads)
  }
}

private final class Racers: Sendable {
  let ready = Atomic(0)
  let accepted = Locked([0, 0, 0])
}
