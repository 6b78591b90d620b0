internal import CLibuv

/// A value that threads share, behind a lock. The libuv type is `uv_mutex_t`.
///
/// Not `Synchronization.Mutex`: on Linux the thread sanitizer doesn't see that one, so it reports races that are none
/// and, with those silenced, would miss real ones. This one it checks.
@safe final class Locked<Value: Sendable>: @unchecked Sendable {
  // Every access to the value is between lock and unlock. In memory of its own it needs no check of that besides.
  private let mutex: UnsafeMutablePointer<uv_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
    unsafe mutex = .allocate(capacity: 1)
    let status = unsafe uv_mutex_init(mutex)
    precondition(status == 0, "a lock could not be made: out of memory")
  }

  deinit {
    unsafe uv_mutex_destroy(mutex)
    unsafe mutex.deallocate()
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
  }

  /// Gives `body` the value, for itself alone.
  func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
    unsafe uv_mutex_lock(mutex)
    defer { unsafe uv_mutex_unlock(mutex) }
    return unsafe body(&value.pointee)
  }
}
