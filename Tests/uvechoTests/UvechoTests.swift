import ArgumentParser
import Testing

@testable import uvecho

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
}
