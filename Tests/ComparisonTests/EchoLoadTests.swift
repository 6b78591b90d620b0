import Libuv
import TestSupport
import Testing

@testable import Comparison

@Suite struct EchoLoadTests {
  /// Loads a server, and returns what that has counted.
  @discardableResult
  private func load(
    _ fault: FaultyServer.Fault = .none,
    patience: Duration = .seconds(60),
    isInterrupted: @escaping () -> Bool = { false },
    _ body: (EchoLoad) throws -> Void
  ) throws -> FaultyServer.Counters {
    try withDeadline {
      let server = try FaultyServer(fault, requestSize: EchoLoad.size)
      var load = EchoLoad(address: server.address)
      load.patience = patience
      load.isInterrupted = isInterrupted
      let result = Result { try body(load) }
      server.stop()
      try result.get()
      return server.counters
    }
  }

  private func failure(
    _ fault: FaultyServer.Fault,
    patience: Duration = .seconds(60),
    _ body: (EchoLoad) throws -> Void = { try $0.echoes(10) }
  ) -> String? {
    #expect(throws: LoadFailure.self) { try load(fault, patience: patience, body) }?.reason
  }

  // MARK: Exactly

  @Test func `as many messages come back as are asked for`() throws {
    let counters = try load { try $0.echoes(300) }
    #expect(counters.connections == 1)
    #expect(counters.requests == 300)
    #expect(counters.bytesIn == 300 * EchoLoad.size)
  }

  @Test func `as many connections are made as are asked for`() throws {
    let counters = try load { try $0.connections(50) }
    #expect(counters.connections == 50)
    #expect(counters.requests == 50)
  }

  @Test func `replies may come in pieces`() throws {
    let counters = try load(.pieces(3)) { try $0.echoes(20) }
    #expect(counters.requests == 20)
  }

  @Test func `what isn't asked for is done at once`() throws {
    let counters = try load { try $0.connections(0) }
    #expect(counters.connections == 0)
  }

  // MARK: Failures

  @Test func `a wrong byte is found`() {
    #expect(failure(.wrongByte(every: 5)) == "message 5 came back with other bytes")
  }

  @Test func `a byte too many is found`() {
    #expect(failure(.surplusByte(every: 5))?.contains("came back with other bytes") == true)
    #expect(failure(.answersFirst)?.contains("came back with other bytes") == true)
  }

  @Test func `a missing byte is waited for, and not for ever`() {
    let reason = failure(.missingByte(every: 5), patience: .milliseconds(200))
    #expect(reason?.hasPrefix("it was not done within ") == true)
  }

  @Test func `a server that doesn't answer is given up`() {
    let reason = failure(.mute, patience: .milliseconds(200)) { try $0.connections(10) }
    #expect(reason?.hasPrefix("it was not done within ") == true)
  }

  @Test func `a server that hangs up is found`() {
    let reason = failure(.closesAfterAccept)
    // Whether the end or the reset comes first depends on when the message did.
    #expect(
      reason?.hasPrefix("it ended the connection") == true || reason?.contains("broke") == true,
      "\(reason ?? "")"
    )
  }

  @Test func `a connection that breaks is found`() {
    #expect(failure(.reset(every: 5))?.hasPrefix("the connection broke at message 5: ") == true)
  }

  @Test func `where nobody listens it fails at once`() throws {
    let loop = try Loop()
    let socket = try TCP(loop)
    try socket.bind(to: "127.0.0.1:0")
    let address = try socket.localAddress
    let error = #expect(throws: LoadFailure.self) { try EchoLoad(address: address).echoes(1) }
    #expect(error?.reason.contains("ECONNREFUSED") == true)
    socket.close()
    loop.run()
    try loop.close()
  }

  @Test func `an interruption ends it`() throws {
    #expect(throws: Interrupted.self) { try load(.mute, isInterrupted: { true }) { try $0.echoes(10) } }
  }

  @Test func `an interruption ends it also while it connects`() throws {
    try withDeadline {
      // Nobody accepts, and no room is left to wait in: the kernel lets the next ones try again and again.
      let loop = try Loop()
      let listener = try TCP(loop)
      try listener.bind(to: "127.0.0.1:0")
      try listener.listen(backlog: 1) { _ in }
      let address = try listener.localAddress
      for _ in 0..<8 {
        let waiting = try TCP(loop)
        try waiting.connect(to: address) { _ in }
      }
      var load = EchoLoad(address: address)
      load.isInterrupted = { true }
      #expect(throws: Interrupted.self) { try load.echoes(1) }
      loop.walk { $0.close() }
      loop.run()
      try loop.close()
    }
  }
}
