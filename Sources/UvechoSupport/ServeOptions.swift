package import EchoServer
import Libuv
package import Logging

/// What `uvecho serve` is told: what its options mean, what they are when they aren't given, and what they may be.
package struct ServeOptions {
  package var hosts: [String] = []
  package var port: UInt16?
  package var unixPath: String?
  package var style = Style.callbacks
  package var backlog = 4096
  package var grace: Double?
  package var idleTimeout: Double?
  package var maxConnections: Int?
  package var highWaterMark = 65536
  package var logLevel = Logger.Level.notice
  package var statisticsInterval: Double?

  /// As without an option.
  package init() {}

  /// What is wrong with one of them, if anything is.
  package var problem: String? {
    if hosts.contains("") { return "--host must be a name or an address" }
    if unixPath == "" { return "--unix must be a path" }
    if backlog <= 0 { return "--backlog must be at least 1" }
    if let grace, !isTime(grace), grace != 0 { return "--grace must be 0, or from 0.001 to 1e9 seconds" }
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
    seconds >= 0.001 && seconds <= 1e9
  }

  package var configuration: Configuration {
    var configuration = Configuration()
    if !hosts.isEmpty || unixPath != nil && port == nil { configuration.hosts = hosts }
    configuration.style = style
    configuration.port = port ?? configuration.port
    configuration.unixPath = unixPath
    configuration.backlog = backlog
    // Only if it is given: generic code makes a duration of a number, and to read it takes a server that starts some time.
    if let grace { configuration.grace = .seconds(grace) }
    configuration.idleTimeout = idleTimeout.map { .seconds($0) }
    configuration.maxConnections = maxConnections
    configuration.highWaterMark = highWaterMark
    configuration.statisticsInterval = statisticsInterval.map { .seconds($0) }
    return configuration
  }

  /// Serves until a signal.
  ///
  /// - Returns: the exit status.
  package func serve() -> Int32 {
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
}
