/// Gets what streams read, for services in which each instruction of a message counts: subclass it, and give it to
/// ``Stream/read(to:)``.
///
/// ```swift
/// final class Echo: Receiver {
///   override func received(_ bytes: RawSpan, from stream: Stream) {
///     if stream.send(bytes) { stream.pause() }
///   }
///   override func drained(_ stream: Stream) { try? stream.resume() }
///   override func ended(_ stream: Stream) { stream.finish() }
/// }
/// ```
///
/// ``Stream/read(_:)`` does the same with a closure. A method that throws nothing costs some instructions less than a closure that
/// may, and one receiver for all connections needs no closure's captures to be allocated for each.
///
/// It belongs to its loop's thread. The libuv type is `uv_read_cb`.
open class Receiver {
  /// A receiver that throws away what comes.
  public init() {}

  /// Bytes have come, at least one. They lie in the loop's one read buffer and are gone when this returns; the compiler keeps
  /// the span from being kept.
  open func received(_ bytes: RawSpan, from stream: Stream) {}

  /// What the stream has written, and was above the high-water mark, has fallen to the low one: the time to write again. Called
  /// before ``Stream/onDrain``, and not when writing has ended.
  open func drained(_ stream: Stream) {}

  /// The peer has ended its side. Nothing more will be read; writing may go on.
  open func ended(_ stream: Stream) {}

  /// The stream has failed, and closes after this call.
  open func failed(_ stream: Stream, _ error: UVError) {}
}
