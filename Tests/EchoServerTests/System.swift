import Glibc

/// Whether Nagle's algorithm is off.
func noDelay(of descriptor: Int32) throws -> Bool {
  var isOn: Int32 = 0
  var length = socklen_t(MemoryLayout<Int32>.size)
  guard getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, &length) == 0 else {
    throw SystemFailure(code: errno)
  }
  return isOn != 0
}

struct SystemFailure: Error {
  let code: Int32
}
