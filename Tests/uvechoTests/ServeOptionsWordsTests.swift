import ArgumentParser
import EchoServer
import Testing
import UvechoSupport

@testable import uvecho_tools

/// What is read without the parser is what the parser would have read.
@Suite struct ServeOptionsWordsTests {
  private static let plain: [[String]] = [
    [], ["--port", "0"], ["--port", "65535"], ["--port=7"], ["--port=+7"], ["--port", "007"],
    ["--host", "a"], ["--host", "a", "--port", "1", "--host", "::1"], ["--host=localhost"],
    ["--host", "a b"],
    ["--unix", "/tmp/x"], ["--unix", "/tmp/x", "--host", "b"], ["--unix", "/tmp/x", "--port", "5"],
    ["--unix=a=b"],
    ["--style", "async"], ["--style=callbacks"], ["--backlog", "7"], ["--grace", "0"], ["--grace", "0.25"],
    ["--grace", "1e3"], ["--grace=0x10"], ["--idle-timeout", "1.5"], ["--max-connections", "9"],
    ["--high-water", "100"], ["--stats", "2"], ["--log-level", "debug"], ["--log-level=critical"],
    [
      "--stats", "0.5", "--log-level", "trace", "--high-water", "1", "--max-connections", "2",
      "--idle-timeout", "3",
      "--grace", "4", "--backlog", "5", "--style", "async", "--unix", "u", "--port", "6", "--host", "h",
    ],
  ]

  @Test(arguments: plain)
  func `what leaves nothing to ask is read, as the parser reads it`(words: [String]) throws {
    let options = try #require(ServeOptions(words: words[...]))
    let parsed = try Serve.parse(words).options
    #expect("\(options)" == "\(parsed)")
    #expect("\(options.configuration)" == "\(parsed.configuration)")
  }

  @Test func `every option that the help has is among them`() throws {
    let names = Mirror(reflecting: try Serve.parse([])).children.compactMap(\.label).map { label in
      "--" + label.drop { $0 == "_" }.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined()
    }
    let read = Set(Self.plain.joined().filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) })
    #expect(read == Set(names))
  }

  @Test(
    arguments: [
      ["--help"], ["-h"], ["--version"], ["--generate-completion-script", "bash"], ["--"], ["extra"], [""],
      ["--nonsense"], ["--nonsense", "1"], ["--port"], ["--port="], ["--port", ""], ["--port", "-1"],
      ["--port=-1"],
      ["--port", "65536"], ["--port", "http"], ["--port", "1", "--port", "2"], ["--port", "--host"],
      ["--host", ""], ["--host="], ["--host", "-x"], ["--unix", ""], ["--unix="], ["-port", "1"],
      ["port", "1"],
      ["--style", "loud"], ["--style", ""], ["--backlog", "0"], ["--backlog=-5"], ["--grace=-1"],
      ["--grace", "nan"],
      ["--grace", "inf"], ["--idle-timeout", "0"], ["--max-connections", "0"], ["--high-water", "0"],
      ["--stats", "0"], ["--stats", "soon"], ["--log-level", "loud"], ["--port", "1", "extra"],
      ["--Port", "1"],
      ["--por", "1"], ["--port", "1", "--help"],
    ]
  )
  func `everything else is the parser's`(words: [String]) {
    #expect(ServeOptions(words: words[...]) == nil)
  }
}
