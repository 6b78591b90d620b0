internal import Libuv

/// A command for the shell, whose output is read.
struct ShellCommand {
  /// What the shell is told.
  let text: String
  /// Where it runs.
  let folder: String
  /// Its environment.
  let environment: [String: String]

  /// What came of it.
  struct Outcome: Equatable {
    /// How it ended; nil when it couldn't be started, or had to be killed.
    var exit: ChildProcess.Exit?
    /// What it printed.
    var output = ""
    /// What it printed to standard error.
    var errors = ""
  }

  /// Carries out commands side by side.
  ///
  /// - Parameter patience: how long they may take; what hasn't ended then is killed, with all that it has started.
  /// - Returns: what came of each, in the same order.
  static func run(_ commands: [ShellCommand], patience: Duration) throws -> [Outcome] {
    let loop = try Loop()
    let running = commands.map { Running($0, on: loop) }
    let deadline = try Timer(loop)
    // The loop ends with the commands, if that is sooner.
    deadline.isReferenced = false
    try deadline.start(after: patience) { _ in running.forEach { $0.kill() } }
    loop.run()
    deadline.close()
    loop.run()
    try loop.close()
    return running.map(\.outcome)
  }

  private final class Running {
    var outcome = Outcome()
    private var process: ChildProcess?
    /// The process, and its two streams: others that it has started can hold these for longer.
    private var left = 3
    private var isKilled = false

    init(_ command: ShellCommand, on loop: Loop) {
      let configuration = ChildProcess.Configuration(
        executable: "/bin/sh",
        arguments: ["-c", command.text],
        environment: command.environment,
        workingDirectory: command.folder,
        standardOutput: .pipe,
        standardError: .pipe,
        isDetached: true
      )
      do {
        let process = try ChildProcess(loop, configuration) { [unowned self] _, exit in
          if !isKilled { outcome.exit = exit }
          end()
        }
        self.process = process
        try read(process.standardOutput!) { [unowned self] in outcome.output += $0 }
        try read(process.standardError!) { [unowned self] in outcome.errors += $0 }
      } catch {
        outcome.errors = "\(error)"
        kill()
      }
    }

    private func read(_ pipe: Pipe, _ take: @escaping (String) -> Void) throws(UVError) {
      var bytes: [UInt8] = []
      pipe.whenClosed { [unowned self] in end() }
      try pipe.read { pipe, event in
        switch event {
        case .bytes(let some): some.withUnsafeBytes { bytes += $0 }
        case .end, .failure:
          take(String(decoding: bytes, as: UTF8.self))
          pipe.close()
        }
      }
    }

    private func end() {
      left -= 1
      if left == 0 { process?.close() }
    }

    func kill() {
      guard let process, left > 0 else { return }
      isKilled = process.exit == nil
      // What fails here fails because all have ended.
      try? process.sendToGroup(.kill)
    }
  }
}
