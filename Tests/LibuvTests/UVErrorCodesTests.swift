import Foundation
import Testing

@testable import Libuv

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Compares the names of UVError+Codes.swift with the `uv.h` that is installed.
@Suite struct UVErrorCodesTests {
  @Test func `every code of the installed uv.h has a Swift name, and no name is left over`() throws {
    let header = try errnoMap()
    #expect(header.count > 70, "the map was found")
    // Newer codes than the floor have no constant to be compiled against; a new libuv shows them here.
    #expect(UVError.named.map(\.name) == header.map(\.name))
  }

  @Test func `every code has libuv's message`() throws {
    let messages = Dictionary(uniqueKeysWithValues: try errnoMap().map { ($0.name, $0.message) })
    for error in UVError.named {
      #expect(error.message == messages[error.name], "\(error.name)")
      #expect(error.description == "\(error.message) (\(error.name))")
      #expect(error.operation.description == "")
    }
  }

  @Test func `no code is there twice, and each is negative`() {
    #expect(Set(UVError.named.map(\.code)).count == UVError.named.count)
    #expect(Set(UVError.named.map(\.name)).count == UVError.named.count)
    #expect(UVError.named.allSatisfy { $0.code < 0 })
  }

  @Test func `the codes of the system are the negated errno`() {
    let codes: [(UVError, Int32)] = [
      (.argumentListTooLong, E2BIG),
      (.permissionDenied, EACCES),
      (.addressInUse, EADDRINUSE),
      (.addressNotAvailable, EADDRNOTAVAIL),
      (.wouldBlock, EAGAIN),
      (.badHandle, EBADF),
      (.canceled, ECANCELED),
      (.connectionRefused, ECONNREFUSED),
      (.connectionReset, ECONNRESET),
      (.invalidArgument, EINVAL),
      (.tooManyOpenFiles, EMFILE),
      (.notConnected, ENOTCONN),
      (.brokenPipe, EPIPE),
      (.timedOut, ETIMEDOUT),
    ]
    for (error, code) in codes { #expect(error.code == -code, "\(error.name)") }
    #expect(UVError.endOfFile.code == -4095)
  }

  /// What the list can't show: a Swift name that isn't in it, or that stands for another code than it says.
  @Test func `every Swift name is in the list once, and says which constant it is`() throws {
    let source = try String(contentsOf: sourceFile, encoding: .utf8)
    let names = source.matches(
      of: /The libuv constant is `UV_(\w+)`\.\n  public static var (\w+): UVError \{ UVError\(UV_(\w+)\) \}/
    )
    let declarations = source.matches(of: /static var \w+: UVError\b/)
    let listed = source.matches(of: /\n {6}\.(\w+),/).map { String($0.1) }
    #expect(names.count == declarations.count)
    #expect(names.map { String($0.2) } == listed)
    #expect(Set(listed).count == listed.count)
    for name in names { #expect(name.1 == name.3, "\(name.2)") }
    #expect(names.map { String($0.3) } == UVError.named.map(\.name))
  }

  private var sourceFile: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
      .appending(path: "Sources/Libuv/UVError+Codes.swift")
  }

  /// The names and messages of the header's `UV_ERRNO_MAP`, in its order.
  private func errnoMap() throws -> [(name: String, message: String)] {
    let folders = [includeFolder(), "/usr/include", "/usr/local/include"].compactMap { $0 }
    let headers = folders.lazy.compactMap { try? String(contentsOfFile: "\($0)/uv.h", encoding: .utf8) }
    let header = try #require(headers.first, "uv.h is in one of \(folders)")
    let map = try #require(header.firstMatch(of: /#define UV_ERRNO_MAP\(XX\)(?:.*\\\n)+/))
    return map.0.matches(of: /XX\((\w+), "([^"]*)"\)/).map { (String($0.1), String($0.2)) }
  }

  private func includeFolder() -> String? {
    guard let output = popen("pkg-config --variable=includedir libuv 2>/dev/null", "r") else { return nil }
    defer { pclose(output) }
    var line = [CChar](repeating: 0, count: 4096)
    guard fgets(&line, Int32(line.count), output) != nil else { return nil }
    let folder = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return folder.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
