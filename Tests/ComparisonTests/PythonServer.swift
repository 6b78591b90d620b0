import FoundationEssentials
import TestSupport

@testable import Comparison

/// Servers of a few lines, in Python: it is there wherever these tests run.
enum PythonServer {
  static let echo = """
    import signal, socket, sys, threading
    def serve(connection):
        try:
            while data := connection.recv(65536): connection.sendall(data)
        except OSError: pass
        connection.close()
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
    """

  /// Ends by itself, before it accepts.
  static let broken = "print('no luck'); exit(3)"

  /// Takes what it is sent, and never answers.
  static let mute = echo.replacing("connection.sendall(data)", with: "pass")

  /// The first bytes end it.
  static let crashing = echo.replacing("connection.sendall(data)", with: "__import__('os')._exit(9)")

  static let start = ["python3", "server.py", "{port}"]

  /// Doesn't wait long for what won't come.
  static let impatient = Server.Patience(
    start: .seconds(30),
    answer: .milliseconds(200),
    end: .milliseconds(200)
  )
}

/// Makes peers whose servers are Python programs, by their names, and removes them after `body`.
///
/// - Parameter body: is given the peers, and the folder with theirs.
func withPeers(
  _ programs: [String: String],
  version: String = "echo 1",
  build: String? = nil,
  start: [String] = PythonServer.start,
  _ body: (PeerFolder, String) throws -> Void
) throws {
  try withDeadline {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      for (name, program) in programs {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/\(name)",
          withIntermediateDirectories: true
        )
        let words = start.map { "\"\($0)\"" }.joined(separator: ", ")
        let text = """
          {
            "name": "\(name.capitalized)", "language": "Python", "runtime": "socket", "version": "\(version)",
            \(build.map { "\"build\": \"\($0)\"," } ?? "") "start": [\(words)], "threads": 1, "notes": ["It is small."]
          }
          """
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)/peer.json"))
        try Data(program.utf8).write(to: URL(filePath: "\(folder)/\(name)/server.py"))
      }
      try body(PeerFolder(folder, program: "/none"), folder)
    }
  }
}
