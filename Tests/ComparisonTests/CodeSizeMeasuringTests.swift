import Testing

@testable import Comparison

@Suite struct CodeSizeMeasuringTests {
  @Test func `code and constants are what is loaded from the file`() {
    let table =
      "   text\t   data\t    bss\t    dec\t    hex\tfilename\n   9000\t   1400\t    500\t  10900\t   2a94\techo\n"
    #expect(CodeSize.loadedBytes(table) == 10400)
    #expect(CodeSize.loadedBytes("size: x: file format not recognized") == nil)
    #expect(CodeSize.loadedBytes("") == nil)
  }

  @Test func `libraries that aren't there any more, and what is none, are left out`() {
    let maps = """
      55d0-55d1 r-xp 00000000 08:01 1 /bin/sh
      7f00-7f01 r-xp 00000000 08:01 2                          /no/such/libgone.so.1
      7f01-7f02 rw-p 00000000 00:00 0
      7f02-7f03 r--p 00000000 08:01 3 /usr/lib/locale/C.utf8/LC_CTYPE
      7ffe-7fff r-xp 00000000 00:00 0 [vdso]
      """
    #expect(CodeSize.libraries(maps) == [:])
    #expect(CodeSize.libraries("") == [:])
  }

  #if os(Linux)
    @Test(.enabled(if: SearchPath.has("size"))) func `a server's program and libraries have sizes`() throws {
      try withPeers(["echo": PythonServer.echo]) { peers, folder in
        let server = try Server(peers.peers[0], in: peers, on: nil, logPath: "\(folder)/log")
        defer { server.end() }
        let size = try CodeSize.measure(program: "/bin/sh", process: server.processIdentifier)
        #expect(size.programBytes > 10_000)
        #expect(size.fileBytes > size.programBytes / 2)
        #expect(size.libraries.contains { $0.key.hasPrefix("libc.so") && $0.value > 100_000 })
      }
    }

    @Test func `what isn't a program is told`() throws {
      #expect(throws: CountFailure.self) { try CodeSize.measure(program: "/etc/passwd", process: 1) }
    }
  #endif
}
