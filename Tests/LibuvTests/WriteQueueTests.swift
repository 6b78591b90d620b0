internal import CLibuv
import TestSupport
import Testing

@testable import Libuv

@Suite struct WriteQueueTests {
  /// A queue with a pool, and what should be in it.
  private struct Model {
    let pool = BlockPool(blockSize: WriteChunk.blockSize, limit: 0)
    var queue = WriteQueue()
    var appended = 0
    var submitted: [UInt8] = []
    var waiting: [UInt8] = []

    mutating func append(_ count: Int) {
      let bytes = Pattern.bytes(appended..<appended + count)
      appended += count
      bytes.withUnsafeBytes { queue.append($0, from: pool) }
      waiting += bytes
    }

    mutating func consume(_ count: Int) {
      queue.consume(count, into: pool)
      waiting.removeFirst(count)
    }

    mutating func submit() {
      let next = queue.nextBytes
      submitted = Array(waiting.prefix(next.count))
      #expect(submitted.isSame(as: next))
      queue.submitWaiting()
      waiting.removeFirst(next.count)
    }

    mutating func finish() {
      #expect(queue.finishSubmitted(into: pool) == submitted.count)
      submitted = []
    }

    /// Holds the queue's figures against the model's.
    func check(sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(queue.waitingByteCount == waiting.count, sourceLocation: sourceLocation)
      #expect(queue.submittedByteCount == submitted.count, sourceLocation: sourceLocation)
      #expect(queue.isWaiting == !waiting.isEmpty, sourceLocation: sourceLocation)
      #expect(queue.isEmpty == (waiting.isEmpty && submitted.isEmpty), sourceLocation: sourceLocation)
      let next = queue.nextBytes
      #expect(next.isEmpty == waiting.isEmpty, sourceLocation: sourceLocation)
      #expect(Array(waiting.prefix(next.count)).isSame(as: next), sourceLocation: sourceLocation)
    }

    /// Takes all that waits out of the queue, as the kernel would, and expects it to be all there.
    mutating func drain(sourceLocation: SourceLocation = #_sourceLocation) {
      if !submitted.isEmpty { finish() }
      while queue.isWaiting {
        check(sourceLocation: sourceLocation)
        consume(queue.nextBytes.count)
      }
      check(sourceLocation: sourceLocation)
      #expect(waiting.isEmpty, sourceLocation: sourceLocation)
    }
  }

  @Test func `a new queue is empty`() {
    let queue = WriteQueue()
    #expect(queue.isEmpty)
    #expect(!queue.isWaiting)
    #expect(queue.waitingByteCount == 0)
    #expect(queue.submittedByteCount == 0)
    #expect(queue.nextBytes.isEmpty)
  }

  @Test func `no bytes leave it empty and take no chunk`() {
    var model = Model()
    model.append(0)
    model.check()
    #expect(model.queue.isEmpty)
    #expect(model.queue.bufferCount == 0)
  }

  @Test(arguments: [-1, 0, 1])
  func `bytes up to and over a chunk's end come out as they went in`(difference: Int) {
    for chunks in 1...9 {
      var model = Model()
      let count = chunks * WriteChunk.capacity + difference
      model.append(count)
      model.check()
      let needed = (count + WriteChunk.capacity - 1) / WriteChunk.capacity
      #expect(model.queue.bufferCount == min(needed, WriteQueue.chunksPerRequest))
      model.drain()
    }
  }

  @Test(arguments: [-1, 0, 1])
  func `bytes are consumed up to and over a chunk's end`(difference: Int) {
    var model = Model()
    model.append(3 * WriteChunk.capacity)
    model.consume(WriteChunk.capacity + difference)
    model.check()
    model.append(10)
    model.check()
    model.consume(WriteChunk.capacity - difference)
    model.check()
    model.drain()
  }

  @Test func `consuming nothing changes nothing`() {
    var model = Model()
    model.consume(0)
    model.append(5)
    model.consume(0)
    model.check()
    model.drain()
  }

  @Test func `many appends of one byte share chunks`() {
    var model = Model()
    for _ in 0..<2 * WriteChunk.capacity { model.append(1) }
    #expect(model.queue.bufferCount == 2)
    model.append(1)
    #expect(model.queue.bufferCount == 3)
    model.drain()
  }

  @Test func `room behind consumed bytes is used, and not the room before them`() {
    var model = Model()
    model.append(WriteChunk.capacity - 1)
    model.consume(WriteChunk.capacity - 2)
    model.append(1)
    #expect(model.queue.bufferCount == 1)
    model.append(1)
    #expect(model.queue.bufferCount == 2)
    model.drain()
  }

  @Test func `what is submitted is not appended to`() {
    var model = Model()
    model.append(10)
    model.submit()
    model.check()
    model.append(10)
    model.check()
    #expect(model.queue.submittedByteCount == 10)
    #expect(model.queue.waitingByteCount == 10)
    model.drain()
  }

  @Test func `at most one request's chunks are submitted, the rest waits`() {
    var model = Model()
    model.append((WriteQueue.chunksPerRequest + 2) * WriteChunk.capacity)
    model.submit()
    #expect(model.queue.submittedByteCount == WriteQueue.chunksPerRequest * WriteChunk.capacity)
    #expect(model.queue.waitingByteCount == 2 * WriteChunk.capacity)
    model.check()
    model.finish()
    model.check()
    model.submit()
    #expect(model.queue.submittedByteCount == 2 * WriteChunk.capacity)
    #expect(!model.queue.isWaiting)
    model.drain()
  }

  @Test func `dropping leaves what is submitted`() {
    var model = Model()
    model.append(WriteQueue.chunksPerRequest * WriteChunk.capacity + 100)
    model.submit()
    model.queue.dropWaiting(into: model.pool)
    model.waiting = []
    model.check()
    #expect(!model.queue.isEmpty)
    model.finish()
    #expect(model.queue.isEmpty)
  }

  @Test func `each chunk goes back to the pool, once`() {
    let pool = BlockPool(blockSize: WriteChunk.blockSize, limit: 100)
    var queue = WriteQueue()
    let bytes = [UInt8](repeating: 1, count: 10 * WriteChunk.capacity)
    bytes.withUnsafeBytes { queue.append($0, from: pool) }
    queue.submitWaiting()
    queue.consume(2 * WriteChunk.capacity, into: pool)
    #expect(pool.count == 2)
    _ = queue.finishSubmitted(into: pool)
    #expect(pool.count == 2 + WriteQueue.chunksPerRequest)
    queue.dropWaiting(into: pool)
    #expect(pool.count == 10)
    bytes.withUnsafeBytes { queue.append($0, from: pool) }
    #expect(pool.count == 0)
    queue.dropWaiting(into: pool)
    #expect(pool.count == 10)
    pool.removeAll()
  }

  @Test(arguments: UInt64(1)...12)
  func `any order of operations gives what an array gives`(seed: UInt64) {
    var random = SplitMix(state: seed)
    var model = Model()
    for _ in 0..<400 {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: model.append(Int.random(in: 0...3, using: &random))
      case 1: model.append(Int.random(in: 0...2 * WriteChunk.capacity, using: &random))
      case 2 where !model.waiting.isEmpty:
        model.consume(Int.random(in: 0...model.queue.nextBytes.count, using: &random))
      case 3 where model.submitted.isEmpty && !model.waiting.isEmpty: model.submit()
      case 4 where !model.submitted.isEmpty: model.finish()
      case 5 where Int.random(in: 0..<20, using: &random) == 0:
        model.queue.dropWaiting(into: model.pool)
        model.waiting = []
      default: break
      }
      model.check()
    }
    model.drain()
  }
}

extension WriteQueue {
  /// The bytes that would be submitted next.
  fileprivate var nextBytes: [UInt8] {
    withWaitingBuffers { buffers in
      buffers.reduce(into: []) { $0 += UnsafeRawBufferPointer(start: $1.base, count: $1.len) }
    }
  }

  /// In how many pieces they lie.
  fileprivate var bufferCount: Int { withWaitingBuffers { $0.count } }
}

/// A small generator of random numbers that are the same each time.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}
