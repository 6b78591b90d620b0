import Libuv
import TestSupport
import Testing

@Suite struct StreamConnectTests {
  @Test(arguments: Transport.allCases)
  func `the handler is told of the connection, once, after the call`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        connection.finish()
      }
      let client = try transport.make(loop)
      var results: [UVError?] = []
      try client.connectAny(to: #require(listener.address)) { [unowned client] error in
        results.append(error)
        #expect(client.isReadable)
        // Reading, writing and ending may begin at once.
        #expect(throws: Never.self) {
          try client.read { _, _ throws(UVError) in }
          try client.write("x")
          client.finish()
        }
        listener.close()
      }
      #expect(results.isEmpty)
      loop.run()
      #expect(results == [nil])
      #expect(client.state == .closed)
      #expect(client.failure == nil)
    }
  }

  @Test func `a refused connection is told, is the failure, and closes the stream`() throws {
    try withLoop { loop in
      let bound = try TCP(loop)
      try bound.bind(to: "127.0.0.1:0")
      let client = try TCP(loop)
      var results: [UVError?] = []
      try client.connect(to: bound.localAddress) { [unowned client] error in
        results.append(error)
        #expect(client.state == .open)
        #expect(!client.isReadable || error != nil)
      }
      #expect(results.isEmpty)
      try run(loop) { client.state == .closed }
      #expect(results == [.connectionRefused])
      #expect(client.failure == .connectionRefused)
      #expect(client.failure?.operation.description == "connect")
      bound.close()
    }
  }

  @Test func `a socket that nobody listens on refuses, and one that isn't there is not found`() throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      _ = try makeStaleSocket(folder.file("stale"))
      try makeFile(folder.file("file"))
      for (name, expected) in [
        ("stale", UVError.connectionRefused), ("file", .connectionRefused), ("none", .noSuchFileOrDirectory),
      ] {
        let client = try Pipe(loop)
        var results: [UVError?] = []
        try client.connect(to: folder.socket(name)) { results.append($0) }
        #expect(results.isEmpty)
        try run(loop) { client.state == .closed }
        #expect(results == [expected])
        #expect(client.failure == expected)
      }
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `a connect is cancelled by a close, once`(transport: Transport, isRefused: Bool) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let address = try #require(listener.address)
      if isRefused {
        listener.close()
        loop.run()
      }
      let client = try transport.make(loop)
      var results: [UVError?] = []
      try client.connectAny(to: address) { results.append($0) }
      client.close()
      client.close()
      #expect(results.isEmpty)
      try run(loop) { client.state == .closed }
      #expect(results == [.canceled])
      #expect(client.failure == nil)
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `a stream may be closed in its connect handler`(transport: Transport, isRefused: Bool) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let address = try #require(listener.address)
      if isRefused {
        listener.close()
        loop.run()
      }
      let client = try transport.make(loop)
      var calls = 0
      try client.connectAny(to: address) { [unowned client] error in
        calls += 1
        #expect((error != nil) == isRefused)
        client.close()
        client.closeReset()
        listener.close()
      }
      // A refused pipe takes no bytes.
      _ = try? client.write(Pattern.bytes(100_000))
      loop.run()
      #expect(calls == 1)
      #expect(client.state == .closed)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a second connect fails, and the first goes on`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var server: Stream?
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        server = connection
      }
      let address = try #require(listener.address)
      let client = try transport.make(loop)
      let unused: (UVError?) -> Void = { _ in Issue.record("called") }
      var results: [UVError?] = []
      try client.connectAny(to: address) { results.append($0) }
      #expect(throws: UVError.alreadyInProgress) { try client.connectAny(to: address, then: unused) }
      try run(loop) { !results.isEmpty && server != nil }
      #expect(results == [nil])
      #expect(throws: UVError.alreadyConnected) { try client.connectAny(to: address, then: unused) }
      #expect(throws: UVError.alreadyConnected) { try server?.connectAny(to: address, then: unused) }
      #expect(client.state == .open)
      // It still works.
      let collector = try Collector(try #require(server))
      try client.write("hello")
      client.close()
      listener.close()
      loop.run()
      #expect(collector.text == "hello")
      #expect(results == [nil])
    }
  }

  @Test(arguments: Transport.allCases)
  func `a stream that listens can't connect, and goes on listening`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      var connections = 0
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in
        connections += 1
        connection.close()
      }
      let address = try #require(listener.address)
      #expect(throws: UVError.self) {
        try listener.stream.connectAny(to: address) { _ in Issue.record("called") }
      }
      let client = try transport.make(loop)
      try client.connectAny(to: address) { #expect($0 == nil) }
      try run(loop) { connections == 1 }
      client.close()
      listener.close()
    }
  }

  @Test(arguments: Transport.allCases)
  func `a connected stream can't listen`(transport: Transport) throws {
    try withLoop { loop in
      let pair = try transport.pair(loop)
      #expect(throws: UVError.self) {
        switch pair.client {
        case let stream as TCP: try stream.listen { _ throws(UVError) in }
        case let stream as Pipe: try stream.listen { _ throws(UVError) in }
        default: break
        }
      }
      let collector = try Collector(pair.client)
      try pair.server.write("still connected")
      pair.server.close()
      loop.run()
      #expect(collector.text == "still connected")
    }
  }

  @Test(arguments: Transport.allCases)
  func `an address of the other kind is no argument, and the stream stays open`(transport: Transport) throws {
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let client = try transport.make(loop)
      let wrong = transport == .tcp ? try folder.socket() : "127.0.0.1:1"
      #expect(throws: UVError.invalidArgument) {
        try client.connectAny(to: wrong) { _ in Issue.record("called") }
      }
      #expect(client.state == .open)
      // The next try has nothing in its way.
      var isConnected = false
      try client.connectAny(to: #require(listener.address)) { error in
        #expect(error == nil)
        isConnected = true
      }
      try run(loop) { isConnected }
      client.close()
      listener.close()
    }
  }

  @Test func `what shows at once is thrown, and the handler isn't called`() throws {
    try withLoop { loop in
      let client = try TCP(loop)
      #expect(throws: UVError.self) {
        try client.connect(to: "255.255.255.255:1") { _ in Issue.record("called") }
      }
      #expect(client.state == .open)
      #expect(client.failure == nil)
      client.close()
    }
  }

  @Test(arguments: Transport.allCases, [true, false])
  func `the connect handler is freed after its call`(transport: Transport, isRefused: Bool) throws {
    final class Captured {}
    weak var captured: Captured?
    try withLoop { loop in
      let folder = try TemporaryFolder()
      let listener = try transport.listen(loop, in: folder) { connection throws(UVError) in connection.close()
      }
      let address = try #require(listener.address)
      if isRefused {
        listener.close()
        loop.run()
      }
      let client = try transport.make(loop)
      var isCalled = false
      do {
        let object = Captured()
        captured = object
        try client.connectAny(to: address) { _ in
          isCalled = true
          _ = object
        }
      }
      #expect(captured != nil)
      try run(loop) { isCalled }
      #expect(captured == nil)
      client.close()
      listener.close()
    }
  }
}
