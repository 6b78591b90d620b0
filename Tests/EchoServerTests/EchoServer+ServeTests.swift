import Libuv
import Logging
import TestSupport
import Testing

@testable import EchoServer

@Suite struct EchoServerServeTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private static func configuration(_ style: Style) -> Configuration {
    var configuration = Configuration()
    configuration.style = style
    configuration.port = 0
    configuration.grace = .seconds(3600)
    return configuration
  }

  @Test(arguments: Style.allCases)
  func `it serves until its task is cancelled, and drains then`(style: Style) async throws {
    try await withLoopTask { loop in
      let server = EchoServer(Self.configuration(style), on: loop.loop, logger: Self.logger)
      let (addresses, listening) = AsyncStream<SocketAddress>.makeStream()
      let serving = Task {
        _ = loop
        try await server.serve { listening.yield($0[0]) }
      }
      var iterator = addresses.makeAsyncIterator()
      let address = try #require(await iterator.next(isolation: loop))
      let client = try await loop.connect(to: address)
      let bytes = testBytes(5_000_000)
      let writing = Task {
        try await client.write(bytes)
      }
      try await loop.turn { await client.isAboveHighWaterMark }
      serving.cancel()
      // What it took comes back to the last byte, and then its end: no byte is lost, and nothing is reset.
      let isSame = try await client.readAll() == bytes
      #expect(isSame)
      try await writing.value
      await client.close()
      try await serving.value
      #expect(server.statistics.connections == 1)
      #expect(server.statistics.resets == 0)
      #expect(server.statistics.errors == [:])
      await #expect(throws: UVError.connectionRefused) { try await loop.connect(to: address) }
    }
  }

  @Test func `one that is cancelled already listens, and drains at once`() async throws {
    try await withLoopTask { loop in
      let server = EchoServer(Self.configuration(.async), on: loop.loop, logger: Self.logger)
      let serving = Task {
        _ = loop
        withUnsafeCurrentTask { $0?.cancel() }
        try await server.serve()
      }
      try await serving.value
    }
  }

  @Test func `a drain that is under way already ends it too`() async throws {
    try await withLoopTask { loop in
      let server = EchoServer(Self.configuration(.callbacks), on: loop.loop, logger: Self.logger)
      let (addresses, listening) = AsyncStream<SocketAddress>.makeStream()
      let serving = Task {
        _ = loop
        try await server.serve { listening.yield($0[0]) }
      }
      var iterator = addresses.makeAsyncIterator()
      let address = try #require(await iterator.next(isolation: loop))
      let client = try await loop.connect(to: address)
      try await loop.turn {
        _ = loop
        return server.connections.count == 1
      }
      var drained = 0
      server.drain { drained += 1 }
      serving.cancel()
      try await #expect(client.read() == nil)
      await client.close()
      try await serving.value
      #expect(drained == 1)
    }
  }

  @Test func `what keeps it from listening is thrown`() async throws {
    try await withLoopTask { loop in
      var configuration = Self.configuration(.async)
      configuration.hosts = ["192.0.2.1"]
      let server = EchoServer(configuration, on: loop.loop, logger: Self.logger)
      await #expect(throws: StartError.self) {
        _ = loop
        try await server.serve()
      }
    }
  }
}
