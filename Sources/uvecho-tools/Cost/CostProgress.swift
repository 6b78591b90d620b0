import Comparison
import UvechoSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Tells on standard error how a measurement of costs goes on: in one line that changes, if that is a terminal, and always
/// with a line for what goes wrong.
final class CostProgress {
  private let isTerminal = isatty(STDERR_FILENO) != 0
  private var comparison: CompareProgress?

  func show(_ progress: CostRun.Progress) {
    switch progress {
    case .problem(let rung, let sentence):
      clear()
      Output.errorLine("\(rung): \(sentence)")
    case .speed(let results, let left):
      clear()
      Output.errorLine(CompareText.beginning(results, secondsLeft: left))
      comparison = CompareProgress(results)
    case .comparison(let progress): comparison?.show(progress)
    case .step, .starts:
      guard isTerminal, let text = Self.text(progress) else { return }
      // Without a line break where the terminal ends: each would leave a line behind.
      Output.error("\r\u{1b}[?7l\(text)\u{1b}[K\u{1b}[?7h")
    }
  }

  func clear() {
    if isTerminal { Output.error("\r\u{1b}[K") }
  }

  /// The line that changes; nil for what has lines of its own.
  static func text(_ progress: CostRun.Progress) -> String? {
    switch progress {
    case .step(let rung, let what, let number, let total): "\(number) of \(total): \(rung), \(what)"
    case .starts(let round, let total): "starting all of them, round \(round) of \(total)"
    case .problem, .speed, .comparison: nil
    }
  }
}
