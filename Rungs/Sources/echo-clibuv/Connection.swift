import CUV

/// One client: its bytes go back to it, in order, until it ends; then so do we.
///
/// The handle's `data` holds it, from its making to the close callback.
final class Connection {
  /// Above this many queued bytes reading stops, and at or below the other it starts again.
  static let highWater = 64 * 1024
  static let lowWater = 16 * 1024

  private let server: Server
  private let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
  private let shutdownRequest = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
  /// Noted as the server in C does, which drains by it: so the two do the same for a message.
  private var lastActivity: UInt64
  /// Whether too much is queued: then it isn't read.
  private var isPaused = false

  var stream: UnsafeMutablePointer<uv_stream_t> { tcp.asStream }

  init(on server: Server) {
    self.server = server
    lastActivity = uv_now(server.loop)
    uv_tcp_init(server.loop, tcp)
    tcp.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  deinit {
    shutdownRequest.deallocate()
    tcp.deallocate()
  }

  @inline(__always)
  static func of(_ data: UnsafeMutableRawPointer?, _ body: (Connection) -> Void) {
    Unmanaged<Connection>.fromOpaque(data!)._withUnsafeGuaranteedRef { body($0) }
  }

  // MARK: The end

  func close() {
    guard uv_is_closing(tcp.asHandle) == 0 else { return }
    uv_close(tcp.asHandle) { handle in Unmanaged<Connection>.fromOpaque(handle!.pointee.data).release() }
  }

  func fail(_ operation: Server.Operation) {
    guard uv_is_closing(tcp.asHandle) == 0 else { return }
    server.countError(operation)
    close()
  }

  /// Our FIN, after everything that is queued.
  private func clientDidEnd(_ status: Int32) {
    guard status == UV_EOF.rawValue else { return fail(.read) }
    // With nothing queued closing ends writing, too: no uv_shutdown, no turn of the loop.
    guard uv_stream_get_write_queue_size(stream) > 0 else { return close() }
    let status = uv_shutdown(shutdownRequest, stream) { request, status in
      Connection.of(request!.pointee.handle.pointee.data) { connection in
        if status < 0 { connection.fail(.write) } else { connection.close() }
      }
    }
    if status < 0 { fail(.write) }
  }

  // MARK: Echo

  func startReading() {
    let status = uv_read_start(
      stream,
      { handle, _, buffer in buffer!.pointee = Server.of(handle!.pointee.loop) { $0.readBuffer } },
      { stream, count, buffer in
        Connection.of(stream!.pointee.data) { $0.didRead(count, buffer!.pointee.base) }
      }
    )
    if status < 0 { fail(.read) }
  }

  @inline(__always)
  private func didRead(_ count: Int, _ base: UnsafeMutablePointer<CChar>?) {
    // Zero is not the end: libuv had nothing to read after all.
    guard count > 0 else { return count < 0 ? clientDidEnd(Int32(count)) : () }
    lastActivity = uv_now(server.loop)
    server.counts.reads += 1
    server.counts.bytesIn += count
    var buffer = uv_buf_t(base: base, len: count)
    // EAGAIN also while earlier bytes are queued.
    let written = Int(uv_try_write(stream, &buffer, 1))
    guard written == count else {
      return writeRest(of: UnsafeRawBufferPointer(start: base, count: count), after: written)
    }
    server.counts.bytesOut += count
  }

  /// The kernel took less than everything: copies the rest, and stops reading if that is too much.
  @inline(never)
  private func writeRest(of bytes: UnsafeRawBufferPointer, after written: Int) {
    guard written >= 0 || written == UV_EAGAIN.rawValue else { return fail(.write) }
    let taken = max(0, written)
    server.counts.bytesOut += taken
    let write = PendingWrite(copying: UnsafeRawBufferPointer(rebasing: bytes[taken...]))
    var buffer = write.buffer
    let status = uv_write(write.request, stream, &buffer, 1) { request, status in
      let write = PendingWrite(request: request!)
      let count = write.buffer.len
      let connection = request!.pointee.handle.pointee.data
      write.free()
      Connection.of(connection) { $0.didWrite(count, status) }
    }
    if status < 0 {
      write.free()
      fail(.write)
    } else if uv_stream_get_write_queue_size(stream) > Self.highWater {
      isPaused = true
      uv_read_stop(stream)
    }
  }

  private func didWrite(_ count: Int, _ status: Int32) {
    guard status == 0 else { return fail(.write) }
    server.counts.bytesOut += count
    guard isPaused, uv_stream_get_write_queue_size(stream) <= Self.lowWater, uv_is_closing(tcp.asHandle) == 0
    else { return }
    isPaused = false
    startReading()
  }
}
