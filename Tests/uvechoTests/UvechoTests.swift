import ArgumentParser
import Glibc
import TestSupport
import Testing
import UvechoSupport

@testable import uvecho_tools

@Suite struct UvechoTests {
  @Test func `without a command it shows its help`() throws {
    let outcome = try runUvecho()
    #expect(outcome.exit == .code(0))
    #expect(outcome.output.contains("USAGE: uvecho <subcommand>"))
    #expect(outcome.output.contains("uvecho serve"))
  }

  @Test(arguments: [["serve", "--help"], ["help", "serve"]])
  func `the help of serve mentions every option`(arguments: [String]) throws {
    let child = try Child("uvecho", arguments)
    defer { child.end() }
    try #expect(child.waitForExit() == .code(0))
    #expect(child.errors == "")
    // The options are the wrapped properties: `_idleTimeout` is `--idle-timeout`.
    let options = Mirror(reflecting: try Serve.parse([])).children.compactMap(\.label)
    #expect(options.count == 11)
    for option in options {
      let words = option.drop { $0 == "_" }.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }
      #expect(child.output.contains("--\(words.joined())"))
    }
  }

  @Test func `an unknown command is named, with the usage, and exit 64`() throws {
    let outcome = try runUvecho("nonsense")
    #expect(outcome.exit == .code(64))
    #expect(outcome.output == "")
    #expect(outcome.errors.contains("nonsense"))
    #expect(outcome.errors.contains("Usage: uvecho"))
  }

  // MARK: Two programs

  @Test func `what serve can't read without the parser is served by the other program, as this process`()
    throws
  {
    // The last of two ports counts. To signal the process that was started ends the server.
    try withServe("--port", "1") { server in
      try #expect(server.connect().echo("hello") == "hello")
      let summary = try server.end()
      #expect(summary.connections == 1)
    }
  }

  @Test func `a link to it is enough`() throws {
    let folder = try TemporaryFolder()
    try #require(symlink(Child.built("uvecho"), folder.file("link")) == 0)
    let child = try Child(path: folder.file("link"), ["--version"])
    defer { child.end() }
    try #expect(child.waitForExit() == .code(0))
    #expect(child.output == "\(Version.text)\n")
  }

  @Test func `alone it serves, and says of everything else what is missing`() throws {
    let folder = try TemporaryFolder()
    try copyProgram(to: folder)
    let server = try Child(path: folder.file("uvecho"), ["serve", "--port", "0"])
    defer { server.end() }
    try server.wait(for: "line on standard output") { server.output.contains("\n") || server.hasExited() }
    #expect(server.output.hasPrefix("listening on 127.0.0.1:"))

    let bench = try Child(path: folder.file("uvecho"), ["bench"])
    defer { bench.end() }
    try #expect(bench.waitForExit() == .code(1))
    #expect(bench.output == "")
    #expect(
      bench.errors == """
        uvecho: can't start \(folder.file("uvecho-tools")): No such file or directory; \
        it belongs beside uvecho: `make build` makes both, and so does `swift build`

        """
    )
  }

  @Test func `a file that is no program is said to be none`() throws {
    let folder = try TemporaryFolder()
    try copyProgram(to: folder)
    try Output.write("", toFile: folder.file("uvecho-tools"))
    let child = try Child(path: folder.file("uvecho"), ["bench"])
    defer { child.end() }
    try #expect(child.waitForExit() == .code(1))
    #expect(child.errors.contains("\(folder.file("uvecho-tools")): Permission denied;"))
  }

  private func copyProgram(to folder: TemporaryFolder) throws {
    let copy = try Child(path: "/bin/cp", [try Child.built("uvecho"), folder.file("uvecho")])
    defer { copy.end() }
    try #require(copy.waitForExit() == .code(0), "\(copy.errors)")
  }
}
