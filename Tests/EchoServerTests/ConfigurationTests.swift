import EchoServer
import Testing

@Suite struct ConfigurationTests {
  @Test func `the defaults are one local host, port 4000, five seconds of grace, and no limit`() {
    let configuration = Configuration()
    #expect(configuration.hosts == ["127.0.0.1"])
    #expect(configuration.port == 4000)
    #expect(configuration.unixPath == nil)
    #expect(configuration.backlog == 4096)
    #expect(configuration.maxConnections == nil)
    #expect(configuration.highWaterMark == 65536)
    #expect(configuration.idleTimeout == nil)
    #expect(configuration.grace == .seconds(5))
    #expect(configuration.statisticsInterval == nil)
  }
}
