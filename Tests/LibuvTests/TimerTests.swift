import Libuv
import TestSupport
import Testing

@Suite struct TimerTests {
  @Test func `a timer calls its handler once`() throws {
    try withLoop { loop in
      var calls = 0
      let timer = try Timer(loop)
      try timer.start(after: .milliseconds(1)) { timer in
        calls += 1
        timer.close()
      }
      loop.run()
      #expect(calls == 1)
    }
  }

  @Test func `a forgotten timer is reported with the line that made it`() throws {
    let loop = try Loop()
    let timer = try Timer(loop)
    let line = #line - 1
    let error = #expect(throws: OpenHandles.self) { try loop.close() }
    #expect(error?.handles.map(\.type) == ["timer"])
    #expect(error?.handles.first?.origin == "\(#fileID):\(line)")
    timer.close()
    try loop.close()
    #expect(timer.state == .closed)
  }

  @Test func `bytes come back through a pump`() throws {
    try withLoop { loop in
      let pair = try tcpPair(loop)
      try pair.server.pump(to: pair.server)
      var received: [UInt8] = []
      try pair.client.read { stream, event throws(UVError) in
        switch event {
        case .bytes(let bytes): bytes.withUnsafeBytes { received += $0 }
        case .end: stream.close()
        case .failure(let error): Issue.record(error)
        }
      }
      try pair.client.write("hello")
      try pair.client.shutdown()
      loop.run()
      #expect(received == Array("hello".utf8))
    }
  }
}
