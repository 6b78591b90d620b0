import Libuv
import LibuvServiceLifecycle
import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import TestSupport
import Testing

@Suite struct LoopServiceTests {
  private static func echo(_ listening: AsyncStream<SocketAddress>.Continuation) -> LoopService {
    LoopService { loop in
      let listener = try loop.listen(on: "127.0.0.1:0")
      listening.yield(listener.address)
      try await listener.forEachConnection(grace: .milliseconds(20)) { connection in
        while let bytes = try await connection.read() { try await connection.write(bytes) }
      }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a group runs it, and shuts it down`() async throws {
    let (addresses, listening) = AsyncStream<SocketAddress>.makeStream()
    let group = ServiceGroup(
      services: [Self.echo(listening)],
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    let running = Task { try await group.run() }
    var iterator = addresses.makeAsyncIterator()
    let address = try #require(await iterator.next())
    let client = try RawClient(port: address.port!)
    try #expect(client.echo("hello") == "hello")
    await group.triggerGracefulShutdown()
    try await running.value
  }

  @Test(.timeLimit(.minutes(5)))
  func `a cancellation is thrown when nobody shuts it down`() async throws {
    let (_, listening) = AsyncStream<SocketAddress>.makeStream()
    let running = Task { try await Self.echo(listening).run() }
    running.cancel()
    await #expect(throws: CancellationError.self) { try await running.value }
  }

  @Test(.timeLimit(.minutes(5)))
  func `what the body throws is thrown`() async throws {
    struct Failed: Error {}
    await #expect(throws: Failed.self) { try await LoopService { _ in throw Failed() }.run() }
    await testGracefulShutdown { trigger in
      trigger.triggerGracefulShutdown()
      await #expect(throws: Failed.self) { try await LoopService { _ in throw Failed() }.run() }
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a body that ends by itself is no failure`() async throws {
    try await LoopService { loop in try await loop.sleep(for: .milliseconds(1)) }.run()
  }
}
