import EchoServer
import Libuv
import Logging

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What `uvecho serve` is told: what its options mean, what they are when they aren't given, and what they may be.
struct ServeOptions {
  var hosts: [String] = []
  var port: UInt16?
  var unixPath: String?
  var style = Style.callbacks
  var backlog = 4096
  var grace = 5.0
  var idleTimeout: Double?
  var maxConnections: Int?
  var highWaterMark = 65536
  var logLevel = Logger.Level.notice
  var statisticsInterval: Double?

  /// What is wrong with one of them, if anything is.
  var problem: String? {
    if hosts.contains("") { return "--host must be a name or an address" }
    if unixPath == "" { return "--unix must be a path" }
    if backlog <= 0 { return "--backlog must be at least 1" }
    if !isTime(grace) && grace != 0 { return "--grace must be 0, or from 0.001 to 1e9 seconds" }
    if let idleTimeout, !isTime(idleTimeout) { return "--idle-timeout must be from 0.001 to 1e9 seconds" }
    if let maxConnections, maxConnections <= 0 { return "--max-connections must be at least 1" }
    if highWaterMark <= 0 { return "--high-water must be at least 1" }
    if let statisticsInterval, !isTime(statisticsInterval) {
      return "--stats must be from 0.001 to 1e9 seconds"
    }
    return nil
  }

  /// Whether a number of seconds is one that timers can count: a millisecond to thirty years.
  private func isTime(_ seconds: Double) -> Bool {
    (0.001...1e9).contains(seconds)
  }

  var configuration: Configuration {
    var configuration = Configuration()
    if !hosts.isEmpty || unixPath != nil && port == nil { configuration.hosts = hosts }
    configuration.style = style
    configuration.port = port ?? configuration.port
    configuration.unixPath = unixPath
    configuration.backlog = backlog
    configuration.grace = .seconds(grace)
    configuration.idleTimeout = idleTimeout.map { .seconds($0) }
    configuration.maxConnections = maxConnections
    configuration.highWaterMark = highWaterMark
    configuration.statisticsInterval = statisticsInterval.map { .seconds($0) }
    return configuration
  }

  /// Serves until a signal.
  ///
  /// - Returns: the exit status.
  func serve() -> Int32 {
    // Nobody has set a provider of metadata; to find that out takes longer than the rest of this.
    var logger = Logger(label: "uvecho") { StreamLogHandler.standardError(label: $0, metadataProvider: nil) }
    logger.logLevel = logLevel
    var service = Service(configuration, logger: logger)
    service.onListening = { addresses in
      // Not by `joined`, of which the same is true as of `writeAll`: see `Output`.
      var text = "listening on "
      for (index, address) in addresses.enumerated() {
        if index > 0 { text += ", " }
        text += address.description
      }
      Output.line(text)
    }
    service.onStatistics = { Output.errorLine("stats \($0)") }
    let outcome: Service.Outcome
    do {
      outcome = try service.run()
    } catch {
      Output.errorLine("uvecho: \(error)")
      return 1
    }
    Output.errorLine("summary \(outcome.statistics)")
    // As a shell tells that a signal ended a program.
    return outcome.interruption.map { 128 + $0.rawValue } ?? 0
  }

  /// Serves until a signal, and ends the program: not with the parser's `exit(withError:)`, which writes the help first, to throw
  /// it away.
  func serveAndExit() -> Never { exit(serve()) }
}
