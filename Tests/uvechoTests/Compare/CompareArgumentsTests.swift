import ArgumentParser
import Comparison
import LoadGenerator
import Testing

@testable import uvecho_tools

@Suite struct CompareArgumentsTests {
  // MARK: Lists

  @Test func `a list has commas between its values`() {
    #expect(List<Int>(argument: "100,2000")?.elements == [100, 2000])
    #expect(List<Int>(argument: "7")?.elements == [7])
    #expect(List<String>(argument: "uvecho,c-libuv")?.elements == ["uvecho", "c-libuv"])
    #expect(
      List<Workload.Strategy>(argument: "reconnect,persistent")?.elements == [.reconnect, .persistent]
    )
    #expect(List<Sizes>(argument: "64,4k")?.elements == [Sizes(64), Sizes(4096)])
  }

  @Test(arguments: ["", ",", "1,", ",1", "1,,2", "1, 2", "one", "1;2", "1.5"])
  func `what is no list of numbers is refused`(text: String) {
    #expect(List<Int>(argument: text) == nil)
  }

  @Test(arguments: ["both", "persistent,random", "Persistent", "persistent reconnect"])
  func `what is no list of strategies is refused`(text: String) {
    #expect(List<Workload.Strategy>(argument: text) == nil)
  }

  @Test func `a list tells the values that it may have`() {
    #expect(List<Workload.Strategy>.allValueStrings == ["persistent", "reconnect"])
    #expect(List<Int>.allValueStrings == [])
  }

  @Test func `what comes twice is found`() {
    #expect([1, 2, 3].isDistinct)
    #expect([Int]().isDistinct)
    #expect(![1, 2, 1].isDistinct)
    #expect([3, 1, 3, 2, 1].distinct == [3, 1, 2])
  }

  // MARK: Shares

  @Test(
    arguments: [
      ("0.25,0.5,0.75", [0.25, 0.5, 0.75]),
      ("50%", [0.5]),
      ("12.5%,1", [0.125, 1]),
      ("100%", [1]),
      ("none", []),
    ]
  )
  func `shares are numbers up to 1, or hundredths`(text: String, shares: [Double]) {
    #expect(Shares(argument: text)?.elements == shares)
  }

  @Test(
    arguments: ["", "0", "0%", "1.01", "101%", "-0.5", "nan", "inf", "%", "half", "0.5,", "none,0.5", "50 %"]
  )
  func `what is no share is refused`(text: String) {
    #expect(Shares(argument: text) == nil)
  }

  // MARK: Processors

  @Test(
    arguments: [
      ("auto", Processors.Choice.automatic),
      ("none", .none),
      ("1,0", .these(server: 1, client: 0)),
      ("0,0", .these(server: 0, client: 0)),
      ("12,3", .these(server: 12, client: 3)),
    ]
  )
  func `processors are chosen, none, or the server's and the clients'`(
    text: String,
    choice: Processors.Choice
  ) {
    #expect(Pinning(argument: text)?.choice == choice)
  }

  @Test(arguments: ["", "1", "1,", ",1", "1,,0", ",1,0", "1,x,0", "1,0,2", "-1,0", "1, 0", "both", "Auto"])
  func `what are no two processors is refused`(text: String) {
    #expect(Pinning(argument: text) == nil)
  }

  // MARK: Profiles

  @Test func `profiles have their names`() {
    #expect(Settings.Profile(argument: "quick") == .quick)
    #expect(Settings.Profile(argument: "standard") == .standard)
    #expect(Settings.Profile(argument: "full") == .full)
    #expect(Settings.Profile(argument: "slow") == nil)
  }
}
