internal import Libuv

/// Tells whether the program was asked to end, by SIGINT, SIGTERM or SIGHUP.
///
/// While there is one, these signals don't end the process: all that goes on asks often enough.
final class Interruption {
  private let loop: Loop
  private var signals: [Signal] = []
  private var isNoted = false

  init() throws {
    loop = try Loop()
    for number in [Signal.Number.interrupt, .terminate, .hangup] {
      let signal = try Signal(loop)
      signals.append(signal)
      try signal.start(number) { [unowned self] _ in isNoted = true }
    }
  }

  /// Whether one of the signals has come.
  var hasCome: Bool {
    loop.run(.noWait)
    return isNoted
  }

  /// From now on these signals end the process.
  func end() throws {
    for signal in signals { signal.close() }
    loop.run()
    try loop.close()
  }
}
