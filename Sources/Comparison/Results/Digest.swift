internal import CZlib
internal import LoadGenerator
internal import SystemPackage

/// Tells whether files are the same as before: the checksum CRC-32 of their bytes.
///
/// It is there to find changes that somebody forgot, not those that somebody hides.
public struct Digest: CustomStringConvertible {
  private var state: UInt = 0

  /// Of nothing yet.
  public init() {}

  /// The digest of one file; nil when it can't be read.
  public static func ofFile(_ path: String) -> String? {
    var digest = Digest()
    return digest.add(file: path) ? digest.description : nil
  }

  /// The digest of files together, with their order; nil when one can't be read.
  public static func ofFiles(_ paths: [String]) -> String? {
    var digest = Digest()
    for path in paths {
      guard digest.add(file: path) else { return nil }
      // What is moved from one file to the next is a change.
      digest.add([0])
    }
    return digest.description
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBufferPointer { state = crc32(state, $0.baseAddress, UInt32($0.count)) }
  }

  private mutating func add(file path: String) -> Bool {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly) else { return false }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let isRead: Void? = try? file.closeAfter {
      while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        add(buffer[..<count])
      }
    }
    return isRead != nil
  }

  /// Eight hexadecimal digits.
  public var description: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
