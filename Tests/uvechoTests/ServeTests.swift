import ArgumentParser
import EchoServer
import Glibc
import Logging
import TestSupport
import Testing
import UvechoSupport

@testable import uvecho_tools

/// The program as its clients and its owner see it.
@Suite struct ServeTests {
  // MARK: Echo

  @Test(arguments: Style.allCases)
  func `it prints one line, at once, and the rest on standard error`(style: Style) throws {
    // Read through a pipe, which a buffered standard output would not have reached yet.
    try withServe(style: style) { server in
      #expect(server.child.output == "listening on 127.0.0.1:\(server.port)\n")
      #expect(server.port != 0)
      #expect(server.child.errors == "")
      try #expect(server.connect().echo("hello") == "hello")
      let summary = try server.end()
      #expect(server.child.errors.lines.count == 1)
      #expect(summary.connections == 1)
      #expect(summary.open == 0)
      #expect(summary.requests == 1)
      #expect(summary.bytesIn == 5)
      #expect(summary.bytesOut == 5)
      #expect(summary.errors == "none")
    }
  }

  @Test func `it serves on when nobody reads its output`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      let child = try Child("uvecho", ["serve", "--unix", path])
      defer { child.end() }
      child.closeOutput()
      var client: RawClient?
      try child.wait(for: "connection") {
        client = try? RawClient(path: path)
        return client != nil
      }
      try #expect(client?.echo("hello") == "hello")
      client?.close()
      child.signal(SIGTERM)
      try #expect(child.waitForExit() == .code(0))
    }
  }

  @Test(arguments: Style.allCases)
  func `a megabyte in random pieces comes back in order, then a FIN`(style: Style) throws {
    try withServe(style: style) { server in
      let bytes = testBytes(1_000_000)
      let received = try server.connect().exchange(randomPieces(of: bytes, upTo: 40_000))
      let isSame = received == bytes
      #expect(isSame)
      let summary = try server.end()
      #expect(summary.bytesIn == 1_000_000)
      #expect(summary.bytesOut == 1_000_000)
    }
  }

  @Test(arguments: Style.allCases)
  func `what was sent before the half-close comes back after it`(style: Style) throws {
    try withServe(style: style) { server in
      let bytes = testBytes(2_000_000)
      let client = try server.connect(sendBuffer: 4_000_000)
      var rest = bytes[...]
      while case let count = try client.sendWhatFits(rest), count > 0 { rest = rest.dropFirst(count) }
      try client.endSending()
      let received = try client.receiveToEnd()
      let isSame = received == Array(bytes.dropLast(rest.count))
      #expect(isSame)
      #expect(received.count > 0)
    }
  }

  @Test(arguments: Style.allCases)
  func `many clients at once get each their own bytes`(style: Style) throws {
    try withServe(style: style) { server in
      let clients = try (0..<200).map { _ in try server.connect() }
      for (index, client) in clients.enumerated() { try client.send(testBytes(1000, seed: index)) }
      for (index, client) in clients.enumerated() {
        let isSame = try client.receive(1000) == testBytes(1000, seed: index)
        #expect(isSame)
        client.close()
      }
      try #expect(server.end().connections == 200)
    }
  }

  @Test(arguments: Style.allCases)
  func `resets are counted by kind and end nothing`(style: Style) throws {
    try withServe(style: style, "--stats", "0.02") { server in
      for _ in 0..<3 {
        let client = try server.connect()
        _ = try client.echo("hello")
        try client.reset()
      }
      try server.waitForFigures("resets") { $0.errors == "ECONNRESET:3" }
      try #expect(server.connect().echo("still here") == "still here")
      let summary = try server.end()
      #expect(summary.errors == "ECONNRESET:3")
      #expect(summary.connections == 4)
      #expect(summary.resets == 0)
    }
  }

  // MARK: Options

  @Test func `without options it is as the help says`() throws {
    let options = try Serve.parse([]).options
    #expect(options.logLevel == .notice)
    let configuration = options.configuration
    #expect(configuration.hosts == ["127.0.0.1"])
    #expect(configuration.port == 4000)
    #expect(configuration.unixPath == nil)
    #expect(configuration.backlog == 4096)
    #expect(configuration.maxConnections == nil)
    #expect(configuration.highWaterMark == 65536)
    #expect(configuration.idleTimeout == nil)
    #expect(configuration.grace == .seconds(5))
    #expect(configuration.statisticsInterval == nil)
  }

  @Test func `every option reaches the server`() throws {
    let options = try Serve.parse([
      "--host", "a", "--host", "::1", "--port", "65535", "--unix", "/x", "--backlog", "7", "--grace", "0.25",
      "--idle-timeout", "1.5", "--max-connections", "9", "--high-water", "100", "--stats", "2",
      "--log-level", "debug",
    ]).options
    let configuration = options.configuration
    #expect(configuration.hosts == ["a", "::1"])
    #expect(configuration.port == 65535)
    #expect(configuration.unixPath == "/x")
    #expect(configuration.backlog == 7)
    #expect(configuration.grace == .milliseconds(250))
    #expect(configuration.idleTimeout == .milliseconds(1500))
    #expect(configuration.maxConnections == 9)
    #expect(configuration.highWaterMark == 100)
    #expect(configuration.statisticsInterval == .seconds(2))
    #expect(options.logLevel == .debug)
  }

  @Test(arguments: Style.allCases)
  func `several hosts share a port that the system chooses`(style: Style) throws {
    try withServe(style: style, "--host", "127.0.0.1", "--host", "localhost", "--host", "127.0.0.2") {
      server in
      #expect(server.addresses.first == "127.0.0.1:\(server.port)")
      #expect(server.addresses.last == "127.0.0.2:\(server.port)")
      #expect(server.addresses.allSatisfy { $0.hasSuffix(":\(server.port)") })
      for host in ["127.0.0.1", "127.0.0.2"] {
        try #expect(RawClient(host: host, port: server.port).echo("hello") == "hello")
      }
    }
  }

  @Test(arguments: Style.allCases)
  func `a name is resolved`(style: Style) throws {
    try withServe(style: style, "--host", "localhost") { server in
      #expect(server.addresses.contains("127.0.0.1:\(server.port)"))
      try #expect(server.connect().echo("hello") == "hello")
    }
  }

  @Test(.enabled(if: hasIPv6), arguments: Style.allCases)
  func `it listens on IPv6 too`(style: Style) throws {
    try withServe(style: style, "--host", "127.0.0.1", "--host", "::1") { server in
      #expect(server.addresses == ["127.0.0.1:\(server.port)", "[::1]:\(server.port)"])
      for host in ["127.0.0.1", "::1"] {
        try #expect(RawClient(host: host, port: server.port).echo("hello") == "hello")
      }
    }
  }

  @Test(arguments: [1, 1_000_000], Style.allCases)
  func `a client that never reads is read up to the high-water mark`(mark: Int, style: Style) throws {
    try withServe(style: style, "--high-water", "\(mark)", "--stats", "0.02") { server in
      let client = try server.connect(receiveBuffer: 4096)
      let bytes = [UInt8](repeating: 7, count: 100_000)
      try server.child.wait(for: "more bytes queued than the mark") {
        _ = try client.sendWhatFits(bytes[...])
        return server.figures.last.map { $0.queued > mark } ?? false
      }
      // Then reading stops: the client can send no more, however long it tries.
      try server.child.wait(for: "ten lines of equal figures") {
        let count = try client.sendWhatFits(bytes[...])
        return count == 0 && Set(server.figures.suffix(10).map(\.bytesIn)).count == 1
      }
      #expect(server.figures.map(\.queued).max()! <= mark + 65536, "at most the mark and one read buffer")
    }
  }

  @Test(arguments: Style.allCases)
  func `lines of live figures come and add up`(style: Style) throws {
    try withServe(style: style, "--stats", "0.02") { server in
      let clients = try (0..<3).map { _ in try server.connect() }
      for client in clients { _ = try client.echo("hello") }
      clients[0].close()
      try server.waitForFigures("three clients, one gone") { $0.connections == 3 && $0.open == 2 }
      let last = try #require(server.figures.last)
      #expect(last.requests == 3)
      #expect(last.bytesIn == 15)
      #expect(last.bytesOut == 15)
      #expect(last.errors == "none")
      for line in server.child.errors.lines { #expect(Figures(line: line, kind: "stats") != nil) }
      for (earlier, later) in zip(server.figures, server.figures.dropFirst()) {
        #expect(earlier.connections <= later.connections)
        #expect(earlier.bytesIn <= later.bytesIn)
        #expect(earlier.bytesOut <= later.bytesOut)
      }
      for client in clients { client.close() }
      let summary = try server.end()
      #expect(summary.connections == 3)
      #expect(summary.bytesOut == 15)
    }
  }

  @Test(arguments: Style.allCases)
  func `connections on which nothing happens are ended and counted`(style: Style) throws {
    try withServe(style: style, "--idle-timeout", "0.1") { server in
      let client = try server.connect()
      try #expect(client.receiveToEnd() == [])
      client.close()
      let summary = try server.end()
      #expect(summary.idleTimeouts == 1)
      #expect(summary.errors == "none")
    }
  }

  @Test(arguments: Style.allCases)
  func `the log level decides what is logged`(style: Style) throws {
    for (level, isLogged) in [("notice", false), ("info", true)] {
      try withServe(style: style, "--log-level", level) { server in
        try server.end()
        #expect(server.child.errors.contains("draining") == isLogged)
      }
    }
  }

  // MARK: Unix sockets

  @Test(arguments: Style.allCases)
  func `it serves on a Unix socket, alone, and removes it at exit`(style: Style) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      try withServe(style: style, "--unix", path) { server in
        #expect(server.addresses == ["unix:\(path)"])
        let bytes = testBytes(300_000)
        let received = try RawClient(path: path).exchange(randomPieces(of: bytes, upTo: 9_000))
        let isSame = received == bytes
        #expect(isSame)
        try server.end()
        #expect(access(path, F_OK) != 0)
      }
    }
  }

  @Test func `it serves on a Unix socket and on a port that is named`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      let child = try Child("uvecho", ["serve", "--unix", path, "--port", "0"])
      defer { child.end() }
      try child.wait(for: "line on standard output") { child.output.contains("\n") }
      let words = child.output.split { " ,\n".contains($0) }.map { String($0) }
      try #require(words.count == 4)
      #expect(words[2].hasPrefix("127.0.0.1:"))
      #expect(words[3] == "unix:\(path)")
    }
  }

  @Test(arguments: Style.allCases)
  func `it serves on a Unix socket and on hosts that are named`(style: Style) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      try withServe(style: style, "--unix", path, "--host", "127.0.0.1") { server in
        #expect(server.addresses == ["127.0.0.1:\(server.port)", "unix:\(path)"])
        try #expect(server.connect().echo("hello") == "hello")
        try #expect(RawClient(path: path).echo("hello") == "hello")
      }
    }
  }

  @Test(arguments: Style.allCases)
  func `a Unix socket that a killed server has left is replaced`(style: Style) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      try withServe(style: style, "--unix", path) { server in
        server.child.signal(SIGKILL)
        try #expect(server.child.waitForExit() == .signal(SIGKILL))
      }
      #expect(access(path, F_OK) == 0)
      try withServe(style: style, "--unix", path) { _ in
        let answer = try RawClient(path: path).echo("hello")
        #expect(answer == "hello")
      }
    }
  }

  @Test(arguments: Style.allCases)
  func `a Unix socket that is served is left alone`(style: Style) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/echo"
      try withServe(style: style, "--unix", path) { _ in
        let outcome = try runUvecho("serve", "--unix", path)
        #expect(outcome.exit == .code(1))
        #expect(outcome.errors.hasPrefix("uvecho: can't listen on unix:\(path): "))
        #expect(outcome.errors.contains("address already in use (EADDRINUSE)"))
        try #expect(RawClient(path: path).echo("hello") == "hello")
      }
    }
  }

  @Test func `a file that is no socket is left alone`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      close(open(path, O_CREAT | O_WRONLY, 0o600))
      let outcome = try runUvecho("serve", "--unix", path)
      #expect(outcome.exit == .code(1))
      #expect(outcome.errors.contains("EADDRINUSE"))
      #expect(access(path, F_OK) == 0)
    }
  }
}
