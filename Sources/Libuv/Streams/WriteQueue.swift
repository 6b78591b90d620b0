internal import CLibuv

/// A piece of what the kernel refused: a block of the loop's pool, with the bytes behind this header.
@unsafe struct WriteChunk {
  static let blockSize = 16 * 1024
  static let capacity = unsafe blockSize - MemoryLayout<WriteChunk>.stride

  var request = unsafe uv_write_t()
  var next: UnsafeMutablePointer<WriteChunk>?
  /// The bytes that are still to be written.
  var start = 0
  var end = 0
}

/// What the kernel refused, copied once, in order: first what libuv is writing, then what waits for that.
///
/// Small writes share a chunk, so that the memory is bounded by the bytes and not by the number of writes:
/// at most two chunks more than the bytes fill.
@safe struct WriteQueue {
  typealias Chunk = UnsafeMutablePointer<WriteChunk>

  /// How many chunks libuv is given at once: as many as its request has room for without an allocation.
  static let chunksPerRequest = 4

  /// The chunks that libuv is writing; the first one's request stands for all.
  private(set) var submitted: Chunk?
  /// How many bytes they held when they were submitted.
  private(set) var submittedByteCount = 0

  private var first: Chunk?
  private var last: Chunk?
  /// How many bytes wait behind the submitted ones.
  private(set) var waitingByteCount = 0

  /// Whether nothing is submitted and nothing waits.
  @inline(__always)
  var isEmpty: Bool { unsafe submitted == nil && first == nil }

  var isWaiting: Bool { unsafe first != nil }

  /// Copies bytes to the end of the queue.
  mutating func append(_ bytes: UnsafeRawBufferPointer, from pool: BlockPool) {
    var rest = unsafe bytes[...]
    waitingByteCount += bytes.count
    while unsafe !rest.isEmpty {
      let chunk = unsafe chunkWithRoom(from: pool)
      let part = unsafe rest.prefix(WriteChunk.capacity - chunk.pointee.end)
      unsafe Self.bytes(chunk).advanced(by: chunk.pointee.end)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part).baseAddress!, byteCount: part.count)
      unsafe chunk.pointee.end += part.count
      unsafe rest = rest.dropFirst(part.count)
    }
  }

  private mutating func chunkWithRoom(from pool: BlockPool) -> Chunk {
    if let last = unsafe last, unsafe last.pointee.end < WriteChunk.capacity { return unsafe last }
    let chunk = unsafe pool.take().bindMemory(to: WriteChunk.self, capacity: 1)
    unsafe chunk.initialize(to: WriteChunk())
    if let last = unsafe last { unsafe last.pointee.next = chunk } else { unsafe first = chunk }
    unsafe last = chunk
    return unsafe chunk
  }

  private static func bytes(_ chunk: Chunk) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(chunk).advanced(by: MemoryLayout<WriteChunk>.stride)
  }

  /// Lends the first waiting chunks' bytes, as libuv wants them.
  func withWaitingBuffers<Result>(
    _ body: (UnsafeMutableBufferPointer<uv_buf_t>) -> Result
  ) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: uv_buf_t.self, capacity: Self.chunksPerRequest) { buffers in
      var count = 0
      var next = unsafe first
      while let chunk = unsafe next, count < buffers.count {
        let start = unsafe Self.bytes(chunk).advanced(by: chunk.pointee.start)
        unsafe buffers[count] = uv_buf_t(
          base: start.assumingMemoryBound(to: CChar.self),
          len: chunk.pointee.end - chunk.pointee.start
        )
        count += 1
        unsafe next = chunk.pointee.next
      }
      return unsafe body(UnsafeMutableBufferPointer(rebasing: buffers[..<count]))
    }
  }

  /// Drops waiting bytes that the kernel has taken.
  mutating func consume(_ count: Int, into pool: BlockPool) {
    var rest = count
    waitingByteCount -= count
    while let chunk = unsafe first {
      let length = unsafe chunk.pointee.end - chunk.pointee.start
      guard rest >= length else {
        unsafe chunk.pointee.start += rest
        return
      }
      rest -= length
      unsafe first = chunk.pointee.next
      if unsafe first == nil { unsafe last = nil }
      unsafe pool.put(UnsafeMutableRawPointer(chunk))
    }
  }

  /// Marks the first waiting chunks as given to libuv; they end with `nil`.
  mutating func submitWaiting() {
    unsafe precondition(submitted == nil, "one request at a time")
    unsafe submitted = first
    var count = 1
    var chunk = unsafe first!
    unsafe submittedByteCount = chunk.pointee.end - chunk.pointee.start
    while count < Self.chunksPerRequest, let next = unsafe chunk.pointee.next {
      unsafe chunk = next
      unsafe submittedByteCount += chunk.pointee.end - chunk.pointee.start
      count += 1
    }
    unsafe first = chunk.pointee.next
    if unsafe first == nil { unsafe last = nil }
    unsafe chunk.pointee.next = nil
    waitingByteCount -= submittedByteCount
  }

  /// Gives back the chunks that libuv is done with, and tells how many bytes they held.
  mutating func finishSubmitted(into pool: BlockPool) -> Int {
    var next = unsafe submitted
    while let chunk = unsafe next {
      unsafe next = chunk.pointee.next
      unsafe pool.put(UnsafeMutableRawPointer(chunk))
    }
    unsafe submitted = nil
    defer { submittedByteCount = 0 }
    return submittedByteCount
  }

  /// Gives back what waits. What is submitted belongs to libuv until its callback.
  mutating func dropWaiting(into pool: BlockPool) {
    consume(waitingByteCount, into: pool)
  }
}
