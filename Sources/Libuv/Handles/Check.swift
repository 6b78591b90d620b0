internal import CLibuv

/// Calls a handler in every turn of the loop, right after it has waited for input and output.
///
/// It doesn't make the loop turn. The libuv type is `uv_check_t`.
public final class Check: Handle {
  private var handler: ((Check) -> Void)?

  private var check: UnsafeMutablePointer<uv_check_t> {
    unsafe pointer.assumingMemoryBound(to: uv_check_t.self)
  }

  /// Makes a check handle that doesn't run yet. The libuv function is `uv_check_init`, which never fails
  /// here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_check_t>.size,
      operation: "check",
      origin: Origin(file, line)
    ) { unsafe uv_check_init(loop.pointer, $0.assumingMemoryBound(to: uv_check_t.self)) }
  }

  /// Starts calling `handler`, or goes on with another one. The libuv function is `uv_check_start`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle is closed.
  public func start(_ handler: @escaping (Check) -> Void) throws(UVError) {
    try requireOpen("check")
    self.handler = handler
    let status = unsafe uv_check_start(check) { check in
      let check = unsafe Unmanaged<Check>.fromOpaque(check!.pointee.data).takeUnretainedValue()
      check.handler?(check)
    }
    try UVError.check(status, "check")
  }

  /// Stops the calls. The libuv function is `uv_check_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_check_stop(check)
  }

  override func releaseHandlers() { handler = nil }
}
