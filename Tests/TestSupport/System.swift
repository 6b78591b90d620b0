internal import Libuv
internal import Testing

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

// What tests ask of the system beside the library.

/// Sets how many descriptors this process may have open: for exit tests only.
///
/// - Parameter isFinal: whether the process can't raise it again.
public func setDescriptorLimit(_ count: Int, isFinal: Bool = false) {
  var limit = rlimit()
  #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  #else
    let resource = RLIMIT_NOFILE
  #endif
  #expect(getrlimit(resource, &limit) == 0)
  limit.rlim_cur = rlim_t(count)
  if isFinal { limit.rlim_max = limit.rlim_cur }
  #expect(setrlimit(resource, &limit) == 0)
}

/// Opens a descriptor that does nothing; nil when the process has none left.
public func openDescriptor() -> Int32? {
  openFile("/dev/null")
}

/// Whether there is an open file with this number.
public func isOpenDescriptor(_ descriptor: Int32) -> Bool {
  fcntl(descriptor, F_GETFD) >= 0
}

/// Two connected Unix sockets without a name.
public func unixSocketPair() throws -> (Int32, Int32) {
  var descriptors: [Int32] = [-1, -1]
  #if canImport(Glibc)
    let type = Int32(SOCK_STREAM.rawValue)
  #else
    let type = SOCK_STREAM
  #endif
  try #require(socketpair(AF_UNIX, type, 0, &descriptors) == 0)
  keepFromOtherProcesses(descriptors)
  return (descriptors[0], descriptors[1])
}

/// The two ends of a pipe, as the system calls it: the first one reads, the second one writes.
public func systemPipe() throws -> (reading: Int32, writing: Int32) {
  var descriptors: [Int32] = [-1, -1]
  try #require(pipe(&descriptors) == 0)
  keepFromOtherProcesses(descriptors)
  return (descriptors[0], descriptors[1])
}

/// A process that another test starts must not hold them for as long as it lives.
private func keepFromOtherProcesses(_ descriptors: [Int32]) {
  for descriptor in descriptors { #expect(fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) }
}

/// What can be read from a descriptor at once, up to 4096 bytes.
public func textOfDescriptor(_ descriptor: Int32) throws -> String {
  var buffer = [UInt8](repeating: 0, count: 4096)
  let count = read(descriptor, &buffer, buffer.count)
  try #require(count >= 0)
  return String(decoding: buffer[..<count], as: UTF8.self)
}

/// Leaves the socket file of a listener that was killed: nobody listens on it.
public func makeStaleSocket(_ path: String, isDatagram: Bool = false, staysOpen: Bool = false) throws -> Int32
{
  #if canImport(Glibc)
    let type = Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue)
  #else
    let type = isDatagram ? SOCK_DGRAM : SOCK_STREAM
  #endif
  let descriptor = socket(AF_UNIX, type, 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let status = withUnsafeBytes(of: &address) { bytes in
    bind(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
  }
  try #require(status == 0)
  if staysOpen { return descriptor }
  close(descriptor)
  return -1
}

/// Makes an ordinary file with a few bytes in it.
public func makeFile(_ path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
  try #require(descriptor >= 0)
  close(descriptor)
}

/// Opens a file for reading; nil when it can't be.
public func openFile(_ path: String) -> Int32? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  return descriptor < 0 ? nil : descriptor
}

/// Whether sends go out at once.
public func isNoDelay(_ descriptor: Int32) -> Bool? {
  socketOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY).map { $0 != 0 }
}

/// The time before the first keep-alive probe, in seconds; nil when there are none.
public func keepAliveDelay(_ descriptor: Int32) -> Int? {
  guard socketOption(descriptor, SOL_SOCKET, SO_KEEPALIVE) != 0 else { return nil }
  #if canImport(Darwin)
    let name = TCP_KEEPALIVE
  #else
    let name = TCP_KEEPIDLE
  #endif
  return socketOption(descriptor, Int32(IPPROTO_TCP), name).map(Int.init)
}

/// Gives up the superuser's rights, for good: for exit tests only.
public func dropPrivileges() {
  if geteuid() == 0 { #expect(setuid(65534) == 0) }
}

/// Whether this system keeps port 1 from ordinary users.
public var hasPrivilegedPorts: Bool {
  guard let file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r") else { return false }
  defer { fclose(file) }
  var digits: [UInt8] = []
  while case let byte = getc(file), byte > 32 { digits.append(UInt8(byte)) }
  return Int(String(decoding: digits, as: UTF8.self)) ?? 0 > 1
}

/// Whether this machine has an IPv6 loopback address.
public let hasIPv6: Bool = {
  guard let loop = try? Loop(), let stream = try? TCP(loop) else { return false }
  defer {
    stream.close()
    try? loop.close()
  }
  return (try? stream.bind(to: "[::1]:0")) != nil
}()

/// A socket that listens on a port of 127.0.0.1 that the kernel chooses.
public func listeningSocket() throws -> (descriptor: Int32, port: UInt16) {
  #if canImport(Glibc)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  #else
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
  #endif
  try #require(descriptor >= 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
  var length = socklen_t(MemoryLayout.size(ofValue: address))
  let isListening = withUnsafeMutableBytes(of: &address) { bytes in
    let address = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
    return bind(descriptor, address, length) == 0 && listen(descriptor, 4096) == 0
      && getsockname(descriptor, address, &length) == 0
  }
  guard isListening else {
    close(descriptor)
    throw SocketFailure("listen", errno)
  }
  return (descriptor, UInt16(bigEndian: address.sin_port))
}

/// Keeps the calling thread from doing anything for a time.
public func pauseThread(for duration: Duration) {
  let end = ContinuousClock.now + duration
  while case let rest = end - .now, rest > .zero {
    let (seconds, attoseconds) = rest.components
    var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    nanosleep(&time, nil)
  }
}
