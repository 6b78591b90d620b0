import CUV

/// What libuv says went wrong.
struct LibuvError: Error, CustomStringConvertible {
  let status: Int32

  var description: String {
    "\(String(cString: uv_strerror(status))) (\(String(cString: uv_err_name(status))))"
  }

  static func check(_ status: Int32) throws(LibuvError) {
    guard status >= 0 else { throw LibuvError(status: status) }
  }
}

extension UnsafeMutablePointer {
  // libuv's types begin with those that they extend.
  var asHandle: UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self)
  }
  var asStream: UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_stream_t.self)
  }
}
