internal import Libuv
internal import Testing

/// Carries out what keeps the calling thread waiting, and ends the whole process with the name of the test when that
/// takes too long: nothing else could end it, and a run of tests that hangs says nothing of where.
///
/// - Parameters:
///   - deadline: how long it may take. Far more than it needs, also under a sanitizer on a busy machine.
///   - body: what to do. Its loops are its own: on a loop that the test has, ``withLoop(deadline:sourceLocation:_:)`` is
///     the better one.
public func withDeadline<Value>(
  _ deadline: Duration = .seconds(300),
  _ body: () throws -> Value
) throws -> Value {
  let name = Test.current.map { "\($0.name)" } ?? "something outside of a test"
  let watchdog = try LoopThread { loop in
    try Libuv.Timer(loop).start(after: deadline) { _ in
      fatalError("\(name) was not done after \(deadline)")
    }
  }
  defer {
    watchdog.remote.execute { loop in loop.walk { $0.close() } }
    try? watchdog.join()
  }
  return try body()
}
