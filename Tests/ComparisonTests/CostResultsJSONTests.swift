import Testing

@testable import Comparison

@Suite struct CostResultsJSONTests {
  private func message(_ json: String) -> String? {
    #expect(throws: UnreadableResults.self) { try CostResults(json: json) }?.description
  }

  @Test func `what was written is read, whole`() throws {
    for results in [sampleCost, slowCost, cost([]), cost([rung("a <&\">")]), MadeUpCosts.full] {
      let text = try results.json()
      #expect(try CostResults(json: text).json() == text)
    }
    let read = try CostResults(json: sampleCost.json())
    #expect(read.rungs.map(\.id) == sampleCost.rungs.map(\.id))
    #expect(read.rungs[1].work[0].instructions == sampleCost.rungs[1].work[0].instructions)
    #expect(read.rungs[1].size == sampleCost.rungs[1].size)
    #expect(read.speed?.entrants == sampleCost.speed?.entrants)
  }

  @Test func `fields are in the order of their names, and none is null`() throws {
    let text = try slowCost.json()
    #expect(text.hasPrefix("{\n  \"base\" : \"c-libuv\",\n  \"kind\" : \"cost\",\n"))
    #expect(text.hasSuffix("}\n"))
    #expect(!text.contains("null"))
  }

  @Test func `what isn't one is told`() throws {
    for text in ["", "no", "[1]"] { #expect(message(text) == "it isn't JSON") }
    #expect(message("{}") == "it isn't the cost.json of `uvecho cost`")
    #expect(message("{\"kind\": \"comparison\", \"schema\": 1}") == "it isn't the cost.json of `uvecho cost`")
    #expect(message("{\"kind\": \"cost\", \"schema\": 2}") == "its schema is 2, and this program knows 1")
    #expect(message("{\"kind\": \"cost\", \"schema\": 1}")?.hasSuffix("is missing") == true)
    let text = try MadeUpCosts.full.json()
    #expect(message(text.replacing("\"echo\"", with: "\"ping\""))?.contains("unknown value") == true)
    #expect(message(text.replacing("\"base\" : \"c\",", with: "")) == "`base` is missing")
  }

  @Test func `a rung, and what it costs, are found by name`() throws {
    let results = MadeUpCosts.full
    #expect(results.rung("swift")?.cost(of: .echo)?.instructions.each == 735)
    #expect(results.rung("swift")?.cost(of: .timer) == nil)
    #expect(results.rung("x") == nil)
    #expect(results.instructionsOfBase(results.rungs[1], .echo) == 1.05)
    #expect(results.instructionsOfBase(results.rungs[1], .timer) == nil)
  }

  @Test func `results tell whether they were ended early`() {
    var results = MadeUpCosts.full
    #expect(!results.isEndedEarly)
    results.problems = [CostResults.endedEarly]
    #expect(results.isEndedEarly)
  }
}
