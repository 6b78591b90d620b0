import LoadGenerator
import UvechoSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One line on standard error that tells how a run goes on, if that is a terminal.
final class LiveLine {
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private let workload: Workload
  private let prefix: String
  private var errors = 0

  init(_ workload: Workload, label: String?) {
    self.workload = workload
    prefix = label.map { "\($0): " } ?? ""
  }

  func show(_ progress: LoadGenerator.Progress) {
    guard isTerminal else { return }
    let text =
      switch progress {
      case .connecting: "connecting \(workload.connections) clients to \(workload.target)"
      case .loading(let warmup):
        warmup > 0 ? "warming up for \(Text.number(warmup, 1)) s" : "measuring"
      case .interval(let interval): Self.text(interval, errors: count(interval.errors), of: workload)
      case .finishing: "finishing the requests under way"
      }
    // Back to the line's beginning, and clear the rest of the line.
    Output.error("\r\(prefix)\(text)\u{1b}[K")
  }

  private func count(_ new: Int) -> Int {
    errors += new
    return errors
  }

  private static func text(_ interval: Interval, errors: Int, of workload: Workload) -> String {
    let elapsed = Double(interval.start + interval.length) / 1e9
    let total = workload.duration.map { " of \(Text.number($0 / .seconds(1), 0))" } ?? ""
    let rate = interval.length > 0 ? Double(interval.responses) / (Double(interval.length) / 1e9) : 0
    let p99 = Text.time(Latency(interval.times)[99])
    return """
      \(Text.number(elapsed, 0))\(total) s  \(Text.count(Int(rate))) responses/s  p99 \(p99)  \
      errors \(Text.count(errors))  connections \(Text.count(interval.connections))
      """
  }

  func clear() {
    if isTerminal { Output.error("\r\u{1b}[K") }
  }
}
