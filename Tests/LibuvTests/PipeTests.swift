import Libuv
import TestSupport
import Testing

@Suite struct PipeTests {
  // MARK: Names

  @Test func `the connecting side has no name, the accepting side has the listener's`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let address = try folder.socket()
      let listening = try Pipe(loop)
      #expect(throws: UVError.badHandle) { try listening.localAddress }
      try listening.bind(to: address)
      #expect(try listening.localAddress == address)
      var accepted: Pipe?
      try listening.listen { connection throws(UVError) in accepted = connection }
      let client = try Pipe(loop)
      try client.connect(to: address) { #expect($0 == nil) }
      try run(loop) { accepted != nil && client.isReadable }
      let server = try #require(accepted)
      #expect(client.typeName == "pipe")
      #expect(try client.remoteAddress == address)
      #expect(try server.localAddress == address)
      #expect(throws: UVError.addressNotAvailable) { try client.localAddress }
      #expect(throws: UVError.addressNotAvailable) { try server.remoteAddress }
      client.close()
      server.close()
      listening.close()
      #expect(throws: UVError.badHandle) { try client.remoteAddress }
    }
  }

  @Test func `the longest path that the system takes works`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var name = "s"
      while SocketAddress(unixPath: folder.file(name + "s")) != nil { name += "s" }
      let address = try folder.socket(name)
      let listening = try Pipe(loop)
      try listening.bind(to: address)
      var connections = 0
      try listening.listen { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      #expect(try listening.localAddress == address)
      #expect(folder.contains(name))
      let client = try Pipe(loop)
      try client.connect(to: address) { #expect($0 == nil) }
      try run(loop) { connections == 1 }
      client.close()
      listening.close()
    }
  }

  @Test func `a pipe with a name of its own can't connect, and says so`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listening = try Pipe(loop)
      try listening.bind(to: folder.socket("server"))
      try listening.listen { connection throws(UVError) in connection.close() }
      let client = try Pipe(loop)
      try client.bind(to: folder.socket("client"))
      #expect(throws: UVError.notSupported) {
        try client.connect(to: folder.socket("server")) { _ in Issue.record("called") }
      }
      #expect(client.state == .open)
      client.close()
      listening.close()
    }
  }

  // MARK: The file

  @Test(arguments: [true, false])
  func `the socket's file is removed when its stream is closed`(isListening: Bool) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let stream = try Pipe(loop)
      try stream.bind(to: folder.socket())
      if isListening { try stream.listen { connection throws(UVError) in connection.close() } }
      #expect(folder.contains("s"))
      stream.close()
      loop.run()
      #expect(!folder.contains("s"))
    }
  }

  @Test func `closing a connection leaves the listener's file`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var connections = 0
      let listener = try Transport.pipe.listen(loop, in: folder) { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      let raw = try RawSocket(to: folder.socket())
      try run(loop) { connections == 1 }
      raw.close()
      #expect(folder.contains("s"))
      listener.close()
    }
  }

  @Test func `a stale socket is in the way, unless it is to be replaced`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      _ = try makeStaleSocket(folder.file("s"))
      let stream = try Pipe(loop)
      #expect(throws: UVError.addressInUse) { try stream.bind(to: folder.socket()) }
      #expect(folder.contains("s"))
      try stream.bind(to: folder.socket(), replacingStale: true)
      var connections = 0
      try stream.listen { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      let raw = try RawSocket(to: folder.socket())
      try run(loop) { connections == 1 }
      raw.close()
      stream.close()
    }
  }

  @Test func `a socket that somebody listens on is not replaced`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var connections = 0
      let listener = try Transport.pipe.listen(loop, in: folder) { connection throws(UVError) in
        connections += 1
        connection.finish()
      }
      let second = try Pipe(loop)
      #expect(throws: UVError.addressInUse) { try second.bind(to: folder.socket(), replacingStale: true) }
      second.close()
      loop.run(.noWait)
      let raw = try RawSocket(to: folder.socket())
      #expect(try raw.receiveAll(loop).end == .end)
      raw.close()
      listener.close()
    }
  }

  @Test func `a file that is no socket is not replaced`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      try makeFile(folder.file("s"))
      let stream = try Pipe(loop)
      #expect(throws: UVError.addressInUse) { try stream.bind(to: folder.socket(), replacingStale: true) }
      #expect(folder.contains("s"))
      stream.close()
      loop.run()
      #expect(folder.contains("s"), "a bind that failed removes nothing at the close")
    }
  }

  @Test func `a folder that isn't there is not found`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let stream = try Pipe(loop)
      for replacingStale in [true, false] {
        let error = #expect(throws: UVError.noSuchFileOrDirectory) {
          try stream.bind(to: folder.socket("none/s"), replacingStale: replacingStale)
        }
        #expect(error?.operation.description == "bind")
      }
      // The stream is none the worse.
      try stream.bind(to: folder.socket())
      stream.close()
    }
  }

  @Test func `a folder that may not be written to is not permitted`() async {
    await #expect(processExitsWith: .success) {
      dropPrivileges()
      try withLoop { loop in
        let stream = try Pipe(loop)
        #expect(throws: UVError.permissionDenied) { try stream.bind(to: "unix:/proc/1/s") }
        #expect(throws: UVError.permissionDenied) { try stream.bind(to: "unix:/never-made") }
        stream.close()
      }
    }
  }

  // MARK: Binding and listening

  @Test func `an internet address is no address for a pipe`() throws {
    try withLoop { loop in
      let stream = try Pipe(loop)
      #expect(throws: UVError.invalidArgument) { try stream.bind(to: "127.0.0.1:0") }
      #expect(throws: UVError.invalidArgument) { try stream.bind(to: "[::1]:0", replacingStale: true) }
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.bind(to: "unix:/tmp/never-made") }
    }
  }

  @Test func `a pipe is bound once, and listens once`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let stream = try Pipe(loop)
      #expect(throws: UVError.invalidArgument) { try stream.listen { _ throws(UVError) in } }
      try stream.bind(to: folder.socket("first"))
      #expect(throws: UVError.invalidArgument) { try stream.bind(to: folder.socket("second")) }
      #expect(!folder.contains("second"))
      try stream.listen { connection throws(UVError) in connection.close() }
      #expect(throws: UVError.alreadyInProgress) { try stream.listen { _ throws(UVError) in } }
      stream.close()
      #expect(throws: UVError.badHandle) { try stream.listen { _ throws(UVError) in } }
    }
  }

  // MARK: Adopting

  @Test func `a connected socket can be adopted, and is then the stream's to close`() throws {
    try withLoop { loop in
      let (first, second) = try unixSocketPair()
      let left = try Pipe(loop)
      let right = try Pipe(loop)
      try left.adopt(descriptor: first)
      try right.adopt(descriptor: second)
      #expect(left.descriptor == first)
      let other = try #require(openDescriptor())
      #expect(throws: UVError.busy) { try left.adopt(descriptor: other) }
      #expect(left.descriptor == first)
      #expect(isOpenDescriptor(other))
      closeDescriptor(other)
      try right.pump(to: right)
      let collector = try Collector(left)
      try left.write("there and back")
      try left.shutdown()
      loop.run()
      #expect(collector.text == "there and back")
      #expect(right.state == .closed)
    }
  }

  @Test func `the ends of a system pipe go one way each`() throws {
    try withLoop { loop in
      let ends = try systemPipe()
      let reading = try Pipe(loop)
      let writing = try Pipe(loop)
      try reading.adopt(descriptor: ends.reading)
      try writing.adopt(descriptor: ends.writing)
      #expect(reading.isReadable && !reading.isWritable)
      #expect(!writing.isReadable && writing.isWritable)
      #expect(throws: UVError.brokenPipe) { try reading.write("x") }
      #expect(throws: UVError.notConnected) { try reading.shutdown() }
      #expect(throws: UVError.notConnected) { try writing.read { _, _ throws(UVError) in } }
      let reader = try PatternReader(reading)
      try writing.write(Pattern.bytes(1_000_000))
      writing.onDrain = { $0.close() }
      loop.run()
      #expect(reader.isIntact)
      #expect(reader.isEnded)
      #expect(reader.count > 900_000, "the close after the drain may drop what is under the low-water mark")
    }
  }

  @Test func `a bad descriptor is not adopted`() throws {
    try withLoop { loop in
      let stream = try Pipe(loop)
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: -1) }
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: 1_000_000_000) }
      #expect(stream.state == .open)
      #expect(stream.descriptor == nil)
      stream.close()
      let descriptor = try #require(openDescriptor())
      #expect(throws: UVError.badHandle) { try stream.adopt(descriptor: descriptor) }
      #expect(isOpenDescriptor(descriptor), "it stays the caller's")
      closeDescriptor(descriptor)
    }
  }
}
