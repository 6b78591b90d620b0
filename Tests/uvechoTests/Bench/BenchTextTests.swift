import Histogram
import Libuv
import Testing

@testable import LoadGenerator
@testable import uvecho_tools

@Suite struct BenchTextTests {
  private func text(_ change: (inout MadeUp) -> Void = { _ in }) -> String {
    BenchText(MadeUp(change).outcome).description
  }

  private func line(_ start: String, in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(start) }.map { String($0) }
  }

  // MARK: The three lines of 2015

  @Test func `the three lines of 2015 stand together, as they were`() {
    let text = text {
      $0.requests = 1_234_567
      $0.responses = 1_234_560
      $0.requestsPerSecond = 41_152.4
      $0.responsesPerSecond = 41_151.6
    }
    #expect(
      text.contains(
        """

        Speed: 41152 request/sec, 41152 response/sec
        Requests: 1234567
        Responses: 1234560

        """
      )
    )
  }

  @Test func `a rate that the client limited is a lower bound`() {
    let text = text { $0.isClientLimited = true }
    #expect(line("Speed:", in: text) == "Speed: >= 1000 request/sec, >= 1000 response/sec")
    #expect(
      text.hasSuffix(
        """

        CLIENT-LIMITED: the client's core was busy, the server may have more to give; the rate is a lower bound
        """
      )
    )
  }

  // MARK: What was asked

  @Test func `a closed loop says so, and what it hides`() {
    let text = text { $0.workload.warmup = .seconds(1) }
    #expect(
      text.hasPrefix(
        "127.0.0.1:4000, persistent, 100 clients, 64 bytes, closed loop, 1.00 s after 1.0 s of warm-up\n"
      )
    )
    #expect(text.contains("(closed loop: while the server stalls nobody asks"))
    #expect(line("last byte", in: text)?.contains("1.00 ms") == true)
    #expect(!text.contains("corrected"))
    #expect(!text.contains("send lag"))
    #expect(
      line("rate x latency / clients", in: text) == "rate x latency / clients  1.0000 (Little's law: 1)"
    )
    #expect(text.hasSuffix("\nVALID"))
  }

  @Test func `an open loop tells corrected and raw times, and what was sent of its rate`() {
    let text = text {
      $0.openLoop(20_000, scheduled: 1005, arrivals: .poisson)
      $0.corrected = MadeUp.times([3_000_000])
    }
    #expect(line("127", in: text)?.contains(", open loop at 20000/s (poisson), 1.00 s") == true)
    #expect(line("last byte, corrected", in: text)?.contains("3.00 ms") == true)
    #expect(line("last byte, raw", in: text)?.contains("1.00 ms") == true)
    #expect(line("send lag", in: text)?.contains("5.00 us") == true)
    #expect(line("sent of the asked rate", in: text) == "sent of the asked rate    99.5 %")
    #expect(text.contains("(corrected: from when a request was to begin"))
    #expect(!text.contains("Little's law"))
  }

  @Test func `a low rate has a digit after the point`() {
    #expect(text { $0.openLoop(0.5, scheduled: 0) }.contains("open loop at 0.5/s (constant)"))
  }

  @Test func `what is not the usual stands in the first line`() {
    let text = text {
      $0.workload.strategy = .reconnect
      $0.workload.connections = 1
      $0.workload.size = 1...65536
      $0.workload.pipeline = 16
      $0.workload.sources = SourceAddresses("127.0.0.0/16")
      $0.seconds = 29.996
    }
    #expect(
      text.hasPrefix(
        """
        127.0.0.1:4000, reconnect, 1 client, 1 to 65,536 bytes, pipeline of 16, closed loop, from 127.0.0.0/16, \
        30.00 s

        """
      )
    )
  }

  @Test func `an early end is told in the second line`() {
    let lines = text { $0.isInterrupted = true }.split(separator: "\n")
    #expect(lines[1] == "ENDED EARLY: what follows was measured until then")
    #expect(!text().contains("ENDED EARLY"))
  }

  // MARK: Latencies

  @Test func `the latencies have a column for each figure`() {
    let lines = text().split(separator: "\n")
    let header = lines.first { $0.hasPrefix("latency") }
    #expect(
      header?.split(separator: " ").map { String($0) } == [
        "latency", "mean", "stddev", "min", "p50", "p75", "p90", "p99", "p99.9", "p99.99", "max",
      ]
    )
    for name in ["connect", "first byte", "last byte"] {
      #expect(line(name, in: text())?.count == header?.count)
    }
  }

  @Test func `where nothing was timed there is a dash`() {
    let text = text {
      $0.corrected = Times()
      $0.responses = 0
      $0.reasons = [.noResponse]
    }
    #expect(line("last byte", in: text)?.split(separator: " ").last == "-")
  }

  // MARK: Errors

  @Test func `no error is told as none`() {
    #expect(line("errors", in: text()) == "errors                    none")
  }

  @Test func `errors are told by kind, the most frequent first, and then by name`() {
    let text = text {
      $0.errors = [
        Failure(.read, .reset): 5,
        Failure(.connect, .refused): 1234,
        Failure(.connect, .timeout): 5,
        Failure(.connect, .system(.hostUnreachable)): 1,
      ]
    }
    let lines = text.split(separator: "\n").drop { !$0.hasPrefix("errors") }.prefix(5)
    let expected = [
      ("errors", "1,245 in the whole run"),
      ("  refused while connecting", "1,234"),
      ("  timeout while connecting", "5"),
      ("  reset while reading", "5"),
      ("  host is unreachable (EHOSTUNREACH) while connecting", "1"),
    ]
    let width = expected[4].0.count + 2
    #expect(
      lines.map { String($0) }
        == expected.map { $0 + String(repeating: " ", count: width - $0.count) + $1 }
    )
    #expect(!text.contains("--sources"))
  }

  @Test func `where ports ran out it says what to do`() {
    let text = text { $0.errors = [Failure(.connect, .outOfPorts): 3] }
    #expect(text.contains("  out of ports while connecting  3\n"))
    #expect(text.contains("\n(ports ran out: connect from more addresses with --sources)\n"))
  }

  // MARK: Processors and memory

  @Test func `the client's own use is told`() {
    #expect(
      line("client", in: text())
        == "client                    0.25 s of processor time, 25.0 % of a core, 250.00 us a response, 12.3 MB at most"
    )
    #expect(line("client", in: text { $0.workload.threads = 2 })?.contains("25.0 % of 2 cores") == true)
    #expect(line("server", in: text()) == nil)
  }

  @Test func `the server's use is told if its process was given`() {
    let text = text {
      $0.server = ServerUsage(
        process: 4711,
        userSeconds: 0.1,
        systemSeconds: 0.4,
        residentBytes: 8_000_000,
        peakBytes: 9_500_000
      )
    }
    #expect(
      line("server", in: text) == """
        server 4711               0.50 s of processor time (0.10 user, 0.40 system), 500.00 us a response, \
        8.0 MB resident, 9.5 MB at most
        """
    )
  }

  @Test func `where no reply came nothing is told of a response`() {
    let text = text {
      $0.responsesPerSecond = 0
      $0.reasons = [.noResponse]
    }
    #expect(!text.contains("us a response"))
  }

  // MARK: The verdict

  @Test(
    arguments: [
      (
        Verdict.Reason.unreachable(Failure(.connect, .refused)),
        "no connection could be made: refused while connecting"
      ),
      (.noResponse, "no reply came in the measured time"),
      (.corrupt(1), "1 reply was corrupt"),
      (.corrupt(2), "2 replies were corrupt"),
      (
        .bytesDoNotAddUp(
          Ledger(sent: 100, received: 95, echoed: 90, wrong: 5, lost: [Failure(.read, .reset): 9])
        ),
        "the bytes don't add up: 100 sent, 90 echoed, 9 lost with errors; 95 received, 5 of them wrong"
      ),
      (.rateNotSent(share: 0.876), "only 87.6 % of the asked rate was sent"),
      (.littlesLaw(ratio: 0.5), "Little's law failed: rate x mean latency is 50.0 % of the connections"),
    ]
  )
  func `an invalid run ends with its reason`(reason: Verdict.Reason, sentence: String) {
    let text = text { $0.reasons = [reason] }
    #expect(text.hasSuffix("\nINVALID:\n  \(sentence)"))
  }

  @Test func `each reason has its line, and the client's limit is none`() {
    let text = text {
      $0.reasons = [.noResponse, .corrupt(3)]
      $0.isClientLimited = true
    }
    #expect(
      text.hasSuffix("\nINVALID:\n  no reply came in the measured time\n  3 replies were corrupt")
    )
    #expect(!text.contains("CLIENT-LIMITED"))
  }

  @Test func `no line ends with a blank`() {
    for text in [text(), text { $0.openLoop(5, scheduled: 5) }] {
      #expect(!text.split(separator: "\n", omittingEmptySubsequences: false).contains { $0.hasSuffix(" ") })
    }
  }

  // MARK: For the plotter

  @Test func `the percentile distribution is in milliseconds, and of the corrected times`() {
    let text = BenchText.percentiles(
      MadeUp {
        $0.corrected = MadeUp.times([1_000_000, 2_000_000, 3_000_000])
        $0.raw = MadeUp.times([1])
      }.outcome
    )
    let lines = text.split(separator: "\n")
    #expect(
      lines.first?.split(separator: " ").map { String($0) } == [
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)",
      ]
    )
    let last = lines.last { !$0.hasPrefix("#") }?.split(separator: " ")
    #expect(last?.first.flatMap { Double($0) }.map { abs($0 - 3) < 0.01 } == true)
    #expect(last?.dropFirst(2).first == "3")
  }

  @Test func `the percentile distribution of nothing doesn't end the program`() {
    let text = BenchText.percentiles(MadeUp { $0.corrected = Times() }.outcome)
    #expect(text.contains("Percentile"))
    #expect(!text.contains("nan"))
  }
}
