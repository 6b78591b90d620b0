import Testing

@testable import Comparison

@Suite struct TermsSectionTests {
  private func lines(_ section: Document.Section?) -> [String] {
    (section?.blocks ?? []).flatMap { block in
      if case .list(let lines) = block { lines } else { [] as [String] }
    }
  }

  @Test func `what isn't equal is told in the peers' words, with the threads that there were`() {
    let lines = lines(Document.Section.terms(steady))
    #expect(
      lines.contains(
        "Go: One processor (GOMAXPROCS=1); the runtime has threads of its own beside it. Under load it had 4 threads."
      )
    )
    // It has nothing to say, and a twin says what the base does.
    #expect(
      !lines.contains {
        $0.hasPrefix("Swift on libuv") || $0.hasPrefix("C libuv, again") || $0.hasPrefix("Dart")
      }
    )
    var results = steady
    results.entrants[1].threads = 4
    #expect(
      self.lines(Document.Section.terms(results)).contains(
        "Swift on libuv (uvecho): 4 threads serve connections."
      )
    )
  }

  @Test func `who and what is left out is told with its reason`() {
    #expect(
      lines(Document.Section.leftOut(steady)) == [
        "Dart did not take part: it isn't installed: bin/dart is missing",
        "CPython Twisted, 100 persistent clients, 64 bytes, at 75 %: 1 of 6 starts: less than 99 % of the rate was "
          + "sent",
        "Elixir, 3000 reconnecting clients, 64 bytes: 10 of 10 starts: nothing came back; it ended under load: SIGSEGV",
      ]
    )
  }

  @Test func `reasons are told as people read them`() throws {
    var results = behind("go", in: 2, share: 0.5)
    results.entrants[5].problem = "it ended before it accepted: signal 6"
    for index in results.samples.indices where results.samples[index].entrant == "go" {
      let round = results.samples[index].round
      results.samples[index].load?.verdict = "INVALID: only \(round)0.0 % of the asked rate was sent"
    }
    let lines = lines(Document.Section.leftOut(results))
    #expect(lines.contains("Dart did not take part: it ended before it accepted: SIGABRT"))
    #expect(
      lines.contains {
        $0.hasPrefix("Go") && $0.hasSuffix("2 of 6 starts: only 10.0–20.0 % of the asked rate was sent")
      }
    )
  }

  @Test func `what a compiler at run time means is said, with the warm-up`() throws {
    guard case .paragraph(let text) = Document.Section.terms(steady)?.blocks[0] else { throw Missing() }
    #expect(text.contains("begins with the 1.5 s of warm-up over: runtimes that compile while they run"))
  }

  @Test func `who was given up is named, with how it had failed`() throws {
    var results = steady
    let index = try #require(results.entrants.firstIndex { $0.id == "go" })
    results.entrants[index].givenUp = "it ended before it accepted: signal 11"
    #expect(
      lines(Document.Section.leftOut(results)).contains(
        "Go was not started any more after it had failed: it ended before it accepted: SIGSEGV"
      )
    )
  }

  @Test func `nothing left out is said, too`() throws {
    var results = steady
    results.entrants = results.entrants.filter { $0.id == "c-libuv" || $0.id == "uvecho" }
    results.samples = results.samples.filter { $0.entrant == "c-libuv" || $0.entrant == "uvecho" }
    results.summarize()
    guard case .paragraph(let text) = Document.Section.leftOut(results).blocks[0] else { throw Missing() }
    #expect(text == "Nothing: all 88 starts brought figures that can be trusted.")
  }
}
