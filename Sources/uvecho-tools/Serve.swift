import ArgumentParser
import EchoServer
import Logging
import UvechoSupport

/// The options of `uvecho serve`, for people: their help, and what is wrong with them.
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
  var style = ServiceStyle(ServeOptions().style)

  @Option(help: "How many connections the kernel holds until they are accepted; it has a limit of its own.")
  var backlog = ServeOptions().backlog

  @Option(
    help: ArgumentHelp(
      "How long connections may take to finish after SIGTERM; then they are reset. (default: 5)",
      valueName: "seconds"
    )
  )
  var grace: Double?

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
  var highWater = ServeOptions().highWaterMark

  @Option(help: "How much to log.")
  var logLevel = LogLevel(ServeOptions().logLevel)

  @Option(
    help: ArgumentHelp(
      "Print a line of live figures on standard error this often. (default: never)",
      valueName: "seconds"
    )
  )
  var stats: Double?

  func validate() throws {
    if let problem = options.problem { throw ValidationError(problem) }
  }

  func run() throws {
    let status = options.serve()
    if status != 0 { throw ExitCode(status) }
  }

  var options: ServeOptions {
    var options = ServeOptions()
    options.hosts = host
    options.port = port
    options.unixPath = unix
    options.style = style.style
    options.backlog = backlog
    options.grace = grace
    options.idleTimeout = idleTimeout
    options.maxConnections = maxConnections
    options.highWaterMark = highWater
    options.logLevel = logLevel.level
    options.statisticsInterval = stats
    return options
  }
}

/// swift-log's levels, as arguments.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  init(_ level: Logger.Level) { self = LogLevel(rawValue: level.rawValue)! }

  var level: Logger.Level { Logger.Level(rawValue: rawValue)! }
}

/// The server's styles, as arguments.
enum ServiceStyle: String, CaseIterable, ExpressibleByArgument {
  case callbacks, async

  init(_ style: Style) { self = ServiceStyle(rawValue: style.rawValue)! }

  var style: Style { Style(rawValue: rawValue)! }
}
