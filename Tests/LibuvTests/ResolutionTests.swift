import Libuv
import TestSupport
import Testing

@Suite struct ResolutionTests {
  private typealias Outcome = Result<[SocketAddress], UVError>

  /// What a host resolves to.
  private func resolve(_ host: String, port: UInt16 = 80) throws -> Outcome {
    var outcomes: [Outcome] = []
    // The system may ask the network before it gives up.
    try withLoop(deadline: .seconds(120)) { loop in
      try loop.resolve(host, port: port) { outcomes.append($0) }
      #expect(outcomes.isEmpty, "not before this returns")
    }
    #expect(outcomes.count == 1, "once")
    return try #require(outcomes.first)
  }

  // MARK: Outcomes

  @Test func `localhost has a loopback address, with the port, each once`() throws {
    let addresses = try resolve("localhost", port: 4000).get()
    #expect(!addresses.isEmpty)
    #expect(addresses.allSatisfy { $0.host == "127.0.0.1" || $0.host == "::1" })
    #expect(addresses.allSatisfy { $0.port == 4000 })
    #expect(Set(addresses).count == addresses.count)
  }

  @Test(arguments: ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "fe80::1%1"])
  func `an address in numbers resolves to itself`(host: String) throws {
    for port in [0, 80, 65535] as [UInt16] {
      let expected = try #require(SocketAddress(host: host, port: port))
      #expect(try resolve(host, port: port).get() == [expected])
    }
  }

  @Test(arguments: ["no-such-host.invalid", "not a name", "1.2.3.4.5", "-"])
  func `a name that doesn't exist fails`(host: String) throws {
    let outcome = try resolve(host)
    guard case .failure(let error) = outcome else {
      Issue.record("resolved to \(outcome)")
      return
    }
    // Without a network the system can't tell that a name doesn't exist.
    let expected: [UVError] = [.resolverUnknownName, .resolverNoAddress, .resolverTemporaryFailure]
    #expect(expected.contains(error), "\(error)")
    #expect(error.operation.description == "resolve")
  }

  @Test func `a resolved address can be connected to`() throws {
    try withLoop { loop in
      let listening = try TCP(loop)
      try listening.bind(to: "127.0.0.1:0")
      var accepted: TCP?
      try listening.listen { connection throws(UVError) in accepted = connection }
      let port = try #require(try listening.localAddress.port)
      let client = try TCP(loop)
      var isConnected = false
      try loop.resolve("127.0.0.1", port: port) { outcome in
        do {
          try client.connect(to: try outcome.get()[0]) { error in
            #expect(error == nil)
            isConnected = true
          }
        } catch {
          Issue.record(error)
        }
      }
      try run(loop) { isConnected && accepted != nil }
      for stream in [listening, client, accepted] { stream?.close() }
    }
  }

  @Test func `many resolutions at once all come to their end`() throws {
    try withLoop { loop in
      var ports: [UInt16] = []
      for port in 1...200 as ClosedRange<UInt16> {
        try loop.resolve("127.0.0.1", port: port) { outcome in
          if case .success(let addresses) = outcome, let port = addresses.first?.port { ports.append(port) }
        }
      }
      loop.run()
      #expect(ports.sorted() == Array(1...200))
    }
  }

  @Test func `a handler may resolve again`() throws {
    try withLoop { loop in
      var hosts: [String] = []
      try loop.resolve("127.0.0.1", port: 1) { outcome in
        hosts += (try? outcome.get().map(\.host)) ?? []
        do {
          try loop.resolve("::1", port: 1) { hosts += (try? $0.get().map(\.host)) ?? [] }
        } catch {
          Issue.record(error)
        }
      }
      loop.run()
      #expect(hosts == ["127.0.0.1", "::1"])
    }
  }

  // MARK: Refused at once

  @Test(arguments: ["\u{0}", "localhost\u{0}", "local\u{0}host"])
  func `a zero byte in a name is refused at once`(host: String) throws {
    try withLoop { loop in
      let error = #expect(throws: UVError.self) {
        try loop.resolve(host, port: 80) { _ in Issue.record("called") }
      }
      #expect(error == .invalidArgument)
      #expect(error?.operation.description == "resolve")
      #expect(!loop.isAlive)
    }
  }

  @Test func `a name that is too long fails, and leaves nothing behind`() throws {
    try withLoop { loop in
      let host = Array(repeating: String(repeating: "x", count: 60), count: 100).joined(separator: ".")
      let error = #expect(throws: UVError.self) {
        try loop.resolve(host, port: 80) { _ in Issue.record("called") }
      }
      #expect(error?.operation.description == "resolve")
      #expect(!loop.isAlive)
    }
  }

  // MARK: Cancelling

  @Test func `a resolution that the system hasn't begun can be cancelled`() throws {
    // Which ones it has begun is the system's affair, so: many at a time, until one could be cancelled.
    let end = ContinuousClock.now + .seconds(30)
    var cancelled = 0
    while cancelled == 0, ContinuousClock.now < end {
      try withLoop { loop in
        var outcomes: [Int: Outcome] = [:]
        let resolutions = try (0..<100).map { number in
          try loop.resolve("127.0.0.1", port: 1) { outcome in
            #expect(outcomes.updateValue(outcome, forKey: number) == nil, "once")
          }
        }
        let isCancelled = resolutions.reversed().map { $0.cancel() }
        #expect(outcomes.isEmpty, "not at once")
        loop.run()
        #expect(outcomes.count == 100)
        for (number, isCancelled) in isCancelled.reversed().enumerated() {
          let expected: Outcome = isCancelled ? .failure(.resolverCanceled) : .success(["127.0.0.1:1"])
          #expect(outcomes[number] == expected)
          if isCancelled { cancelled += 1 }
        }
      }
    }
    #expect(cancelled > 0)
  }

  @Test func `it is too late to cancel in the handler and after it`() throws {
    try withLoop { loop in
      var resolution: Resolution?
      var isCalled = false
      resolution = try loop.resolve("127.0.0.1", port: 1) { _ in
        isCalled = true
        #expect(resolution?.cancel() == false)
      }
      loop.run()
      #expect(isCalled)
      #expect(resolution?.cancel() == false)
    }
  }

  @Test func `cancelling twice calls the handler once`() throws {
    try withLoop { loop in
      var calls = 0
      let resolutions = try (0..<20).map { _ in try loop.resolve("127.0.0.1", port: 1) { _ in calls += 1 } }
      for resolution in resolutions {
        resolution.cancel()
        resolution.cancel()
      }
      loop.run()
      #expect(calls == 20)
    }
  }

  // MARK: The loop

  @Test func `a resolution keeps its loop running, and from being closed`() throws {
    let loop = try Loop()
    var calls = 0
    try loop.resolve("127.0.0.1", port: 1) { _ in calls += 1 }
    try loop.resolve("127.0.0.1", port: 2) { _ in calls += 1 }
    #expect(loop.isAlive)
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles == [])
    #expect(error?.resolutions == 2)
    #expect(error?.description.hasSuffix("2 name resolution(s) under way") == true)
    #expect(calls == 0)
    loop.run()
    #expect(calls == 2)
    try loop.close()
  }

  #if DEBUG
    @Test func `resolving on another thread traps in debug builds`() async {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        nonisolated(unsafe) let loop = try Loop()
        BackgroundThread { _ = try? loop.resolve("127.0.0.1", port: 1) { _ in } }.join()
      }
      expectTrap(result, saying: "a loop and its handles belong to the thread that made the loop")
    }
  #endif

  @Test func `a resolution that nobody holds calls its handler, and is freed with what that captured`() throws
  {
    try withLoop { loop in
      final class Token {
        var isCalled = false
      }
      weak var freed: Token?
      weak var resolution: Resolution?
      var isCalled = false
      do {
        let token = Token()
        freed = token
        let made = try loop.resolve("127.0.0.1", port: 1) { _ in
          token.isCalled = true
          isCalled = true
        }
        resolution = made
      }
      #expect(freed != nil)
      #expect(resolution != nil)
      loop.run()
      #expect(isCalled)
      #expect(freed == nil)
      #expect(resolution == nil)
    }
  }
}
