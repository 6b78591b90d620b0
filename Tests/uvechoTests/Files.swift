import SystemPackage

/// The text of a file.
func textOfFile(_ path: String) throws -> String { try textOfFile(FilePath(path)) }

private func textOfFile(_ path: FilePath) throws -> String {
  let file = try FileDescriptor.open(path, .readOnly)
  return try file.closeAfter {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The text of a file of this package.
func textOfPackageFile(_ path: String) throws -> String {
  let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
  return try textOfFile(folder.appending(path))
}
