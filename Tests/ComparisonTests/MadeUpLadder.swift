import FoundationEssentials
import TestSupport

@testable import Comparison

/// Rungs that tests need.
enum MadeUpLadder {
  static func rung(
    _ id: String,
    language: String = "C",
    version: String = "echo 1",
    echo: [String] = MadeUpLadder.echo(),
    timers: [String]? = nil,
    wakeups: [String]? = nil
  ) -> Rung {
    Rung(
      id: id,
      name: id.capitalized,
      language: language,
      runtime: "none",
      version: version,
      echo: echo,
      timers: timers,
      wakeups: wakeups,
      notes: ["It is small."]
    )
  }

  /// A server in Python that says that it listens.
  static func echo(_ program: String = server) -> [String] { [python, "-c", program, "{port}"] }

  /// The interpreter itself, where that is: some have a script of this name before it, which instruments can't run.
  static let python =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") ? "/usr/bin/python3" : "python3"

  static let server = PythonServer.echo.replacing(
    "while True:\n    threading",
    with: "print('listening on 127.0.0.1', flush=True)\nwhile True:\n    threading"
  )

  /// A program that does as much as it is asked, and always the same.
  static let counting = ["sh", "-c", "i=0; while [ $i -lt $0 ]; do i=$((i+1)); done", "{count}"]
}

/// Makes a folder with a ladder, and removes it after `body`.
///
/// - Parameter body: is given the ladder, and another folder for what it writes.
func withLadderFolder(_ rungs: [Rung], _ body: (LadderFolder, String) throws -> Void) throws {
  try withDeadline {
    let path = FileManager.default.temporaryDirectory.appending(path: "ladder-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: "\(path)/work", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try JSONEncoder().encode(Ladder(rungs: rungs)).write(to: URL(filePath: "\(path)/ladder.json"))
    try body(LadderFolder(path, program: "/none"), "\(path)/work")
  }
}
