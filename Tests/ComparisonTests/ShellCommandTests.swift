import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

@Suite struct ShellCommandTests {
  private func run(_ texts: String..., patience: Duration = .seconds(60)) throws -> [ShellCommand.Outcome] {
    try withDeadline {
      try ShellCommand.run(
        texts.map {
          ShellCommand(text: $0, folder: "/tmp", environment: ["PATH": "/usr/bin:/bin", "NAME": "x"])
        },
        patience: patience
      )
    }
  }

  @Test func `output, errors and the end are told`() throws {
    let outcome = try run("echo out; echo err >&2; exit 3")[0]
    #expect(outcome == ShellCommand.Outcome(exit: .code(3), output: "out\n", errors: "err\n"))
  }

  @Test func `the folder and the environment are those that are given`() throws {
    #expect(try run("pwd; echo $NAME")[0].output == "/tmp\nx\n")
  }

  @Test func `commands run side by side, and their outcomes come in order`() throws {
    // Each waits for the other.
    let folder = try TemporaryFolder()
    let (a, b) = (folder.file("a"), folder.file("b"))
    let outcomes = try run(
      "mkfifo \(a) \(b); echo to b > \(b); cat \(a)",
      "while [ ! -p \(b) ]; do :; done; cat \(b); echo to a > \(a)"
    )
    #expect(outcomes.map(\.exit) == [.code(0), .code(0)])
    #expect(outcomes.map(\.output) == ["to a\n", "to b\n"])
  }

  @Test func `more than a pipe holds comes whole`() throws {
    let outcome = try run(
      "head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2"
    )[0]
    #expect(outcome.exit == .code(0))
    #expect(outcome.output == String(repeating: "x", count: 300_000))
    #expect(outcome.errors == String(repeating: "y", count: 300_000))
  }

  @Test func `what doesn't end in time is killed with what it has started, and the others are told`() throws {
    let outcomes = try run(
      "sleep 60 & echo $!; wait",
      "echo quick",
      patience: .seconds(2)
    )
    #expect(outcomes[0].exit == nil)
    #expect(outcomes[1] == ShellCommand.Outcome(exit: .code(0), output: "quick\n"))
    let child = try #require(Int(outcomes[0].output.dropLast()))
    // Its end of the pipe is closed, or this would go on: but it may still be a zombie.
    let stat = ProcessUsage.text("/proc/\(child)/stat")
    #expect(stat?.contains(") Z ") ?? true)
  }

  @Test
  func `a command that has ended is not waited for longer than the patience, whatever it has left running`()
    throws
  {
    let outcome = try run("sleep 60 & echo done", patience: .seconds(1))[0]
    #expect(outcome == ShellCommand.Outcome(exit: .code(0), output: "done\n"))
  }

  @Test func `one that can't be started is told, and the others run`() throws {
    let outcomes = try withDeadline {
      try ShellCommand.run(
        [
          ShellCommand(text: "echo a", folder: "/no/such/folder", environment: [:]),
          ShellCommand(text: "echo b", folder: "/", environment: [:]),
        ],
        patience: .seconds(60)
      )
    }
    #expect(outcomes[0].exit == nil)
    #expect(outcomes[0].errors.contains("ENOENT"))
    #expect(outcomes[1].output == "b\n")
  }

  @Test func `no command is done at once`() throws {
    #expect(try run().isEmpty)
  }
}
