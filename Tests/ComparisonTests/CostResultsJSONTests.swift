import Testing

@testable import Comparison

@Suite struct CostResultsJSONTests {
  @Test func `what was written is read, whole`() throws {
    for results in [sampleCost, slowCost, cost([]), cost([rung("a <&\">")])] {
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

  @Test func `what it isn't is told`() {
    func message(_ json: String) -> String? {
      #expect(throws: UnreadableResults.self) { try CostResults(json: json) }?.description
    }
    #expect(message("no") == "it isn't JSON")
    #expect(message("{}") == "it isn't the cost.json of `uvecho cost`")
    #expect(message(#"{"kind": "comparison", "schema": 1}"#) == "it isn't the cost.json of `uvecho cost`")
    #expect(message(#"{"kind": "cost", "schema": 2}"#) == "its schema is 2, and this program knows 1")
    #expect(message(#"{"kind": "cost", "schema": 1}"#)?.hasSuffix("is missing") == true)
  }
}
