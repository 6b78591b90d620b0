internal import CLibuv

/// Calls a handler in every turn of the loop, right before it waits for input and output.
///
/// It doesn't make the loop turn. The libuv type is `uv_prepare_t`.
public final class Prepare: Handle {
  private var handler: ((Prepare) -> Void)?

  private var prepare: UnsafeMutablePointer<uv_prepare_t> {
    unsafe pointer.assumingMemoryBound(to: uv_prepare_t.self)
  }

  /// Makes a prepare handle that doesn't run yet. The libuv function is `uv_prepare_init`, which never fails
  /// here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_prepare_t>.size,
      operation: "prepare",
      origin: Origin(file, line)
    ) { unsafe uv_prepare_init(loop.pointer, $0.assumingMemoryBound(to: uv_prepare_t.self)) }
  }

  /// Starts calling `handler`, or goes on with another one. The libuv function is `uv_prepare_start`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle is closed.
  public func start(_ handler: @escaping (Prepare) -> Void) throws(UVError) {
    try requireOpen("prepare")
    self.handler = handler
    let status = unsafe uv_prepare_start(prepare) { prepare in
      let prepare = unsafe Unmanaged<Prepare>.fromOpaque(prepare!.pointee.data).takeUnretainedValue()
      prepare.handler?(prepare)
    }
    try UVError.check(status, "prepare")
  }

  /// Stops the calls. The libuv function is `uv_prepare_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_prepare_stop(prepare)
  }

  override func releaseHandlers() { handler = nil }
}
