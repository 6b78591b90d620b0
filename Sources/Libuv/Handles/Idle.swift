internal import CLibuv

/// Calls a handler in every turn of the loop, before the prepare handlers.
///
/// While one is active the loop doesn't wait for anything: it spins. The libuv type is `uv_idle_t`.
public final class Idle: Handle {
  private var handler: ((Idle) -> Void)?

  private var idle: UnsafeMutablePointer<uv_idle_t> {
    unsafe pointer.assumingMemoryBound(to: uv_idle_t.self)
  }

  /// Makes an idle handle that doesn't run yet. The libuv function is `uv_idle_init`, which never fails
  /// here.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  public init(_ loop: Loop, file: StaticString = #fileID, line: UInt = #line) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_idle_t>.size,
      operation: "idle",
      origin: Origin(file, line)
    ) { unsafe uv_idle_init(loop.pointer, $0.assumingMemoryBound(to: uv_idle_t.self)) }
  }

  /// Starts calling `handler`, or goes on with another one. The libuv function is `uv_idle_start`.
  ///
  /// - Throws: ``UVError/badHandle`` when the handle is closed.
  public func start(_ handler: @escaping (Idle) -> Void) throws(UVError) {
    try requireOpen("idle")
    self.handler = handler
    let status = unsafe uv_idle_start(idle) { idle in
      let idle = unsafe Unmanaged<Idle>.fromOpaque(idle!.pointee.data).takeUnretainedValue()
      idle.handler?(idle)
    }
    try UVError.check(status, "idle")
  }

  /// Stops the calls. The libuv function is `uv_idle_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_idle_stop(idle)
  }

  override func releaseHandlers() { handler = nil }
}
