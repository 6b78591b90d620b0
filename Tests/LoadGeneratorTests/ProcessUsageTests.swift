import Libuv
import TestSupport
import Testing

@testable import LoadGenerator

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

#if os(Linux)
  @Suite struct ProcessUsageTests {
    @Test func `this process has used time and memory`() throws {
      let usage = try #require(ProcessUsage(of: nil))
      // A program that runs tests has more than a megabyte, and less than a terabyte.
      #expect((1 << 20..<1 << 40).contains(usage.residentBytes))
      #expect(usage.peakBytes >= usage.residentBytes)
      #expect(usage.processorSeconds == usage.userSeconds + usage.systemSeconds)
      #expect(usage.processorSeconds > 0)
    }

    @Test func `a process can be asked for by its number`() throws {
      let before = try #require(ProcessUsage(of: nil))
      let usage = try #require(ProcessUsage(of: Int(getpid())))
      let after = try #require(ProcessUsage(of: nil))
      #expect((before.processorSeconds...after.processorSeconds).contains(usage.processorSeconds))
      #expect(usage.peakBytes > 0)
    }

    @Test func `the processes that one has started count with it, also when they have ended`() throws {
      // Two children of a shell: one that computes and ends, one that stays.
      var configuration = ChildProcess.Configuration(
        executable: "/bin/sh",
        arguments: ["-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; sleep 60 & wait"]
      )
      configuration.isDetached = true
      try withLoop { loop in
        let process = try ChildProcess(loop, configuration) { process, _ in process.close() }
        let number = Int(process.processIdentifier)
        func usage(_ withChildren: Bool) -> ProcessUsage? {
          ProcessUsage(of: number, withChildren: withChildren)
        }
        try run(loop) { usage(true)?.threads == 2 && usage(true)!.processorSeconds > 0.05 }
        let alone = try #require(usage(false))
        let together = try #require(usage(true))
        #expect(alone.threads == 1)
        #expect(alone.processorSeconds < together.processorSeconds)
        #expect(alone.residentBytes < together.residentBytes)
        #expect(alone.peakBytes < together.peakBytes)
        try process.sendToGroup(.kill)
      }
    }

    @Test(arguments: [-1, 0, Int.max]) func `no process has no usage`(number: Int) {
      #expect(ProcessUsage(of: number) == nil)
    }

    @Test func `time in user space grows with what is computed`() throws {
      let before = try #require(ProcessUsage(of: nil))
      let deadline = ContinuousClock.now + .seconds(30)
      var sum: UInt64 = 0
      var usage = before
      while usage.userSeconds < before.userSeconds + 0.05, ContinuousClock.now < deadline {
        for number in 0..<200_000 as Range<UInt64> { sum = sum &* 31 &+ number }
        usage = try #require(ProcessUsage(of: nil))
      }
      #expect(sum != 0)
      #expect(usage.userSeconds >= before.userSeconds + 0.05)
    }

    @Test func `the time of a thread grows with what it computes`() {
      let before = ThreadUsage.now.running
      let deadline = ContinuousClock.now + .seconds(30)
      var sum: UInt64 = 0
      while ThreadUsage.now.running < before + 0.02, ContinuousClock.now < deadline {
        for number in 0..<10_000 as Range<UInt64> { sum = sum &* 31 &+ number }
      }
      #expect(sum != 0)
      #expect(before >= 0)
      #expect(ThreadUsage.now.running >= before + 0.02)
    }
  }
#endif
