import SystemPackage
import Testing

/// What README shows is what is built.
@Suite struct ReadmeTests {
  private static let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent()

  private func text(_ path: String) throws -> String {
    let file = try FileDescriptor.open(Self.root.appending(path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65536)
      while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
        bytes += buffer[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test func `the echo server on its first screen is the example`() throws {
    let readme = try text("README.md")
    let example = try text("Examples/echo/Echo.swift")
    #expect(readme.prefix(1500).contains("```swift\n\(example)```\n"))
    #expect(example.split(separator: "\n").count <= 16)
  }

  @Test func `each command that it names is one of the Makefile's`() throws {
    let targets = try text("Makefile").split(separator: "\n").compactMap { line in
      line.contains(":") && line.contains("## ") ? line.split(separator: ":").first.map(String.init) : nil
    }
    let named = try text("README.md").split(separator: "make ").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0 == "-" })
    }
    #expect(named.count > 5)
    for name in named { #expect(targets.contains(name), "make \(name)") }
  }
}
