/// Tells how long a comparison will go on.
struct TimeLeft {
  private let closed: Mean
  private let open: Mean

  /// The mean of what was, or what the settings promise while nothing was.
  private final class Mean {
    private let usual: Double
    private var sum = 0.0
    private var count = 0.0

    init(_ usual: Double) { self.usual = usual }

    func add(_ seconds: Double) {
      sum += seconds
      count += 1
    }

    var value: Double { count > 0 ? sum / count : usual }
  }

  init(_ settings: Settings) {
    // A server's start and end, and the clients' connecting.
    let around = 1.0
    closed = Mean(settings.warmupSeconds + settings.durationSeconds + around)
    open = Mean(settings.warmupSeconds + settings.latencySeconds + around)
  }

  /// A step has taken so long.
  func took(_ seconds: Double, _ step: Step) { (step.share == nil ? closed : open).add(seconds) }

  /// How long steps will take, in seconds.
  func seconds(closed closedSteps: Int, open openSteps: Int) -> Double {
    Double(closedSteps) * closed.value + Double(openSteps) * open.value
  }
}
