internal import CLibuv

/// The processors that a thread may run on.
///
/// Threads and processes that a thread starts begin with those that it has at that time.
public enum ThreadAffinity {
  /// For as many processors as the kernel may have.
  private static let size = 1024

  /// Those of the calling thread, in order; empty where the system doesn't tell. libuv has `uv_thread_getaffinity` from
  /// 1.45 only; the system's function is `sched_getaffinity`.
  public static var processors: [Int] {
    #if os(Linux)
      var bits = [UInt8](repeating: 0, count: size)
      let status = unsafe bits.withUnsafeMutableBytes {
        unsafe swift_libuv_get_affinity($0.baseAddress, size)
      }
      guard status == 0 else { return [] }
      return (0..<size * 8).filter { bits[$0 / 8] & 1 << ($0 % 8) != 0 }
    #else
      return []
    #endif
  }

  /// Keeps the calling thread on some processors. libuv has `uv_thread_setaffinity` from 1.45 only; the system's
  /// function is `sched_setaffinity`.
  ///
  /// - Parameter processors: their numbers. Of those that are not there the system takes no notice.
  /// - Throws: ``UVError/invalidArgument`` when none of them is there, ``UVError/notSupported`` elsewhere than on Linux.
  public static func keep(on processors: some Sequence<Int>) throws(UVError) {
    #if os(Linux)
      var bits = [UInt8](repeating: 0, count: size)
      for processor in processors where (0..<size * 8).contains(processor) {
        bits[processor / 8] |= 1 << (processor % 8)
      }
      let status = unsafe bits.withUnsafeBytes { unsafe swift_libuv_set_affinity($0.baseAddress, size) }
      try UVError.check(status, "affinity")
    #else
      throw UVError.notSupported.during("affinity")
    #endif
  }

  /// Keeps the calling thread on some processors while something is carried out, and then on those that it had before.
  ///
  /// - Throws: what ``keep(on:)`` throws, or what `body` throws.
  public static func with<Value>(
    _ processors: some Sequence<Int>,
    _ body: () throws -> Value
  ) throws -> Value {
    let before = Self.processors
    try keep(on: processors)
    // It had them.
    defer { try? keep(on: before) }
    return try body()
  }
}
