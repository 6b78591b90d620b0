#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A thread of the system, for tests that reach a loop from outside.
///
/// What it does must end by itself or have a deadline: ``join()`` waits for it.
public final class BackgroundThread {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Starts a thread that carries out `body`.
  public init(_ body: @escaping @Sendable () -> Void) {
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    #if canImport(Darwin)
      var thread: pthread_t?
      let status = pthread_create(&thread, nil, { BackgroundThread.main($0) }, argument)
    #else
      var thread: pthread_t? = pthread_t()
      let status = pthread_create(&thread!, nil, { BackgroundThread.main($0!) }, argument)
    #endif
    precondition(status == 0, "a thread can be made")
    self.thread = thread!
  }

  private static func main(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }

  /// Waits until the thread has ended.
  public func join() {
    pthread_join(thread, nil)
  }
}

/// The number of the calling thread, to compare with another.
public func currentThread() -> UInt {
  #if canImport(Darwin)
    UInt(bitPattern: pthread_self())
  #else
    UInt(pthread_self())
  #endif
}
