internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The files of Unix sockets.
enum UnixSocket {
  /// Removes the socket at `path` if nobody listens on it.
  ///
  /// - Returns: whether it was removed.
  static func removeStale(_ path: String) -> Bool {
    guard isSocket(path), isRefused(path) else { return false }
    return unsafe unlink(path) == 0
  }

  private static func isSocket(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }

  /// Whether a connection is refused: the socket's process is gone. Connecting to a Unix socket never waits
  /// here: a full backlog is an error, too, but another one.
  private static func isRefused(_ path: String) -> Bool {
    #if canImport(Glibc)
      let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    #elseif canImport(Musl)
      let type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
    #else
      let type = SOCK_STREAM
    #endif
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return false }
    defer { Descriptors.close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      unsafe bytes.copyBytes(from: path.utf8.prefix(bytes.count - 1))
    }
    let status = unsafe withUnsafeBytes(of: &address) { bytes in
      unsafe connect(
        descriptor,
        bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self),
        socklen_t(bytes.count)
      )
    }
    return status != 0 && errno == ECONNREFUSED
  }

  /// Whether the folder that `path` is to be made in exists.
  static func folderExists(_ path: String) -> Bool {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return true }
    return unsafe access(String(path[..<slash]), F_OK) == 0
  }
}
