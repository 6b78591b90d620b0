public import Libuv
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A fresh folder for a test's socket files, removed with what is in it.
///
/// It lies in the system's folder for temporary files, whose short path leaves room for a socket's name.
public final class TemporaryFolder {
  /// Where it is.
  public let path: String

  /// Makes the folder.
  public init() throws {
    var template = Array("/tmp/uv-XXXXXX".utf8CString)
    let isMade = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) != nil }
    try #require(isMade, "a temporary folder can be made")
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  deinit { remove() }

  /// The path of a file in it.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  /// The address of a socket in it.
  public func socket(_ name: String = "s") throws -> SocketAddress {
    try #require(SocketAddress(unixPath: file(name)))
  }

  /// Whether there is a file of any kind with this name.
  public func contains(_ name: String) -> Bool {
    var status = stat()
    return lstat(file(name), &status) == 0
  }

  /// Removes the folder with what is in it; it holds no folders.
  public func remove() {
    guard let directory = opendir(path) else { return }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { unlink(file(name)) }
    }
    closedir(directory)
    rmdir(path)
  }
}

/// Makes a folder with a short path, for Unix sockets, and removes it with the files in it after `body`.
public func withTemporaryFolder(_ body: (String) throws -> Void) throws {
  let folder = try TemporaryFolder()
  defer { folder.remove() }
  try body(folder.path)
}
