import Libuv
import TestSupport
import Testing

@testable import Comparison

#if os(Linux)
  /// With the instruments themselves, where they are installed.
  @Suite struct CostCounterTests {
    private func withCounter(_ rung: Rung, _ body: (CostCounter) throws -> Void) throws {
      try withLadderFolder([rung]) { ladder, folder in
        let run = CountedRun(
          rung: rung,
          ladder: ladder,
          processors: try Processors(.none),
          logPath: "\(folder)/log"
        )
        try body(CostCounter(run: run, programs: ReadablePrograms(in: folder, ladder), folder: folder))
      }
    }

    private static let hasValgrind = SearchPath.has("valgrind") && SearchPath.has("objcopy")

    @Test(.enabled(if: hasValgrind))
    func `a program that counts costs as much for each, and all of it is in a slice`() throws {
      try withCounter(MadeUpLadder.rung("a", timers: MadeUpLadder.counting)) { counter in
        let cost = try counter.instructions(.timer)
        #expect(cost.work == .timer)
        #expect(cost.instructions.points.map(\.count) == [200, 400, 600])
        #expect(cost.instructions.each > 100, "a turn of the shell's loop")
        #expect(cost.instructions.fixed > 10_000, "its start")
        // More digits in the number is all that isn't on the line.
        #expect(cost.instructions.worst < 0.05)
        let sum = cost.slices.map(\.instructions).reduce(0, +)
        #expect(abs(sum - cost.instructions.each) < 0.01)
        #expect(cost.slices.contains { $0.slice == .service })
        #expect(cost.functions.allSatisfy { $0.instructions >= 0.5 })
        #expect(cost.functions.map(\.instructions) == cost.functions.map(\.instructions).sorted(by: >))
      }
    }

    @Test(.enabled(if: hasValgrind)) func `a program is counted to the same instruction again`() throws {
      try withCounter(MadeUpLadder.rung("a", timers: MadeUpLadder.counting)) { counter in
        var counter = counter
        counter.points = 2
        let costs = try (0..<2).map { _ in try counter.instructions(.timer) }
        #expect(abs(costs[0].instructions.each - costs[1].instructions.each) < 1)
        #expect(costs[0].slices.map(\.slice) == costs[1].slices.map(\.slice))
      }
    }

    @Test(.enabled(if: hasValgrind && MadeUpLadder.python.hasPrefix("/")))
    func `allocations are counted with their bytes`() throws {
      // An allocation that grows with the count, beside those of its start.
      let program =
        "import ctypes, sys\nc = ctypes.CDLL(None)\nfor i in range(int(sys.argv[1])): c.malloc(48)"
      let rung = MadeUpLadder.rung("a", timers: [MadeUpLadder.python, "-c", program, "{count}"])
      try withCounter(rung) { counter in
        var counter = counter
        counter.points = 2
        let (allocations, bytes) = try counter.allocations(.timer)
        #expect(abs(allocations.each - 1) < 0.2)
        #expect(abs(bytes.each - 48) < 10)
      }
    }

    /// Whether a process may be traced here: containers often forbid it.
    private static let hasTracer: Bool = {
      let command = ShellCommand(
        text: "strace -o /dev/null true",
        folder: "/",
        environment: ["PATH": "/usr/bin:/bin"]
      )
      return (try? ShellCommand.run([command], patience: .seconds(30))[0].exit) == .code(0)
    }()

    @Test(.enabled(if: hasTracer)) func `system calls are counted by name`() throws {
      let program = "import os, sys\nfor i in range(int(sys.argv[1])): os.getppid()"
      let rung = MadeUpLadder.rung("a", timers: [MadeUpLadder.python, "-c", program, "{count}"])
      try withCounter(rung) { counter in
        let calls = try counter.systemCalls(.timer)
        #expect(calls["getppid"] == 1)
        #expect(calls["execve"] == nil, "once, in all")
      }
    }

    @Test(.enabled(if: hasTracer)) func `those of a server, too, which ends in order`() throws {
      try withCounter(MadeUpLadder.rung("a")) { counter in
        let calls = try counter.systemCalls(.connection)
        #expect(abs((calls["sendto"] ?? 0) - 1) < 0.05)
        #expect((calls["accept4"] ?? 0) >= 0.95)
      }
    }

    @Test func `a failure of the work is told`() throws {
      let rung = MadeUpLadder.rung("a", timers: ["sh", "-c", "exit 3 # $0", "{count}"])
      try withCounter(rung) { counter in
        #expect(throws: CountFailure.self) { try counter.systemCalls(.timer) }
        #expect(throws: CountFailure.self) { try counter.instructions(.timer) }
        #expect(throws: CountFailure.self) { try counter.allocations(.timer) }
      }
    }

    @Test func `functions with one name are told as one, the largest first`() {
      func cost(_ name: String, _ instructions: Double, _ slice: Slice = .library) -> FunctionCost {
        FunctionCost(name: name, object: "o", slice: slice, instructions: instructions)
      }
      let foremost = CostCounter.foremost(
        [
          cost("0x01 [PLT]", 1, .linking), cost("f", 2), cost("0x02 [PLT]", 3, .linking), cost("g", 0.1),
          cost("h", 4, .wrapper),
        ],
        2
      )
      #expect(foremost.map(\.name) == ["calls into libraries", "h"])
      #expect(foremost.map(\.instructions) == [4, 4])
    }
  }
#endif
