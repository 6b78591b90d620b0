import ArgumentParser
import LoadGenerator
import Testing

@testable import uvecho_tools

@Suite struct ArgumentsTests {
  @Test(
    arguments: [
      ("30", Duration.seconds(30)),
      ("30s", .seconds(30)),
      ("0.5", .milliseconds(500)),
      ("500ms", .milliseconds(500)),
      ("1.5ms", .microseconds(1500)),
      ("250us", .microseconds(250)),
      ("2m", .seconds(120)),
      ("1h", .seconds(3600)),
      ("0", .zero),
      ("1e3", .seconds(1000)),
    ]
  )
  func `a time has a unit, or is in seconds`(text: String, duration: Duration) {
    #expect(Time(argument: text)?.duration == duration)
  }

  @Test(
    arguments: ["", "s", "ms", "soon", "-1", "-1ms", "nan", "inf", "1e10", "1e9m", "1 s", "1d", "10 ms"]
  )
  func `what is no time is refused`(text: String) {
    #expect(Time(argument: text) == nil)
  }

  @Test func `a time as a default is told in seconds`() {
    #expect(Time.seconds(5).defaultValueDescription == "5")
    #expect(Time(duration: .milliseconds(500)).defaultValueDescription == "0.5")
  }

  @Test(
    arguments: [
      ("1", 1...1),
      ("64", 64...64),
      ("64k", 65536...65536),
      ("1m", (1 << 20)...(1 << 20)),
      ("64m", (64 << 20)...(64 << 20)),
      ("1-65536", 1...65536),
      ("1k-2k", 1024...2048),
      ("5-5", 5...5),
    ]
  )
  func `a size is a number of bytes, or a range`(text: String, range: ClosedRange<Int>) {
    #expect(Sizes(argument: text)?.range == range)
  }

  @Test(
    arguments: [
      "", "0", "-", "-1", "1-", "-5-6", "2-1", "1-2-3", "65m", "67108865", "k", "1g", "0-5", "1.5", "64 k",
      "99999999999999999999", "many",
    ]
  )
  func `what is no size is refused`(text: String) {
    #expect(Sizes(argument: text) == nil)
  }

  @Test func `a size as a default is told in bytes`() {
    #expect(Sizes(64).defaultValueDescription == "64")
  }

  @Test func `strategies and arrivals have their names`() {
    #expect(Workload.Strategy(argument: "persistent") == .persistent)
    #expect(Workload.Strategy(argument: "reconnect") == .reconnect)
    #expect(Workload.Strategy(argument: "random") == nil)
    #expect(Workload.Arrivals(argument: "constant") == .constant)
    #expect(Workload.Arrivals(argument: "poisson") == .poisson)
    #expect(Workload.Arrivals(argument: "bursts") == nil)
  }

  @Test func `targets, sources, promises and sweeps are read by their own types`() {
    #expect(Target(argument: "localhost:7")?.description == "localhost:7")
    #expect(Target(argument: "localhost") == nil)
    #expect(SourceAddresses(argument: "127.0.0.0/16")?.description == "127.0.0.0/16")
    #expect(SourceAddresses(argument: "127.0.0.0/33") == nil)
    #expect(Promise(argument: "p99<2ms")?.description == "p99<2ms")
    #expect(Promise(argument: "p99>2ms") == nil)
    #expect(Sweep(argument: "20%..40%/20%")?.shares == [0.2, 0.4])
    #expect(Sweep(argument: "20..40") == nil)
  }
}
