import TestSupport
import Testing

@testable import Libuv

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct ProcessTests {
  // MARK: The program

  #if os(Linux)
    @Test func `the program is the one that the kernel names`() throws {
      var buffer = [CChar](repeating: 0, count: 4096)
      let count = readlink("/proc/self/exe", &buffer, buffer.count)
      try #require(count > 0)
      let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      #expect(try Executable.path == path)
      #expect(path.hasPrefix("/"))
    }
  #endif

  // MARK: SIGPIPE

  @Test func `without a loop, writing to a closed pipe ends the process`() async {
    await #expect(processExitsWith: .signal(SIGPIPE)) {
      signal(SIGPIPE, SIG_DFL)
      _ = writeToClosedPipe()
    }
  }

  @Test func `the first loop makes writing to a closed pipe an error`() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_DFL)
      try Loop().close()
      #expect(writeToClosedPipe() == EPIPE)
    }
  }

  @Test func `what the program does about SIGPIPE after the first loop is left alone`() async {
    await #expect(processExitsWith: .signal(SIGPIPE)) {
      try Loop().close()
      signal(SIGPIPE, SIG_DFL)
      try Loop().close()
      _ = writeToClosedPipe()
    }
  }

  // MARK: Descriptors

  @Test func `raising the descriptor limit makes the soft limit the hard one`() async {
    await #expect(processExitsWith: .success) {
      var limit = try #require(Descriptors.resourceLimit)
      let hard = limit.rlim_max
      limit.rlim_cur = 64
      #expect(setrlimit(Descriptors.resource, &limit) == 0)
      #expect(Descriptors.limit == 64)
      let raised = DescriptorLimit.raise()
      #expect(raised == Int(Int32(clamping: hard)))
      #expect(Descriptors.resourceLimit?.rlim_cur == hard)
      #expect(DescriptorLimit.raise() == raised, "a second time changes nothing")
    }
  }

  @Test func `a descriptor leaves the reserve free when its number is below the limit by more than that`() {
    let reserve = Descriptors.reserve
    #expect(Descriptors.leavesReserve(0, limit: 100))
    #expect(Descriptors.leavesReserve(99 - reserve, limit: 100))
    #expect(!Descriptors.leavesReserve(100 - reserve, limit: 100))
    #expect(!Descriptors.leavesReserve(99, limit: 100))
    #expect(!Descriptors.leavesReserve(0, limit: reserve))
  }

  @Test func `a descriptor moves down when something is closed, and not into the reserve`() async {
    await #expect(processExitsWith: .success) {
      var limit = try #require(Descriptors.resourceLimit)
      limit.rlim_cur = 128
      #expect(setrlimit(Descriptors.resource, &limit) == 0)
      var descriptors: [Int32] = []
      while let descriptor = Descriptors.open() { descriptors.append(descriptor) }
      // The kernel gives the lowest free number, so the last one is the highest there can be.
      let last = descriptors.removeLast()
      #expect(last == 127)
      #expect(Descriptors.moveDown(last) == nil, "none is left")
      Descriptors.close(descriptors.removeLast())
      #expect(Descriptors.moveDown(last) == nil, "the one that is left is of the reserve")
      let low = descriptors.removeFirst()
      Descriptors.close(low)
      #expect(Descriptors.moveDown(last) == low)
      #expect(fcntl(last, F_GETFD) == -1, "the old number is closed")
      #expect(fcntl(low, F_GETFD) == FD_CLOEXEC)
    }
  }
}

/// The error of a write that nobody will read; zero when there was none.
private func writeToClosedPipe() -> Int32 {
  var ends: (Int32, Int32) = (-1, -1)
  let status = withUnsafeMutableBytes(of: &ends) { pipe($0.baseAddress!.assumingMemoryBound(to: Int32.self)) }
  guard status == 0 else { return 0 }
  close(ends.0)
  defer { close(ends.1) }
  return write(ends.1, "x", 1) < 0 ? errno : 0
}
