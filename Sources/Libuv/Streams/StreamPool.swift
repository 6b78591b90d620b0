internal import CLibuv

/// Connections that are closed and that nobody has kept, for the connections to come.
///
/// Swift's objects are dear to make and to end: a quarter of what a short connection takes beside libuv. So an acceptor uses
/// those of its connections again, object and block together, as long as nobody can tell: no reference is left, neither a strong
/// one nor one that is weak or unowned. Decision 15 says how that is known.
@safe final class StreamPool {
  /// How many are kept at most.
  static let limit = 256

  /// Told of each connection that has closed.
  let onClosed: ((Stream) -> Void)?

  private var first: Unmanaged<Stream>?
  private(set) var count = 0
  private var isOpen = true
  private let one = ReferenceCount.one

  init<Connection: Stream>(of type: Connection.Type, _ onClosed: ((Connection) -> Void)?) {
    // Not by `map`, which would wrap the closure twice.
    if let onClosed {
      self.onClosed = { unsafe onClosed(unsafeDowncast($0, to: Connection.self)) }
    } else {
      self.onClosed = nil
    }
  }

  /// Takes one out: closed, and with a reference that is the caller's.
  @inline(__always)
  func take() -> Unmanaged<Stream>? {
    guard let stream = unsafe first else { return nil }
    unsafe first = stream._withUnsafeGuaranteedRef { stream in
      unsafe stream.handle.pointee.data.map { unsafe .fromOpaque($0) }
    }
    count &-= 1
    return unsafe stream
  }

  /// Keeps a closed stream if it can be used again, and with it the caller's reference.
  @inline(__always)
  func put(_ closed: Unmanaged<Handle>) -> Bool {
    guard isOpen, count < Self.limit, unsafe ReferenceCount.word(of: closed.toOpaque()) == one else {
      return false
    }
    let stream = unsafe Unmanaged<Stream>.fromOpaque(closed.toOpaque())
    unsafe stream._withUnsafeGuaranteedRef { stream in
      // The C handle is memory that nobody uses now.
      unsafe stream.handle.pointee.data = first?.toOpaque()
    }
    unsafe first = stream
    count &+= 1
    return true
  }

  /// Keeps none any more.
  func close() {
    isOpen = false
    while let stream = unsafe take() { unsafe stream.release() }
  }
}
