internal import CLibuv

/// Wakes a loop from another thread.
///
/// Sends are coalesced: however many come before the loop gets to it, the handler is called at least once
/// after the last. To hand over work, use ``Loop/remote``. The libuv type is `uv_async_t`.
public final class Async: Handle {
  /// What other threads send with.
  public let sender: AsyncSender

  private var handler: ((Async) -> Void)?

  /// Makes an async handle; it is active at once and keeps the loop running until it is closed or
  /// unreferenced. The libuv function is `uv_async_init`.
  ///
  /// - Parameters:
  ///   - loop: the loop to wake.
  ///   - handler: called on the loop's thread after a send.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  /// - Throws: the error of `uv_async_init`, such as ``UVError/tooManyOpenFiles`` for a loop's first one.
  public convenience init(
    _ loop: Loop,
    file: StaticString = #fileID,
    line: UInt = #line,
    handler: @escaping (Async) -> Void
  ) throws(UVError) {
    try self.init(loop, origin: Origin(file, line))
    self.handler = handler
  }

  init(_ loop: Loop, origin: Origin, isInternal: Bool = false) throws(UVError) {
    sender = AsyncSender()
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_async_t>.size,
      operation: "async",
      origin: origin,
      isInternal: isInternal
    ) { async in
      unsafe uv_async_init(loop.pointer, async.assumingMemoryBound(to: uv_async_t.self)) { async in
        guard let data = unsafe async!.pointee.data else { return }
        unsafe Unmanaged<Async>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.handler?($0) }
      }
    }
    unsafe sender.open(UInt(bitPattern: pointer))
  }

  func onSend(_ handler: @escaping (Async) -> Void) {
    self.handler = handler
  }

  override func willClose() { sender.close() }
  override func releaseHandlers() { handler = nil }
}

/// The sending end of an ``Async``, for any thread. It outlives its handle: a send after the close does
/// nothing.
public final class AsyncSender: Sendable {
  /// The address of the `uv_async_t`; zero when it is gone. A number, since a pointer may not cross.
  private let address = Locked<UInt>(0)

  init() {}

  /// Wakes the loop. May be called from any thread. The libuv function is `uv_async_send`.
  ///
  /// - Returns: false when the handle is closing or closed.
  @discardableResult
  public func send() -> Bool {
    // Under the lock, so that the handle can't be freed meanwhile.
    address.withLock { address in
      guard let async = unsafe UnsafeMutablePointer<uv_async_t>(bitPattern: address) else { return false }
      return unsafe uv_async_send(async) == 0
    }
  }

  /// Begins to send to the handle at `address`.
  func open(_ address: UInt) {
    self.address.withLock { $0 = address }
  }

  func close() {
    address.withLock { $0 = 0 }
  }
}
