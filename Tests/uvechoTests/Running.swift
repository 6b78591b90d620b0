import EchoServer
import Glibc
import TestSupport
import Testing

/// `uvecho serve`, running.
struct Server {
  let child: Child
  /// What it says that it listens on.
  let addresses: [String]

  /// The port of its first address.
  var port: UInt16 { UInt16(addresses[0].split(separator: ":").last!)! }

  func connect(receiveBuffer: Int32? = nil, sendBuffer: Int32? = nil) throws -> RawClient {
    try RawClient(port: port, receiveBuffer: receiveBuffer, sendBuffer: sendBuffer)
  }

  /// The lines of live figures up to now.
  var figures: [Figures] { child.errors.lines.compactMap { Figures(line: $0, kind: "stats") } }

  /// Waits until live figures say something.
  func waitForFigures(_ what: String, until condition: (Figures) -> Bool) throws {
    let seen = figures.count
    try child.wait(for: what) { figures.dropFirst(seen).contains(where: condition) }
  }

  /// Sends a signal, waits for the end, and returns the summary.
  @discardableResult
  func end(
    with signal: Int32 = SIGTERM,
    expecting exit: Child.Exit = .code(0),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Figures {
    child.signal(signal)
    return try waitForSummary(expecting: exit, sourceLocation: sourceLocation)
  }

  /// Waits for the end, and returns the summary.
  @discardableResult
  func waitForSummary(
    expecting exit: Child.Exit = .code(0),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> Figures {
    let actual = try child.waitForExit()
    #expect(actual == exit, sourceLocation: sourceLocation)
    let summaries = child.errors.lines.compactMap { Figures(line: $0, kind: "summary") }
    #expect(summaries.count == 1, "one summary: \(child.errors)", sourceLocation: sourceLocation)
    #expect(child.output.lines.count == 1, "one line of output", sourceLocation: sourceLocation)
    return try #require(summaries.first, sourceLocation: sourceLocation)
  }
}

/// Starts `uvecho serve` on a port that the system chooses, and ends it after `body` whatever happens.
///
/// - Parameters:
///   - style: how the service is written.
///   - descriptors: how many file descriptors it may have (`ulimit -n`).
///   - arguments: the arguments after `serve`. `--port 0` comes last, unless it is to serve on a Unix socket alone.
func withServe(
  style: Style = .callbacks,
  descriptors: Int? = nil,
  _ arguments: String...,
  body: (Server) throws -> Void
) throws {
  let isUnixOnly = arguments.contains("--unix") && !arguments.contains("--host")
  let arguments = ["serve", "--style", style.rawValue] + arguments + (isUnixOnly ? [] : ["--port", "0"])
  let child =
    if let descriptors {
      try Child(
        path: "/bin/sh",
        ["-c", "ulimit -n \(descriptors); exec \"$0\" \"$@\"", try Child.built("uvecho")] + arguments
      )
    } else {
      try Child("uvecho", arguments)
    }
  defer { child.end() }
  try child.wait(for: "line on standard output") { child.output.contains("\n") || child.hasExited() }
  let line = try #require(child.output.lines.first, "it has ended: \(child.errors)")
  let prefix = "listening on "
  try #require(line.hasPrefix(prefix))
  let addresses = line.dropFirst(prefix.count).split(separator: ", ").map { String($0) }
  try body(Server(child: child, addresses: addresses))
}

/// What a run that ends by itself has left.
struct Ended {
  let exit: Child.Exit
  let output: String
  let errors: String
}

/// Runs `uvecho` to its end.
func runUvecho(_ arguments: String...) throws -> Ended {
  try runUvecho(arguments)
}

/// Runs `uvecho` to its end.
func runUvecho(_ arguments: [String]) throws -> Ended {
  let child = try Child("uvecho", arguments)
  defer { child.end() }
  let exit = try child.waitForExit()
  return Ended(exit: exit, output: child.output, errors: child.errors)
}

/// A line of figures: `stats connections=1 open=1 …`.
struct Figures {
  let connections: Int
  let open: Int
  let requests: Int
  let bytesIn: Int
  let bytesOut: Int
  let bytesDiscarded: Int
  let idleTimeouts: Int
  let resets: Int
  let errors: String

  /// How many bytes wait in the server.
  var queued: Int { bytesIn - bytesOut }

  /// Reads a line of the kind; nil for another line, or one that lacks a figure or has one too many.
  init?(line: some StringProtocol, kind: String) {
    var words = line.split(separator: " ").map { String($0) }
    guard words.first == kind, words.count == 10 else { return nil }
    words.removeFirst()
    func value(_ name: String) -> String? {
      let word = words.removeFirst()
      return word.hasPrefix("\(name)=") ? String(word.dropFirst(name.count + 1)) : nil
    }
    guard
      let connections = value("connections").flatMap({ Int($0) }),
      let open = value("open").flatMap({ Int($0) }),
      let requests = value("requests").flatMap({ Int($0) }),
      let bytesIn = value("bytes_in").flatMap({ Int($0) }),
      let bytesOut = value("bytes_out").flatMap({ Int($0) }),
      let bytesDiscarded = value("bytes_discarded").flatMap({ Int($0) }),
      let idleTimeouts = value("idle_timeouts").flatMap({ Int($0) }),
      let resets = value("resets").flatMap({ Int($0) }),
      let errors = value("errors")
    else { return nil }
    self.connections = connections
    self.open = open
    self.requests = requests
    self.bytesIn = bytesIn
    self.bytesOut = bytesOut
    self.bytesDiscarded = bytesDiscarded
    self.idleTimeouts = idleTimeouts
    self.resets = resets
    self.errors = errors
  }
}

extension String {
  /// The lines that have an end.
  var lines: [Substring] {
    split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }
}
