import TestSupport
import Testing

@testable import Libuv

@Suite struct UnixSocketTests {
  @Test func `a socket that nobody listens on is removed`() throws {
    let folder = try TemporaryFolder()
    _ = try makeStaleSocket(folder.file("s"))
    #expect(UnixSocket.removeStale(folder.file("s")))
    #expect(!folder.contains("s"))
  }

  @Test func `a socket that somebody listens on is not removed, also with a full backlog`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try Transport.pipe.listen(loop, in: folder, backlog: 1) { connection throws(UVError) in
        connection.close()
      }
      // Each look is a connection, and nothing takes them.
      for _ in 0..<10 { #expect(!UnixSocket.removeStale(folder.file("s"))) }
      #expect(folder.contains("s"))
      listener.close()
    }
  }

  @Test func `another kind of socket is not removed`() throws {
    let folder = try TemporaryFolder()
    let descriptor = try makeStaleSocket(folder.file("s"), isDatagram: true, staysOpen: true)
    #expect(!UnixSocket.removeStale(folder.file("s")))
    #expect(folder.contains("s"))
    closeDescriptor(descriptor)
  }

  @Test func `what is no socket is not removed`() throws {
    let folder = try TemporaryFolder()
    try makeFile(folder.file("s"))
    #expect(!UnixSocket.removeStale(folder.file("s")))
    #expect(folder.contains("s"))
    #expect(!UnixSocket.removeStale(folder.path))
    #expect(!UnixSocket.removeStale(folder.file("none")))
  }

  @Test func `the look leaves no descriptor open`() throws {
    let folder = try TemporaryFolder()
    _ = try makeStaleSocket(folder.file("live"), staysOpen: false)
    // More often than a process may have descriptors by default.
    for _ in 0..<2000 { #expect(UnixSocket.removeStale(folder.file("none")) == false) }
    #expect(UnixSocket.removeStale(folder.file("live")))
  }

  @Test func `a path's folder is looked for`() throws {
    let folder = try TemporaryFolder()
    #expect(UnixSocket.folderExists(folder.file("s")))
    #expect(!UnixSocket.folderExists(folder.file("none/s")))
    #expect(UnixSocket.folderExists("s"), "the current folder")
    #expect(UnixSocket.folderExists("/s"), "the root")
  }
}
