import CUV

/// A write request and, behind it in the same allocation, the bytes that it writes. Its `data` is their count.
struct PendingWrite {
  let request: UnsafeMutablePointer<uv_write_t>

  init(request: UnsafeMutablePointer<uv_write_t>) { self.request = request }

  init(copying bytes: UnsafeRawBufferPointer) {
    let headerSize = MemoryLayout<uv_write_t>.size
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: headerSize + bytes.count,
      alignment: MemoryLayout<uv_write_t>.alignment
    )
    UnsafeMutableRawBufferPointer(start: memory + headerSize, count: bytes.count).copyMemory(from: bytes)
    request = memory.bindMemory(to: uv_write_t.self, capacity: 1)
    request.pointee.data = UnsafeMutableRawPointer(bitPattern: bytes.count)
  }

  var buffer: uv_buf_t {
    uv_buf_t(
      base: UnsafeMutableRawPointer(request + 1).assumingMemoryBound(to: CChar.self),
      len: Int(bitPattern: request.pointee.data)
    )
  }

  func free() { UnsafeMutableRawPointer(request).deallocate() }
}
