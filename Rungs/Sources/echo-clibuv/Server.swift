import CUV
import Glibc

/// A loop that listens, and what its connections share.
///
/// The loop's `data` points at it. It is held by whoever runs it, so nothing here holds a reference.
final class Server {
  struct Counts {
    var connections = 0
    var reads = 0
    var bytesIn = 0
    var bytesOut = 0
    var acceptErrors = 0
    var readErrors = 0
    var writeErrors = 0
  }

  /// What can go wrong with a connection.
  enum Operation {
    case accept
    case read
    case write
  }

  /// The kernel clips it to `net.core.somaxconn`.
  static let backlog: Int32 = 4096
  static let readBufferSize = 64 * 1024
  /// In milliseconds: how long the listener rests after a failed accept.
  static let retryDelay: UInt64 = 100

  let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
  /// All connections read into it: what is read is written, or copied, before the next read.
  let readBuffer: uv_buf_t
  var counts = Counts()

  private let listener = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
  private let retryTimer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
  private let signals = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 2)
  private var isListening = false
  private var isEnding = false
  /// Keeps the kernel's queue of dials while the listener is closed.
  private var listeningDescriptor: Int32 = -1

  init() {
    readBuffer = uv_buf_init(.allocate(capacity: Self.readBufferSize), UInt32(Self.readBufferSize))
    guard uv_loop_init(loop) == 0 else { fatalError("no event loop") }
    loop.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    // The calls from here on can't fail.
    uv_timer_init(loop, retryTimer)
    // libuv leaves that as it was: see `close()`.
    retryTimer.pointee.data = nil
    for (index, number) in [SIGTERM, SIGINT].enumerated() {
      uv_signal_init(loop, signals + index)
      signals[index].data = nil
      uv_signal_start(
        signals + index,
        { signal, _ in Server.of(signal!.pointee.loop) { $0.close() } },
        number
      )
    }
  }

  deinit {
    guard uv_loop_close(loop) == 0 else { fatalError("handles were left open") }
    uv_library_shutdown()
    readBuffer.base.deallocate()
    signals.deallocate()
    retryTimer.deallocate()
    listener.deallocate()
    loop.deallocate()
  }

  @inline(__always)
  static func of<Value>(_ loop: UnsafeMutablePointer<uv_loop_t>, _ body: (Server) -> Value) -> Value {
    Unmanaged<Server>.fromOpaque(loop.pointee.data)._withUnsafeGuaranteedRef { body($0) }
  }

  /// Serves until a signal.
  func run() {
    uv_run(loop, UV_RUN_DEFAULT)
  }

  /// Listens, and returns the port.
  func listen(on port: UInt16) throws(LibuvError) -> UInt16 {
    var address = sockaddr_in()
    try LibuvError.check(uv_ip4_addr("127.0.0.1", Int32(port), &address))
    makeListener()
    try withUnsafeMutablePointer(to: &address) { address throws(LibuvError) in
      try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address throws(LibuvError) in
        var length = Int32(MemoryLayout<sockaddr_in>.size)
        try LibuvError.check(uv_tcp_bind(listener, address, 0))
        // The connections have it from here.
        try LibuvError.check(uv_tcp_nodelay(listener, 1))
        try startListening()
        try LibuvError.check(uv_tcp_getsockname(listener, address, &length))
      }
    }
    var descriptor: uv_os_fd_t = -1
    try LibuvError.check(uv_fileno(listener.asHandle, &descriptor))
    listeningDescriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard listeningDescriptor >= 0 else { throw LibuvError(status: UV_EMFILE.rawValue) }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Closes everything, and so ends ``run()``. Connections know what they have to do with the reference that they hold:
  /// of all handles only theirs have `data`.
  func close() {
    isEnding = true
    stopListening()
    if listeningDescriptor >= 0 { Glibc.close(listeningDescriptor) }
    listeningDescriptor = -1
    uv_walk(
      loop,
      { handle, _ in
        guard uv_is_closing(handle) == 0 else { return }
        if let connection = handle!.pointee.data {
          Connection.of(connection) { $0.close() }
        } else {
          uv_close(handle, nil)
        }
      },
      nil
    )
  }

  // Not by key path: then the compiler could not see that no two accesses to the counts overlap, and each would be checked.
  func countError(_ operation: Operation) {
    switch operation {
    case .accept: counts.acceptErrors += 1
    case .read: counts.readErrors += 1
    case .write: counts.writeErrors += 1
    }
  }

  // MARK: Accepting

  private func makeListener() {
    uv_tcp_init(loop, listener)
    listener.pointee.data = nil
    isListening = true
  }

  private func startListening() throws(LibuvError) {
    let status = uv_listen(listener.asStream, Self.backlog) { listener, status in
      Server.of(listener!.pointee.loop) { $0.didConnect(status) }
    }
    try LibuvError.check(status)
  }

  private func stopListening() {
    if isListening { uv_close(listener.asHandle, nil) }
    isListening = false
  }

  private func didConnect(_ status: Int32) {
    guard status == 0 else {
      // When descriptors run out libuv itself accepts and closes what waits, with one that it keeps spare. We get here if
      // even that failed, and libuv would call us again and again without returning to the loop. So the listener rests.
      countError(.accept)
      stopListening()
      listenLater()
      return
    }
    let connection = Connection(on: self)
    guard uv_accept(listener.asStream, connection.stream) == 0 else {
      return connection.fail(.accept)
    }
    counts.connections += 1
    connection.startReading()
  }

  private func listenLater() {
    guard !isEnding else { return }
    uv_timer_start(
      retryTimer,
      { timer in Server.of(timer!.pointee.loop) { $0.listenAgain() } },
      Self.retryDelay,
      0
    )
  }

  private func listenAgain() {
    let descriptor = fcntl(listeningDescriptor, F_DUPFD_CLOEXEC, 0)
    guard descriptor >= 0 else { return listenLater() }
    makeListener()
    do throws(LibuvError) {
      let status = uv_tcp_open(listener, descriptor)
      if status < 0 { Glibc.close(descriptor) }
      try LibuvError.check(status)
      try startListening()
    } catch {
      stopListening()
      listenLater()
    }
  }
}
