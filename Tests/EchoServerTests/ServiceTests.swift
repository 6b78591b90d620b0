import EchoServer
import Glibc
import Libuv
import Logging
import TestSupport
import Testing

/// One at a time: each sends signals to this process.
@Suite(.serialized) struct ServiceTests {
  private var configuration: Configuration = {
    var configuration = Configuration()
    configuration.port = 0
    return configuration
  }()

  private func service(_ configuration: Configuration) -> Service {
    Service(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal ends it in good order`(signal: Int32) throws {
    var service = service(configuration)
    var listening: [SocketAddress] = []
    service.onListening = {
      listening = $0
      kill(getpid(), signal)
    }
    let outcome = try service.run()
    #expect(listening.map(\.host) == ["127.0.0.1"])
    #expect(outcome.interruption == nil)
    #expect(outcome.statistics == Statistics())
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a second signal ends it at once, and is named`(second: Int32) throws {
    var configuration = configuration
    configuration.grace = .seconds(3600)
    configuration.statisticsInterval = .milliseconds(10)
    var service = service(configuration)
    var client: RawClient?
    var hasInterrupted = false
    service.onListening = { addresses in
      client = try? RawClient(port: addresses[0].port!)
      kill(getpid(), SIGTERM)
    }
    service.onStatistics = { _ in
      // The client has its FIN, so the first signal has come. A third one would end these tests.
      guard !hasInterrupted, client?.hasInput() == true else { return }
      hasInterrupted = true
      kill(getpid(), second)
    }
    let outcome = try service.run()
    #expect(outcome.interruption?.rawValue == second)
    #expect(outcome.statistics.connections == 1)
    #expect(outcome.statistics.open == 0)
    #expect(outcome.statistics.resets == 1)
  }

  @Test func `live figures come at the interval`() throws {
    var configuration = configuration
    configuration.statisticsInterval = .milliseconds(10)
    var service = service(configuration)
    var client: RawClient?
    var figures: [Statistics] = []
    service.onListening = { addresses in
      client = try? RawClient(port: addresses[0].port!)
      try? client?.send("hello")
    }
    service.onStatistics = {
      figures.append($0)
      if figures.last?.bytesOut == 5, client != nil {
        client = nil
        kill(getpid(), SIGTERM)
      }
    }
    let outcome = try service.run()
    #expect(figures.contains { $0.open == 1 && $0.bytesIn == 5 })
    #expect(outcome.statistics.bytesOut == 5)
    #expect(outcome.statistics.requests == 1)
    #expect(outcome.statistics.open == 0)
  }

  @Test func `what keeps it from listening is thrown`() throws {
    var configuration = configuration
    configuration.hosts = ["192.0.2.1"]
    var service = service(configuration)
    service.onListening = { _ in Issue.record("it doesn't listen") }
    let error = #expect(throws: StartError.self) { try service.run() }
    #expect(error?.error == .addressNotAvailable)
  }
}
