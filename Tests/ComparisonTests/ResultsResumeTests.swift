import Testing

@testable import Comparison

@Suite struct ResultsResumeTests {
  private func message(
    program: String = steady.program,
    _ change: (inout Machine, inout [Entrant]) -> Void
  ) -> String? {
    var (machine, entrants) = (steady.machine, steady.entrants)
    change(&machine, &entrants)
    do {
      try steady.requireSame(program: program, machine, entrants)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func `the same machine and servers go on`() {
    #expect(message { _, _ in } == nil)
    // What may differ: how busy the machine is, and who had not been there.
    #expect(message { machine, _ in machine.notes = ["It was busy."] } == nil)
    #expect(message { _, entrants in entrants.removeAll { $0.problem != nil } } == nil)
  }

  @Test func `another machine is told`() {
    let prefix = "this would not be the same comparison: "
    #expect(
      message { machine, _ in machine.processor = "Real 1" }
        == prefix + "the processor was Imaginary 9000, and is Real 1"
    )
    #expect(
      message { machine, _ in machine.processors = 2 } == prefix + "the number of processors was 4, and is 2"
    )
    #expect(
      message { machine, _ in machine.kernel = "Linux 7" } == prefix
        + "the kernel was Linux 6.1.0, and is Linux 7"
    )
    #expect(message { machine, _ in machine.system = "Plan 9" }?.contains("and is Plan 9") == true)
  }

  @Test func `another program is told, and servers that were made from something else`() throws {
    #expect(
      message(program: "abc") { _, _ in }?.hasSuffix("this program was , and is abc") == true
    )
    let index = try #require(steady.entrants.firstIndex { $0.id == "go" })
    #expect(
      message { _, entrants in entrants[index].digest = "abc" }?
        .hasSuffix("what Go is made from was not known, and is abc") == true
    )
  }

  @Test func `another version is told, and one that has gone`() throws {
    let index = try #require(steady.entrants.firstIndex { $0.id == "go" })
    #expect(
      message { _, entrants in entrants[index].version = "go1.20" }?
        .hasSuffix("the version of Go was go1.19.8, and is go1.20") == true
    )
    #expect(
      message { _, entrants in entrants[index].version = nil }?.hasSuffix("and is not known") == true
    )
    #expect(
      message { _, entrants in entrants[index].problem = "it isn't built" }?
        .hasSuffix("Go was ready, and is not: it isn't built") == true
    )
  }
}
