public import Libuv

extension Connection {
  /// Reads until the end, or as many bytes as are asked for.
  public func readAll(upTo count: Int = .max) async throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count, let bytes = try await read() { all += bytes }
    return all
  }

  /// Reads text until the end, or until it is as long as what is expected.
  public func readText(as expected: String) async throws -> String {
    String(decoding: try await readAll(upTo: expected.utf8.count), as: UTF8.self)
  }
}

// What the streams of connections say, for those who are elsewhere: a stream itself doesn't leave its loop.
extension Connection {
  /// Whether it reads.
  public var isActive: Bool { stream.isActive }
  /// Where its stream is in its life.
  public var state: Handle.State { stream.state }
  /// What has closed it.
  public var failure: UVError? { stream.failure }
  /// How many bytes the kernel has not taken yet.
  public var queuedByteCount: Int { stream.queuedByteCount }
  /// How many bytes have come.
  public var bytesRead: Int { stream.bytesRead }
  /// How many bytes the kernel has taken.
  public var bytesWritten: Int { stream.bytesWritten }
  /// Whether more is queued than its mark.
  public var isAboveHighWaterMark: Bool { stream.isAboveHighWaterMark }

  /// Closes it with a reset.
  public func reset() { stream.closeReset() }

  /// Writes without waiting, and begins to finish.
  public func writeAndFinish(_ bytes: [UInt8]) throws {
    try stream.write(bytes)
    stream.finish()
  }

  /// Sets its mark, in bytes.
  public func setHighWaterMark(_ mark: Int) { stream.highWaterMark = mark }
}
