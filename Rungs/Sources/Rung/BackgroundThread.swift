import Glibc

/// A thread beside that of the loop: not one of Foundation's, which would make each program here larger by a library.
public final class BackgroundThread {
  private var thread = pthread_t()

  private final class Body {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a thread.
  public init(_ body: @escaping @Sendable () -> Void) {
    let argument = Unmanaged.passRetained(Body(body)).toOpaque()
    let status = pthread_create(
      &thread,
      nil,
      { argument in
        Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().body()
        return nil
      },
      argument
    )
    guard status == 0 else { fatalError("a thread could not be started: error \(status)") }
  }

  /// Waits for its end. To be called once.
  public func join() {
    pthread_join(thread, nil)
  }
}

/// Counts, and lets a thread wait until there is something to take: as the C programs have it, too.
public final class Semaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  /// Makes one that has nothing to take.
  public init() {
    guard sem_init(semaphore, 0, 0) == 0 else { fatalError("a semaphore could not be made: error \(errno)") }
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  /// Adds one, and wakes a thread that waits.
  public func signal() { sem_post(semaphore) }

  /// Takes one, and waits until there is one.
  public func wait() {
    while sem_wait(semaphore) != 0 {}
  }
}
