import Comparison
import LoadGenerator
import UvechoSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells on standard error how a comparison goes on: in one line that changes, if that is a terminal, and always with a
/// line for each round.
final class CompareProgress {
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private let names: [String: String]

  init(_ results: Results) {
    names = Dictionary(results.entrants.map { ($0.id, $0.name) }) { first, _ in first }
  }

  func show(_ progress: ComparisonRun.Progress) {
    switch progress {
    case .step(let step, let number, let total, let left):
      guard isTerminal else { return }
      // Without a line break where the terminal ends: each would leave a line behind.
      Output.error(
        "\r\u{1b}[?7l\(Self.text(step, name(step.entrant), number, total, left))\u{1b}[K\u{1b}[?7h"
      )
    case .sample(let sample):
      if let text = Self.trouble(sample, name(sample.entrant)) { line(text) }
    case .round(let round, let total, let isOpenLoop, let left):
      line(Self.text(round, total, isOpenLoop, left))
    case .givenUp(let entrant, let reason):
      line("\(name(entrant)) is not started any more: \(reason)")
    }
  }

  func clear() {
    if isTerminal { Output.error("\r\u{1b}[K") }
  }

  private func line(_ text: String) {
    clear()
    Output.errorLine(text)
  }

  private func name(_ entrant: String) -> String { names[entrant] ?? entrant }

  static func text(_ step: Step, _ name: String, _ number: Int, _ total: Int, _ left: Double) -> String {
    """
    \(number) of \(total), \(CompareText.time(left)) left: \(round(step.round, step.share)), \(name), \
    \(step.cell.connections) \(step.cell.strategy.rawValue)\(rate(step.share))
    """
  }

  static func text(_ round: Int, _ total: Int, _ isOpenLoop: Bool, _ left: Double) -> String {
    let what = isOpenLoop ? "latency round" : "round"
    return "\(what) \(round) of \(total) is over\(left > 0 ? ", \(CompareText.time(left)) left" : "")"
  }

  private static func round(_ round: Int, _ share: Double?) -> String {
    "\(share == nil ? "" : "latency ")round \(round)"
  }

  private static func rate(_ share: Double?) -> String {
    share.map { " at \(CompareText.percent($0))" } ?? ""
  }

  /// What went wrong with a sample; nil when nothing did.
  static func trouble(_ sample: Sample, _ name: String) -> String? {
    let place = "\(round(sample.round, sample.share)), \(name), \(sample.cell.title)\(rate(sample.share))"
    if let failure = sample.failure {
      // It may have ended at the first request.
      return "\(place): \(failure)\(sample.survival?.crashed.map { "; it has ended: \($0)" } ?? "")"
    }
    if let crash = sample.survival?.crashed { return "\(place): the server ended under load: \(crash)" }
    if let load = sample.load, !load.valid { return "\(place): \(load.verdict)" }
    if sample.survival?.answers == false { return "\(place): the server did not answer after the load" }
    if let survival = sample.survival, survival.end == nil {
      return "\(place): the server did not end at SIGTERM, and was killed"
    }
    return nil
  }
}
