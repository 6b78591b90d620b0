import Glibc

/// Writes a line on standard error.
public func tell(_ line: String) {
  write(line, to: STDERR_FILENO)
}

/// Says that a server is ready: the one line that it writes on standard output.
public func tellListening(on port: UInt16) {
  write("listening on 127.0.0.1:\(port)", to: STDOUT_FILENO)
}

private func write(_ line: String, to descriptor: Int32) {
  var rest = Array("\(line)\n".utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    // Nobody reads it: then nobody misses it.
    guard count > 0 || errno == EINTR else { return }
    rest = rest.dropFirst(max(0, count))
  }
}
