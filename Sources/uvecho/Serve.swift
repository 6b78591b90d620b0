import ArgumentParser
import EchoServer
import Libuv
import Logging

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Send every byte back to the client that sent it.",
    discussion: """
      When it is ready, the server prints one line on standard output: "listening on 127.0.0.1:4000". \
      Everything else goes to standard error.

      SIGTERM or Ctrl-C ends it in good order: it accepts no more, echoes what has come, ends each connection \
      with a FIN, prints a line of figures, and exits with 0. A second one ends it at once.

      Examples:
        uvecho serve --port 0                          a port that the system chooses
        uvecho serve --host localhost --host 10.0.0.7  several addresses, one port
        uvecho serve --unix /tmp/echo.sock             a Unix socket, and no TCP
      """
  )

  @Option(
    name: .long,
    help:
      "A name, IPv4 or IPv6 address to listen on. May be repeated. (default: 127.0.0.1; none with --unix alone)"
  )
  var host: [String] = []

  @Option(help: "The TCP port; 0 lets the system choose one. (default: 4000)")
  var port: UInt16?

  @Option(
    help: ArgumentHelp("Listen on a Unix socket at this path, which is removed at exit.", valueName: "path")
  )
  var unix: String?

  @Option(
    help: "How the service is written: with callbacks, or with a task for each connection. Both behave alike."
  )
  var style = ServiceStyle.callbacks

  @Option(help: "How many connections the kernel holds until they are accepted; it has a limit of its own.")
  var backlog = 4096

  @Option(
    help: ArgumentHelp(
      "How long connections may take to finish after SIGTERM; then they are reset.",
      valueName: "seconds"
    )
  )
  var grace = 5.0

  @Option(
    help: ArgumentHelp(
      "End connections on which nothing happened for this long. (default: never)",
      valueName: "seconds"
    )
  )
  var idleTimeout: Double?

  @Option(
    help: ArgumentHelp(
      "Accept no more while this many connections are open; clients wait. (default: no limit)",
      valueName: "count"
    )
  )
  var maxConnections: Int?

  @Option(
    help: ArgumentHelp("Stop reading from a client that hasn't taken this many bytes.", valueName: "bytes")
  )
  var highWater = 65536

  @Option(help: "How much to log.")
  var logLevel = LogLevel.notice

  @Option(
    help: ArgumentHelp(
      "Print a line of live figures on standard error this often. (default: never)",
      valueName: "seconds"
    )
  )
  var stats: Double?

  func validate() throws {
    try require(!host.contains(""), "--host must be a name or an address")
    try require(unix != "", "--unix must be a path")
    try require(backlog > 0, "--backlog must be at least 1")
    try require(isTime(grace) || grace == 0, "--grace must be 0, or from 0.001 to 1e9 seconds")
    try require(idleTimeout.map(isTime) ?? true, "--idle-timeout must be from 0.001 to 1e9 seconds")
    try require(maxConnections ?? 1 > 0, "--max-connections must be at least 1")
    try require(highWater > 0, "--high-water must be at least 1")
    try require(stats.map(isTime) ?? true, "--stats must be from 0.001 to 1e9 seconds")
  }

  private func require(_ condition: Bool, _ message: String) throws {
    guard condition else { throw ValidationError(message) }
  }

  /// Whether a number of seconds is one that timers can count: a millisecond to thirty years.
  private func isTime(_ seconds: Double) -> Bool {
    (0.001...1e9).contains(seconds)
  }

  func run() throws {
    var logger = Logger(label: "uvecho") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel.level
    var service = Service(serverConfiguration, logger: logger)
    service.onListening = { addresses in
      Output.line("listening on \(addresses.map(\.description).joined(separator: ", "))")
    }
    service.onStatistics = { Output.errorLine("stats \($0)") }
    let outcome: Service.Outcome
    do {
      outcome = try service.run()
    } catch {
      Output.errorLine("uvecho: \(error)")
      throw ExitCode.failure
    }
    Output.errorLine("summary \(outcome.statistics)")
    if let interruption = outcome.interruption {
      // As a shell tells that a signal ended a program.
      throw ExitCode(128 + interruption.rawValue)
    }
  }

  var serverConfiguration: Configuration {
    var configuration = Configuration()
    if !host.isEmpty || unix != nil && port == nil { configuration.hosts = host }
    configuration.style = style.style
    configuration.port = port ?? configuration.port
    configuration.unixPath = unix
    configuration.backlog = backlog
    configuration.grace = .seconds(grace)
    configuration.idleTimeout = idleTimeout.map { .seconds($0) }
    configuration.maxConnections = maxConnections
    configuration.highWaterMark = highWater
    configuration.statisticsInterval = stats.map { .seconds($0) }
    return configuration
  }
}

/// swift-log's levels, as arguments.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue)! }
}

/// The server's styles, as arguments.
enum ServiceStyle: String, CaseIterable, ExpressibleByArgument {
  case callbacks, async

  var style: Style { Style(rawValue: rawValue)! }
}
