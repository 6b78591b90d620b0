internal import CLibuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Something that lives on a ``Loop``: a stream, a timer, a signal.
///
/// A handle keeps itself alive from its making until it is *closed*, so it may be dropped while it works.
/// It has to be closed in the end: a forgotten one keeps its loop from closing, and is reported there with
/// the line that made it. *Closing* is not *closed*: the memory goes when the loop has called the completion.
///
/// Calls on a handle that isn't open throw ``UVError/badHandle``, or do nothing where there is nothing to
/// fail. A handle belongs to its loop's thread. The libuv type is `uv_handle_t`.
@safe public class Handle {
  /// The three states of a handle, in the order in which it goes through them.
  public enum State: Sendable {
    /// In use, or ready for it.
    case open
    /// `close` was called; the loop has yet to call the completions.
    case closing
    /// Gone from the loop: its memory is freed, nothing can be called any more.
    case closed
  }

  /// The loop that the handle lives on.
  public let loop: Loop

  /// Where the handle is between open and closed.
  public final var state: State { currentState }
  // Not public itself: of an internal property the compiler sees all uses, and needs no exclusivity check.
  private(set) final var currentState: State = .open

  /// Whether this handle belongs to the library itself and is neither walked nor reported.
  final let isInternal: Bool

  /// Where the handle was made.
  final let origin: Origin

  /// How many bytes of its block lie before the C handle.
  private final let room: UInt16

  /// The C handle, in an allocation of its own, so that the address is stable. It goes with the object, which is there at
  /// least until the close callback.
  final let pointer: UnsafeMutableRawPointer

  private final var closeCompletion: (() -> Void)?

  /// Makes and initialises the C handle. This is the only place where a handle retains itself.
  ///
  /// - Parameters:
  ///   - size: the size of the C handle in bytes.
  ///   - room: how many bytes to have before it, a multiple of 16.
  ///   - operation: the name of what `initialize` does, for the error.
  ///   - initialize: the `uv_*_init` call.
  init(
    _ loop: Loop,
    size: Int,
    room: Int = 0,
    operation: StaticString,
    origin: Origin,
    isInternal: Bool = false,
    initialize: (UnsafeMutableRawPointer) -> Int32
  ) throws(UVError) {
    loop.requireOpen()
    // Aligned for any C type. Swift's own `allocate` takes the way over `posix_memalign`, which is three times as long.
    guard let block = unsafe malloc(room + size) else { fatalError("out of memory for a handle") }
    let pointer = unsafe block + room
    let status = unsafe initialize(pointer)
    guard status == 0 else {
      // What was never initialised is not closed.
      unsafe free(block)
      throw UVError(code: status, operation: operation)
    }
    self.loop = loop
    self.origin = origin
    self.isInternal = isInternal
    self.room = UInt16(room)
    unsafe self.pointer = pointer
    unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
  }

  deinit { unsafe free(pointer - Int(room)) }

  final var handle: UnsafeMutablePointer<uv_handle_t> {
    unsafe pointer.assumingMemoryBound(to: uv_handle_t.self)
  }

  /// The object of a C handle; nil for one that libuv has made for itself.
  static func of(_ handle: UnsafeMutablePointer<uv_handle_t>) -> Handle? {
    guard let data = unsafe handle.pointee.data else { return nil }
    return unsafe Unmanaged<Handle>.fromOpaque(data).takeUnretainedValue()
  }

  /// Throws unless the handle is open.
  @inline(__always)
  final func requireOpen(_ operation: StaticString) throws(UVError) {
    loop.assertOnThread()
    guard currentState == .open else { throw UVError.badHandle.during(operation) }
  }

  // MARK: What it is

  /// libuv's name of the handle's type: `tcp`, `timer`. The libuv function is `uv_handle_type_name`.
  public final var typeName: String {
    guard state != .closed else { return "closed handle" }
    guard let name = unsafe uv_handle_type_name(handle.pointee.type) else { return "handle" }
    return unsafe String(cString: name)
  }

  /// Whether the handle is doing something: a timer that runs, a stream that reads, writes or listens. The
  /// libuv function is `uv_is_active`.
  public final var isActive: Bool {
    loop.assertOnThread()
    return unsafe state != .closed && uv_is_active(handle) != 0
  }

  /// Whether the active handle keeps its loop running; true for a new one. The libuv functions are
  /// `uv_has_ref`, `uv_ref` and `uv_unref`.
  public final var isReferenced: Bool {
    get {
      loop.assertOnThread()
      return unsafe state != .closed && uv_has_ref(handle) != 0
    }
    set {
      loop.assertOnThread()
      guard state == .open else { return }
      if newValue { unsafe uv_ref(handle) } else { unsafe uv_unref(handle) }
    }
  }

  /// Lets the handle keep its loop running, as it does from the start. The libuv function is `uv_ref`.
  public final func ref() { isReferenced = true }

  /// Lets the loop end though the handle is active. The libuv function is `uv_unref`.
  public final func unref() { isReferenced = false }

  // MARK: Closing

  /// Closes the handle. The libuv function is `uv_close`.
  ///
  /// May be called at any time, also from a handler of this handle, and more than once.
  ///
  /// - Parameter completion: called when the handle is closed: in a later turn of the loop, or at once if it
  ///   is closed already.
  public final func close(_ completion: (() -> Void)? = nil) {
    if let completion { whenClosed(completion) }
    guard beginClosing() else { return }
    unsafe uv_close(handle) { unsafe Handle.didClose($0!) }
  }

  /// Calls `completion` once the handle is closed, whoever closes it; at once if it is closed already.
  public final func whenClosed(_ completion: @escaping () -> Void) {
    loop.assertOnThread()
    guard state != .closed else { return completion() }
    guard let earlier = closeCompletion else {
      closeCompletion = completion
      return
    }
    closeCompletion = {
      earlier()
      completion()
    }
  }

  /// Goes from open to closing; false when it did so before.
  final func beginClosing() -> Bool {
    loop.assertOnThread()
    guard state == .open else { return false }
    currentState = .closing
    willClose()
    return true
  }

  /// The close callback: the one place where the handle's reference to itself goes, and with the last one its memory.
  static func didClose(_ handle: UnsafeMutablePointer<uv_handle_t>) {
    let closed = unsafe Unmanaged<Handle>.fromOpaque(handle.pointee.data.unsafelyUnwrapped)
    let pool = unsafe closed._withUnsafeGuaranteedRef { closed in
      closed.currentState = .closed
      closed.releaseHandlers()
      closed.tellClosed()
      return unsafe closed.poolAfterClosing()
    }
    // No variable has it now that would count as somebody who keeps it.
    if let pool = unsafe pool {
      if unsafe pool._withUnsafeGuaranteedRef({ unsafe $0.put(closed) }) { return }
      // What it tells of ends must not live as long as somebody keeps this one.
      unsafe Unmanaged<Stream>.fromOpaque(closed.toOpaque())._withUnsafeGuaranteedRef { $0.leavePool() }
    }
    unsafe closed.release()
  }

  /// What waits for the end is told, and let go of.
  private final func tellClosed() {
    guard let completion = closeCompletion else { return }
    closeCompletion = nil
    completion()
  }

  /// A closed handle, whose C handle has been made anew, is open again.
  final func reopen() {
    unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    currentState = .open
  }

  /// For subclasses: all is told; where the handle may be kept, with the reference that the C handle has had, to be used again.
  func poolAfterClosing() -> Unmanaged<StreamPool>? { nil }

  /// For subclasses: closing has begun, the C handle is still there.
  func willClose() {}

  /// For subclasses: the handle is closed; let go of all closures, and so of what they captured.
  func releaseHandlers() {}
}

extension Handle: CustomStringConvertible {
  /// Type, state and place of making: `tcp (open) made at Module/File.swift:12`.
  public final var description: String { "\(typeName) (\(state)) made at \(origin)" }
}
