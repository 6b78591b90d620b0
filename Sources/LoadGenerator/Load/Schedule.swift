internal import Libuv

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// When one client is to begin its requests, in an open loop.
///
/// The times don't depend on when the requests before them were begun or answered: what comes late is late, and
/// nothing is left out.
struct Schedule {
  /// When the next request is to begin, in nanoseconds of the loop's clock.
  private(set) var next: UInt64

  private let start: UInt64
  /// Nanoseconds between two requests of this client, in the mean.
  private let interval: Double
  private let arrivals: Workload.Arrivals
  /// From `start`, as exact as it can be: rounded times must not add up to another rate.
  private var elapsed: Double
  /// How many intervals, and parts of one, `elapsed` is in a constant rate: multiplied, where a sum would drift.
  private var intervals: Double
  private var generator: SeededGenerator

  /// The schedule of one of `count` clients that make `rate` requests a second together, from `start` on.
  init(
    client index: Int,
    of count: Int,
    rate: Double,
    arrivals: Workload.Arrivals,
    seed: UInt64,
    start: UInt64
  ) {
    interval = 1e9 * Double(count) / rate
    self.arrivals = arrivals
    self.start = start
    generator = SeededGenerator(seed: seed, stream: index)
    // Clients take turns, so that all together are as even as each one.
    intervals = Double(index) / Double(count)
    elapsed = interval * intervals
    next = start
    if arrivals == .poisson { elapsed = exponential() }
    next = time
  }

  /// Goes on to the request after the next one.
  mutating func advance() {
    if arrivals == .constant {
      intervals += 1
      elapsed = interval * intervals
    } else {
      elapsed += exponential()
    }
    next = time
  }

  /// After `elapsed`, or thirty years if that is longer: never, for a run.
  private var time: UInt64 { start + UInt64(min(elapsed, 1e18).rounded()) }

  private mutating func exponential() -> Double {
    -log(generator.nextUnit()) * interval
  }
}
