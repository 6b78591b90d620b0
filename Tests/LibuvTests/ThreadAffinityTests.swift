import Libuv
import TestSupport
import Testing

#if os(Linux)
  /// On threads of their own: whoever comes after on a thread must have all processors.
  @Suite struct ThreadAffinityTests {
    private func onThread(_ body: @escaping @Sendable () throws -> Void) throws {
      try LoopThread { _ in try body() }.join()
    }

    @Test func `a thread may use some processors, in order`() {
      let processors = ThreadAffinity.processors
      #expect(!processors.isEmpty)
      #expect(processors == processors.sorted())
    }

    @Test func `a thread can be kept on one, and what it starts stays there`() throws {
      let all = ThreadAffinity.processors
      let last = try #require(all.last)
      try onThread {
        try ThreadAffinity.keep(on: [last])
        #expect(ThreadAffinity.processors == [last])
        try LoopThread { _ in #expect(ThreadAffinity.processors == [last]) }.join()
      }
      #expect(ThreadAffinity.processors == all, "other threads are left alone")
    }

    @Test func `a process that is started stays there`() throws {
      let last = try #require(ThreadAffinity.processors.last)
      let pipe = try systemPipe()
      try onThread {
        try ThreadAffinity.with([last]) {
          try withLoop { loop in
            var configuration = ChildProcess.Configuration(
              executable: "/bin/grep",
              arguments: ["Cpus_allowed_list", "/proc/self/status"]
            )
            configuration.standardOutput = .descriptor(pipe.writing)
            try ChildProcess(loop, configuration) { process, exit in
              #expect(exit == .code(0))
              process.close()
            }
          }
        }
      }
      closeDescriptor(pipe.writing)
      let text = try textOfDescriptor(pipe.reading)
      closeDescriptor(pipe.reading)
      #expect(text == "Cpus_allowed_list:\t\(last)\n")
    }

    @Test func `it goes back afterwards, also after a failure`() throws {
      struct Failure: Error {}
      try onThread {
        let before = ThreadAffinity.processors
        let value = try ThreadAffinity.with(before.prefix(1)) { ThreadAffinity.processors }
        #expect(value == Array(before.prefix(1)))
        #expect(ThreadAffinity.processors == before)
        #expect(throws: Failure.self) { try ThreadAffinity.with(before.prefix(1)) { throw Failure() } }
        #expect(ThreadAffinity.processors == before)
      }
    }

    @Test(arguments: [[], [-1], [8191], [1_000_000]]) func `none that is there is an error`(processors: [Int])
      throws
    {
      try onThread {
        let before = ThreadAffinity.processors
        #expect(throws: UVError.invalidArgument) { try ThreadAffinity.keep(on: processors) }
        #expect(ThreadAffinity.processors == before)
      }
    }
  }
#endif
