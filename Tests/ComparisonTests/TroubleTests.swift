import Testing

@testable import Comparison

@Suite struct TroubleTests {
  @Test func `a verdict's reasons are told once by kind, with the range of their figure`() {
    #expect(
      Trouble.plain([
        "it kept connections open whose clients had gone",
        "INVALID: only 62.1 % of the asked rate was sent; 3 replies were corrupt",
        "INVALID: only 9.5 % of the asked rate was sent",
        "it did not answer a new client after the load",
        "INVALID: only 50.0 % of the asked rate was sent; 3 replies were corrupt",
      ]) == [
        "it kept connections open whose clients had gone", "only 9.5–62.1 % of the asked rate was sent",
        "3 replies were corrupt", "it did not answer a new client after the load",
      ]
    )
  }

  @Test func `of reasons with more than one figure the first stands for all`() {
    #expect(
      Trouble.plain(["INVALID: 3 received, 2 of them wrong", "INVALID: 4 received, 1 of them wrong"])
        == ["3 received, 2 of them wrong"]
    )
  }

  @Test func `other sentences are each told once, whatever their figures are`() {
    let troubles = [
      "it ended badly when it was told to: exit 3", "it ended badly when it was told to: exit 4",
    ]
    #expect(Trouble.plain(troubles + troubles) == troubles)
  }

  @Test(
    arguments: [
      (4, "SIGILL"), (6, "SIGABRT"), (7, "SIGBUS"), (8, "SIGFPE"), (9, "SIGKILL"), (11, "SIGSEGV"),
      (42, "signal 42"),
    ]
  )
  func `signals have their names`(number: Int, name: String) {
    #expect(Trouble.plain(["it ended under load: signal \(number)"]) == ["it ended under load: \(name)"])
    let log = "it printed: a signal \(number)b"
    #expect(
      Trouble.plain(["it ended before it accepted: signal \(number); \(log)"])
        == ["it ended before it accepted: \(name); \(log)"]
    )
  }
}
