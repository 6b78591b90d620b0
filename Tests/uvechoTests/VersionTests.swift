import Libuv
import Testing
import UvechoSupport

@Suite struct VersionTests {
  @Test func `the version names ours, Swift's, and both of libuv`() throws {
    let libuv = Loop.libuvVersion
    #expect(
      Version.text == """
        uvecho \(Version.number) (Swift \(Version.swift), libuv \(libuv.running), \
        compiled against \(libuv.compiled))
        """
    )
    // The compiler and its standard library have the same first two numbers.
    #expect("\(_SwiftStdlibVersion.current)".hasPrefix("\(Version.swift)."))
    #expect(Version.number.split(separator: ".").compactMap { Int($0) }.count == 3)
  }

  @Test func `--version prints it`() throws {
    let outcome = try runUvecho("--version")
    #expect(outcome.exit == .code(0))
    #expect(outcome.output == "\(Version.text)\n")
    #expect(outcome.errors == "")
  }
}
