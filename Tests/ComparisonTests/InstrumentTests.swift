import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct InstrumentTests {
  // MARK: What they have written

  @Test func `memcheck's allocations are read, with their bytes`() throws {
    let log = """
      ==10== HEAP SUMMARY:
      ==10==     in use at exit: 1,024 bytes in 3 blocks
      ==10==   total heap usage: 12,345 allocs, 12,342 frees, 1,234,567 bytes allocated
      ==10==
      """
    let usage = try #require(Instrument.heapUsage(log))
    #expect(usage.allocations == 12345)
    #expect(usage.bytes == 1_234_567)
  }

  @Test func `of several processes the last counts`() throws {
    let log =
      "total heap usage: 1 allocs, 1 frees, 2 bytes allocated\ntotal heap usage: 3 allocs, 1 frees, 4 bytes allocated"
    #expect(Instrument.heapUsage(log)?.allocations == 3)
  }

  @Test(arguments: [
    "", "==1== Memcheck", "total heap usage: none", "total heap usage: x allocs, y frees, z bytes allocated",
  ])
  func `what has no allocations is told`(log: String) {
    #expect(Instrument.heapUsage(log) == nil)
  }

  @Test func `strace's table is read`() {
    let table = """
          calls syscall
      --------- ----------------
            110 read
              3 epoll_wait
      --------- ----------------
            113 total
      """
    #expect(Instrument.systemCalls(table) == ["read": 110, "epoll_wait": 3])
  }

  @Test(arguments: ["", "strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted"])
  func `what is no table is told`(text: String) {
    #expect(Instrument.systemCalls(text) == nil)
  }

  // MARK: What they need

  @Test func `the package of what is missing is told`() {
    #expect(
      MissingTools(names: ["strace"], packages: ["strace"]).description
        == "strace is missing: `apt-get install strace` brings it"
    )
    #expect(
      MissingTools(names: ["objcopy", "size"], packages: ["binutils"]).description
        == "objcopy and size are missing: `apt-get install binutils` brings them"
    )
  }

  @Test func `nothing is missing where nothing is needed`() throws { try MissingTools.require([]) }

  // MARK: Commands

  private func withLadder(_ body: (LadderFolder, String) throws -> Void) throws {
    try withLadderFolder([MadeUpLadder.rung("a", echo: ["/bin/sh", "{port}"])], body)
  }

  @Test func `a command runs under its instrument`() throws {
    try withLadder { ladder, folder in
      let programs = ReadablePrograms(in: folder, ladder)
      let words = ["./echo", "1"]
      #expect(Instrument.callgrind(output: "/o", programs).command(words).suffix(2) == ["./echo", "1"])
      #expect(Instrument.callgrind(output: "/o", programs).command(words).first == "valgrind")
      #expect(Instrument.memcheck(log: "/o", programs).command(words).first == "valgrind")
      #expect(Instrument.strace(output: "/o").command(words).first == "strace")
      #expect(Instrument.strace(output: "/o").keepsSignals)
    }
  }

  @Test(.enabled(if: SearchPath.has("objcopy")))
  func `a program is copied once, under its name`() throws {
    try withLadder { ladder, folder in
      let programs = ReadablePrograms(in: folder, ladder)
      let copy = try #require(try programs.prepare(["/bin/sh"]))
      #expect(copy.hasPrefix(folder) && copy.hasSuffix("/sh"))
      #expect(try programs.prepare(["sh", "x"]) == copy || SearchPath.candidates("sh").first != "/bin/sh")
      #expect(programs.readable(["/bin/sh", "-c", "x"]) == [copy, "-c", "x"])
      #expect(programs.readable(["/bin/true"]) == ["/bin/true"])
    }
  }

  @Test func `what isn't a program of machine code is left as it is`() throws {
    try withLadder { ladder, folder in
      let script = "\(folder)/script"
      try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: script))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
      let programs = ReadablePrograms(in: folder, ladder)
      #expect(try programs.prepare([script]) == nil)
      #expect(programs.readable([script]) == [script])
      #expect(try programs.prepare(["no-such-program"]) == nil)
    }
  }
}
