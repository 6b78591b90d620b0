/// A box in which a value that belongs to a loop crosses other threads, to be opened on the loop's own.
///
/// What lives on a loop is not `Sendable`, so work for a ``LoopRemote`` can't name it. The box can be named, and
/// gives the value to nobody but the loop that it was made on:
///
/// ```swift
/// let box = LoopBound(connection, on: loop)
/// let remote = try loop.remote
/// Thread.detachNewThread {
///   remote.execute { loop in box.value(on: loop).close() }
/// }
/// ```
///
/// Each copy of the box holds the value, and the last one to go takes the value with it, on whatever thread that
/// is. A handle lives until its close in any case; of another object keep a reference on the loop's thread
/// until the other threads are done, if the end of the object must not happen on one of theirs.
public struct LoopBound<Value>: @unchecked Sendable {
  // Only the loop's thread gets at the value.
  private let boxed: Value
  private let identity: ObjectIdentifier
  /// Never read: it keeps a new loop from getting the identity of one that is gone.
  private unowned let loop: Loop

  /// Puts a value into the box. To be called on the loop's thread.
  ///
  /// - Parameters:
  ///   - value: what belongs to the loop.
  ///   - loop: the loop that it belongs to.
  public init(_ value: Value, on loop: Loop) {
    loop.assertOnThread()
    boxed = value
    identity = ObjectIdentifier(loop)
    self.loop = loop
  }

  /// The value. To be called on the loop's thread; traps when `loop` is another one than that of the making.
  ///
  /// - Parameter loop: the loop that work given to a ``LoopRemote`` is carried out on.
  public func value(on loop: Loop) -> Value {
    precondition(
      ObjectIdentifier(loop) == identity,
      "this value belongs to another loop: open the box in work for the remote of the loop that it was made on"
    )
    loop.assertOnThread()
    return boxed
  }
}
