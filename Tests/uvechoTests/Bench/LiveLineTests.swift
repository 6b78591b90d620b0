import Libuv
import LoadGenerator
import Testing

@testable import uvecho_tools

@Suite struct LiveLineTests {
  /// What standard error holds of it, it being a file, is nothing.
  @Test func `where standard error is no terminal, nothing is printed`() throws {
    try withServe { server in
      let bench = try runUvecho(
        "bench",
        "-c",
        "2",
        "-d",
        "1100ms",
        "--warmup",
        "10ms",
        server.addresses[0]
      )
      // A live line would have been cleared with an escape sequence.
      #expect(bench.errors == "")
      #expect(!bench.output.contains("\u{1b}"))
      #expect(!bench.output.contains("\r"))
    }
  }
}
