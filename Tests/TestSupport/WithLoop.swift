public import Libuv
public import Testing

/// Makes a loop, lets `body` set things up, runs the loop until it is done, and proves that it closes with no
/// handle left.
///
/// A test that hangs fails: after the deadline the loop is stopped and what is still open is named.
///
/// - Parameters:
///   - deadline: how long the loop may take. Far more than it needs: it is there for tests that hang.
///   - body: what is to happen on the loop. It may also run the loop itself.
public func withLoop(
  deadline: Duration = .seconds(30),
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: (Loop) throws -> Void
) throws {
  let loop = try Loop()
  let watchdog = try Libuv.Timer(loop)
  var isOverdue = false
  try watchdog.start(after: deadline) { _ in
    isOverdue = true
    loop.stop()
  }
  watchdog.unref()
  var failure: (any Error)?
  do {
    try body(loop)
    loop.run()
  } catch {
    failure = error
  }
  watchdog.close()
  if isOverdue || failure != nil {
    if isOverdue { Issue.record("the loop was not done after \(deadline)", sourceLocation: sourceLocation) }
    // Lets the test end without a leak, after it has failed.
    loop.walk { handle in
      if isOverdue, handle.state == .open {
        Issue.record("still open: \(handle)", sourceLocation: sourceLocation)
      }
      handle.close()
    }
  }
  #expect(throws: Never.self, "the loop closes with no handle left", sourceLocation: sourceLocation) {
    try loop.close()
  }
  if let failure { throw failure }
}

/// Runs the loop turn by turn until `condition` holds; fails the test when it doesn't within the deadline.
public func run(
  _ loop: Loop,
  deadline: Duration = .seconds(30),
  sourceLocation: SourceLocation = #_sourceLocation,
  until condition: () -> Bool
) throws {
  // Wakes the loop for a look at the condition when nothing else does.
  let ticker = try Libuv.Timer(loop)
  try ticker.start(after: .zero, repeating: .milliseconds(5)) { _ in }
  let end = ContinuousClock.now + deadline
  var holds = condition()
  while !holds, ContinuousClock.now < end {
    loop.run(.once)
    holds = condition()
  }
  ticker.close()
  try #require(holds, "not so after \(deadline)", sourceLocation: sourceLocation)
}
