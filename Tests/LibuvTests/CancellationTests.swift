import Libuv
import TestSupport
import Testing

/// Tasks that are cancelled at any point: nobody hangs, nothing goes on twice, nothing stays open.
@Suite struct CancellationTests {
  /// What a task may be at when it is cancelled.
  private enum Work: CaseIterable {
    case read
    case lend
    case write
    case echo
    case serve
    case accept
    case connect
    case sleep
    case resolve
    case shutdown
    case finish
    case signal
  }

  @Test func `a thousand tasks are cancelled at random points`() async throws {
    try await withLoopTask(deadline: .seconds(300)) { loop in
      var randomness = SystemRandomNumberGenerator()
      for round in 0..<1000 {
        let work = Work.allCases[round % Work.allCases.count]
        let turns = Int.random(in: 0..<6, using: &randomness)
        let isFromElsewhere = Bool.random(using: &randomness)
        try await cancel(work, after: turns, isFromElsewhere: isFromElsewhere, on: loop)
      }
    }
  }

  private func cancel(
    _ work: Work,
    after turns: Int,
    isFromElsewhere: Bool,
    on loop: isolated LoopScope
  ) async throws {
    let listener = try loop.listen(on: "127.0.0.1:0")
    let client = try await loop.connect(to: listener.address)
    let server = try #require(try await listener.next())
    let task = Task {
      _ = loop
      switch work {
      case .read: _ = try await client.read()
      case .lend: _ = try await client.read { $0.byteCount }
      case .write: while true { try await client.write([UInt8](repeating: 7, count: 500_000)) }
      case .echo:
        try await client.write("hello")
        while let bytes = try await client.read() { try await client.write(bytes) }
      case .serve:
        try await listener.forEachConnection(grace: .zero) { connection in
          while let bytes = try await connection.read() { try await connection.write(bytes) }
        }
      case .accept: while let connection = try await listener.next() { try await connection.write("hello") }
      case .connect: while true { _ = try await loop.connect(to: listener.address) }
      case .sleep: while true { try await loop.sleep(for: .milliseconds(1)) }
      case .resolve: while true { _ = try await loop.resolve("localhost", port: 1) }
      case .shutdown:
        try await client.shutdown()
        _ = try await client.read()
      case .finish: try await client.finish()
      case .signal: for try await _ in try loop.signals(.windowChange) {}
      }
    }
    let echoing = Task {
      while let bytes = try await server.read() { try await server.write(bytes) }
    }
    for turn in 0..<turns {
      if work == .serve || work == .accept, turn == 0 { _ = try await loop.connect(to: listener.address) }
      try await loop.sleep(for: .zero)
    }
    if isFromElsewhere { await cancelElsewhere(task) } else { task.cancel() }
    // It ends, by the cancellation or what came before it.
    let result = await task.result
    if case .failure(let error) = result {
      #expect(error is CancellationError, "\(work): \(error)")
    } else {
      Issue.record("\(work) has ended by itself")
    }
    await client.close()
    await listener.close()
    _ = await echoing.result
    await server.close()
  }
}

@concurrent private func cancelElsewhere(_ task: Task<Void, any Error>) async { task.cancel() }
