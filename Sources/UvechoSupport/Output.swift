package import SystemPackage

/// Lines to the standard streams, unbuffered, so that a reader at the other end of a pipe gets them at once.
package enum Output {
  package static func line(_ text: String) { write(text + "\n", to: .standardOutput) }
  package static func errorLine(_ text: String) { write(text + "\n", to: .standardError) }

  /// Text as it is, to standard error.
  package static func error(_ text: String) { write(text, to: .standardError) }

  private static func write(_ text: String, to descriptor: FileDescriptor) {
    // Not by `writeAll`, which is generic: what it needs to know of a string's bytes is looked up at run time, and would take a
    // server that starts as long as to listen.
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      // Nobody there to read it is no reason to fail.
      while !rest.isEmpty, let count = try? descriptor.write(rest), count > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Finds out, before the work is done, whether a file can be written; makes it if it isn't there.
  ///
  /// - Throws: ``FileError``, which names the file.
  package static func check(_ path: String) throws {
    guard path != "-" else { return }
    try withFile(path, []) { _ in }
  }

  /// Writes a file anew; `-` is standard output.
  ///
  /// - Throws: ``FileError``, which names the file.
  package static func write(_ text: String, toFile path: String) throws {
    guard path != "-" else { return write(text, to: .standardOutput) }
    try withFile(path, .truncate) { _ = try $0.writeAll(text.utf8) }
  }

  private static func withFile(
    _ path: String,
    _ options: FileDescriptor.OpenOptions,
    _ body: (FileDescriptor) throws -> Void
  ) throws {
    do {
      let file = try FileDescriptor.open(
        FilePath(path),
        .writeOnly,
        options: options.union(.create),
        permissions: [.ownerReadWrite, .groupRead, .otherRead]
      )
      try file.closeAfter { try body(file) }
    } catch let error as Errno {
      throw FileError(path: path, error: error)
    }
  }
}

/// A file could not be written.
package struct FileError: Error, CustomStringConvertible {
  package let path: String
  package let error: Errno

  package var description: String { "can't write \(path): \(error)" }
}
