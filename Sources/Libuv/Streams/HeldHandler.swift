/// A read handler in a stream's plain memory. What can't be copied is called where it is: no reference is counted for each message.
struct HeldHandler: ~Copyable {
  /// The handler itself, for who counts a reference.
  let copy: ReadHandler

  @inline(__always)
  init(_ handler: consuming @escaping ReadHandler) { copy = handler }

  /// None: one that does nothing, as to look whether it is there would take instructions for each message.
  @inline(__always)
  init() { copy = { _, _ in } }

  /// Calls it. It may be taken out meanwhile, by who keeps it until this returns.
  ///
  /// - Returns: the error that it threw.
  @inline(__always)
  borrowing func call(_ stream: Stream, _ event: borrowing ReadEvent) -> UVError? {
    do throws(UVError) {
      try copy(stream, event)
      return nil
    } catch {
      return error
    }
  }
}

/// A handler that has been taken out of its place, and is being called.
final class HandlerKeeper {
  private let handler: ReadHandler

  init(_ handler: @escaping ReadHandler) { self.handler = handler }
}
