internal import CLibuv

/// Watches a file descriptor that is not the library's own, and tells when it can be read or written.
///
/// It is for descriptors of other libraries and of the system: for streams there are ``TCP`` and ``Pipe``. The
/// descriptor stays the caller's, to be closed when ``Handle/close(_:)`` has been called, and not before. The libuv
/// type is `uv_poll_t`.
public final class Poll: Handle {
  /// What to watch for, or what has come.
  public struct Events: OptionSet, Hashable, Sendable {
    /// libuv's bits.
    public let rawValue: Int32

    /// A set from libuv's bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// Reading gives bytes, the end of input or an error at once.
    public static var readable: Events { Events(UV_READABLE) }
    /// Writing takes bytes or gives an error at once.
    public static var writable: Events { Events(UV_WRITABLE) }
    /// The peer has ended its side. Not every system tells it: reading does on all.
    public static var disconnect: Events { Events(UV_DISCONNECT) }
    /// There is something urgent to read, such as a TCP connection's out-of-band byte.
    public static var prioritized: Events { Events(UV_PRIORITIZED) }

    private init(_ event: uv_poll_event) {
      rawValue = Int32(event.rawValue)
    }
  }

  private var handler: ((Poll, Result<Events, UVError>) -> Void)?

  private var poll: UnsafeMutablePointer<uv_poll_t> {
    unsafe pointer.assumingMemoryBound(to: uv_poll_t.self)
  }

  /// Makes a poll handle that doesn't watch yet, and sets the descriptor to non-blocking. The libuv function is
  /// `uv_poll_init`.
  ///
  /// - Parameters:
  ///   - loop: the loop that it lives on.
  ///   - descriptor: an open file descriptor of a socket, a pipe, a terminal or the like.
  ///   - file: the file that makes it, for reports.
  ///   - line: the line that makes it, for reports.
  /// - Throws: ``UVError/badHandle`` when the descriptor isn't open, ``UVError/notPermitted`` for an ordinary file,
  ///   ``UVError/fileExists`` when a handle of the loop watches the descriptor already.
  public convenience init(
    _ loop: Loop,
    descriptor: Int32,
    file: StaticString = #fileID,
    line: UInt = #line
  ) throws(UVError) {
    try self.init(loop, descriptor: descriptor, origin: Origin(file, line))
  }

  init(_ loop: Loop, descriptor: Int32, origin: Origin) throws(UVError) {
    try unsafe super.init(
      loop,
      size: MemoryLayout<uv_poll_t>.size,
      operation: "poll",
      origin: origin
    ) { unsafe uv_poll_init(loop.pointer, $0.assumingMemoryBound(to: uv_poll_t.self), descriptor) }
  }

  /// Starts watching, or goes on with other events and another handler. The libuv function is `uv_poll_start`.
  ///
  /// - Parameters:
  ///   - events: what to watch for; nothing at all means to stop.
  ///   - handler: called in each turn of the loop in which one of the events holds, until the caller has read or
  ///     written what there is. After a failure, such as that of a descriptor whose other end is gone, nothing is
  ///     watched any more.
  /// - Throws: ``UVError/badHandle`` when the handle isn't open, ``UVError/fileExists`` when another handle of the
  ///   loop watches the descriptor, ``UVError/invalidArgument`` for events that have no name here.
  public func start(
    _ events: Events,
    handler: @escaping (Poll, Result<Events, UVError>) -> Void
  ) throws(UVError) {
    try requireOpen("poll")
    let known: Events = [.readable, .writable, .disconnect, .prioritized]
    guard events.isSubset(of: known) else { throw UVError.invalidArgument.during("poll") }
    let status = unsafe uv_poll_start(poll, events.rawValue) { poll, status, events in
      let poll = unsafe Unmanaged<Poll>.fromOpaque(poll!.pointee.data).takeUnretainedValue()
      if let error = UVError.of(status, "poll") {
        poll.handler?(poll, .failure(error))
      } else {
        poll.handler?(poll, .success(Events(rawValue: events)))
      }
    }
    try UVError.check(status, "poll")
    self.handler = handler
  }

  /// Stops watching. The libuv function is `uv_poll_stop`.
  public func stop() {
    loop.assertOnThread()
    guard state == .open else { return }
    unsafe uv_poll_stop(poll)
  }

  override func releaseHandlers() { handler = nil }
}
