import FoundationEssentials
import Libuv
import LoadGenerator
import TestSupport
import Testing

@testable import Comparison

@Suite struct TimedStartTests {
  /// Starts a shell's command in a folder of its own, which `body` may look at afterwards.
  private func start(
    _ command: String,
    processor: Int? = nil,
    patience: Server.Patience = Server.Patience(),
    isInterrupted: @escaping () -> Bool = { false },
    _ body: (TimedStart, String) throws -> Void
  ) throws {
    try withDeadline {
      let path = FileManager.default.temporaryDirectory.appending(path: "start-\(UUID().uuidString)").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: path) }
      let timed = TimedStart(
        words: ["sh", "-c", command],
        folder: path,
        environment: ["PATH": "/usr/bin:/bin", "GREETING": "listening on 127.0.0.1:1"],
        processor: processor,
        logPath: "\(path)/log",
        patience: patience,
        isInterrupted: isInterrupted
      )
      try body(timed, path)
    }
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  private func failure(_ timed: TimedStart) -> ServerFailure? {
    #expect(throws: ServerFailure.self) { try timed.milliseconds() }
  }

  @Test func `the time is that until the line`() throws {
    try start("sleep 0.05; echo $GREETING; exec sleep 60") { timed, _ in
      let milliseconds = try timed.milliseconds()
      #expect(milliseconds >= 50)
    }
  }

  @Test func `the line may come in pieces, and behind others`() throws {
    try start("echo hello; printf 'listening '; sleep 0.02; echo on port 7; exec sleep 60") { timed, _ in
      let milliseconds = try timed.milliseconds()
      #expect(milliseconds >= 20)
    }
  }

  @Test func `it runs in its folder, with its environment, its errors in the log`() throws {
    try start("pwd > here; env > variables; echo oops >&2; read line; echo $GREETING; exec sleep 60") {
      timed,
      path in
      _ = try timed.milliseconds()
      let here = try text("\(path)/here")
      #expect(here.split(separator: "/").last?.dropLast() == path.split(separator: "/").last)
      #expect(try text("\(path)/variables").contains("GREETING=listening on 127.0.0.1:1\n"))
      #expect(try text("\(path)/log") == "oops\n")
    }
  }

  #if os(Linux)
    @Test func `it is kept on its processor, in a session of its own, with no signal ignored`() throws {
      let processor = try #require(ThreadAffinity.processors.last)
      let command =
        "cat /proc/self/status > status; cut -d ' ' -f 1,6 /proc/$$/stat > session; echo $GREETING; exec sleep 60"
      try start(command, processor: processor) { timed, path in
        // The library ignores SIGPIPE for this process.
        try withLoop { _ in }
        _ = try timed.milliseconds()
        let lines = try text("\(path)/status").split(separator: "\n")
        #expect(lines.contains("Cpus_allowed_list:\t\(processor)"))
        let ignored = try #require(lines.first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last)
        // The first 31; the next two are the C library's own.
        #expect(try #require(UInt64(ignored, radix: 16)) & 0x7fff_ffff == 0)
        #expect(lines.contains("SigBlk:\t0000000000000000"))
        let numbers = try text("\(path)/session").split(whereSeparator: \.isWhitespace)
        #expect(numbers.count == 2 && numbers[0] == numbers[1])
      }
    }

    @Test(arguments: [
      "echo $GREETING; exec sleep 60",
      "echo $GREETING; trap '' TERM; while true; do sleep 1; done",
      "sleep 60 & echo $GREETING; exit",
      "setsid sleep 60 & while [ $(cut -d ' ' -f 6 /proc/$!/stat) = $$ ]; do :; done; echo $GREETING; sleep 60",
    ])
    func `nothing of it is left`(command: String) throws {
      var patience = Server.Patience()
      patience.end = .milliseconds(200)
      // All that it starts is in its folder.
      try start(command, patience: patience) { timed, path in
        _ = try timed.milliseconds()
        let deadline = ContinuousClock.now + .seconds(20)
        while runs(in: path), ContinuousClock.now < deadline {}
        #expect(!runs(in: path))
      }
    }

    /// Whether a process runs that is in a folder; one that nobody has waited for is in none.
    private func runs(in folder: String) -> Bool {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return names.contains { name in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")) == folder
      }
    }
  #endif

  @Test(arguments: [
    ("echo no >&2; exit 3", "it ended before it said that it listens: exit 3"),
    ("echo no >&2; kill -9 $$", "it ended before it said that it listens: SIGKILL"),
    ("echo no >&2; exec >&-; exec sleep 60", "its output ended before it said that it listens"),
  ])
  func `one that ends before its line, or ends its output, is told with its errors`(
    command: String,
    reason: String
  ) throws {
    var patience = Server.Patience()
    patience.end = .seconds(2)
    try start(command, patience: patience) { timed, _ in
      let failure = failure(timed)
      #expect(failure?.reason == reason)
      #expect(failure?.log == "no\n")
    }
  }

  @Test func `one that doesn't say it in time is told`() throws {
    var patience = Server.Patience()
    patience.start = .milliseconds(50)
    try start("echo hello; exec sleep 60", patience: patience) { timed, _ in
      let failure = failure(timed)
      #expect(failure?.reason == "no line `listening on …` came from its standard output within 0.05 seconds")
      // Or nothing yet, on a busy machine.
      #expect(["hello\n", ""].contains(failure?.log))
    }
  }

  @Test func `one that isn't there is told`() throws {
    try withDeadline {
      let timed = TimedStart(
        words: ["/nowhere/echo"],
        folder: "/",
        environment: [:],
        processor: nil,
        logPath: "/dev/null",
        patience: Server.Patience(),
        isInterrupted: { false }
      )
      #expect(failure(timed)?.reason == "it can't be started: No such file or directory")
    }
  }

  @Test func `its program is looked for in its own path`() throws {
    try start("") { timed, path in
      // A link: a file that was written just now may still be open for that in a process that is being started.
      try FileManager.default.createSymbolicLink(
        atPath: "\(path)/a-server",
        withDestinationPath: "/bin/sh"
      )
      let named = TimedStart(
        words: ["a-server", "-c", "echo listening on port 7; exec sleep 60"],
        folder: "/",
        environment: ["PATH": "/nowhere:\(path):/usr/bin:/bin"],
        processor: nil,
        logPath: "/dev/null",
        patience: Server.Patience(),
        isInterrupted: { false }
      )
      #expect(try named.milliseconds() > 0)
    }
  }

  @Test func `a processor that isn't there is told`() throws {
    try start("exec sleep 60", processor: 5000) { timed, _ in
      #expect(failure(timed)?.reason.hasPrefix("it can't be started: ") == true)
    }
  }

  @Test func `an interruption comes before it is started, or ends it`() throws {
    try start("echo $$ > number; exec sleep 60", isInterrupted: { true }) { timed, path in
      #expect(throws: Interrupted.self) { try timed.milliseconds() }
      #expect(!FileManager.default.fileExists(atPath: "\(path)/number"))
    }
    var number: String?
    var place = ""
    try start(
      "echo $$ > number; exec sleep 60",
      isInterrupted: {
        number = try? self.text("\(place)/number")
        return number?.hasSuffix("\n") == true
      }
    ) { timed, path in
      place = path
      #expect(throws: Interrupted.self) { try timed.milliseconds() }
      let process = try #require(number.flatMap { Int($0.dropLast()) })
      #expect(ProcessUsage.start(of: process) == nil)
    }
  }
}
