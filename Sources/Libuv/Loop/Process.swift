internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

// What the library asks of the process it lives in.

private let brokenPipeSignalIsIgnored: Void = {
  _ = signal(SIGPIPE, SIG_IGN)
}()

/// Makes the process ignore SIGPIPE, once.
func ignoreBrokenPipeSignal() {
  brokenPipeSignalIsIgnored
}

/// How many file descriptors, and so how many streams, the process may have open.
public enum DescriptorLimit {
  /// Raises the soft limit to the hard one, as a service with many connections wants it. The system's function
  /// is `setrlimit`.
  ///
  /// - Returns: the limit that is in force then.
  @discardableResult
  public static func raise() -> Int {
    guard var limit = Descriptors.resourceLimit else { return .max }
    if limit.rlim_cur < limit.rlim_max {
      limit.rlim_cur = limit.rlim_max
      _ = unsafe setrlimit(Descriptors.resource, &limit)
    }
    return Int(Descriptors.limit)
  }
}

/// The program that this process runs.
public enum Executable {
  /// The path of its file, without symbolic links. The libuv function is `uv_exepath`.
  ///
  /// - Throws: the system's error where it doesn't tell, such as ``UVError/noSuchFileOrDirectory`` without `/proc`.
  public static var path: String {
    get throws(UVError) {
      // The longest path that Linux has.
      var buffer = [CChar](repeating: 0, count: 4096)
      var count = buffer.count
      try UVError.check(unsafe uv_exepath(&buffer, &count), "exepath")
      return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// File descriptors: how many the process may have, and whether there is room.
enum Descriptors {
  /// Descriptors to leave to the rest of the process when a listener decides whether it has room.
  static let reserve: Int32 = 8

  /// The soft limit on the number of open descriptors.
  static var limit: Int32 {
    resourceLimit.map { Int32(clamping: $0.rlim_cur) } ?? .max
  }

  #if canImport(Glibc)
    static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    static let resource = RLIMIT_NOFILE
  #endif

  static var resourceLimit: rlimit? {
    var limit = rlimit()
    return unsafe getrlimit(resource, &limit) == 0 ? limit : nil
  }

  /// Whether a descriptor with this number leaves the reserve free. The kernel always gives the lowest free
  /// number, so the number tells exactly how many are in use below it.
  static func leavesReserve(_ descriptor: Int32, limit: Int32) -> Bool {
    descriptor < limit - reserve
  }

  /// Gives a descriptor the lowest free number, if that leaves the reserve free.
  ///
  /// - Returns: the new number, the old one being closed; nil if there is no room, and nothing has changed.
  static func moveDown(_ descriptor: Int32) -> Int32? {
    let lowest = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard lowest >= 0 else { return nil }
    let hasRoom = leavesReserve(lowest, limit: limit)
    close(hasRoom ? descriptor : lowest)
    return hasRoom ? lowest : nil
  }

  /// Opens a descriptor that does nothing; nil when there is none.
  static func open() -> Int32? {
    #if canImport(Glibc)
      let descriptor = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
    #elseif canImport(Musl)
      let descriptor = unsafe Musl.open("/dev/null", O_RDONLY | O_CLOEXEC)
    #else
      let descriptor = unsafe Darwin.open("/dev/null", O_RDONLY | O_CLOEXEC)
    #endif
    return descriptor < 0 ? nil : descriptor
  }

  static func close(_ descriptor: Int32) {
    #if canImport(Glibc)
      _ = Glibc.close(descriptor)
    #elseif canImport(Musl)
      _ = Musl.close(descriptor)
    #else
      _ = Darwin.close(descriptor)
    #endif
  }
}
