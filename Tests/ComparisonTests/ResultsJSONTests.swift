import Testing

@testable import Comparison

@Suite struct ResultsJSONTests {
  private func message(_ json: String) -> String? {
    #expect(throws: UnreadableResults.self) { try Results(json: json) }?.description
  }

  @Test func `what was written is read, whole`() throws {
    let text = try steady.json()
    let read = try Results(json: text)
    #expect(try read.json() == text)
    #expect(read.samples.count == steady.samples.count)
    #expect(read.entrants == steady.entrants)
    #expect(read.settings == steady.settings)
    #expect(read.latencyRates == steady.latencyRates)
  }

  @Test func `fields are in the order of their names, for people and for diff`() throws {
    let text = try steady.json()
    #expect(text.hasPrefix("{\n  \"entrants\" : [\n"))
    #expect(text.hasSuffix("}\n"))
  }

  @Test func `what isn't JSON is told`() {
    for text in ["", "no", "{", "[1]", "{\"schema\": \"1\"}"] { #expect(message(text) == "it isn't JSON") }
  }

  @Test func `another report is told`() {
    let wanted = "it isn't the results.json of `uvecho compare`"
    #expect(message("{}") == wanted)
    #expect(message("{\"kind\": \"run\", \"schema\": 1}") == wanted)
    #expect(message("{\"kind\": \"comparison\"}") == wanted)
  }

  @Test func `another schema is told`() {
    #expect(
      message("{\"kind\": \"comparison\", \"schema\": 2}")
        == "its schema is 2, and this program knows \(Results.schemaVersion)"
    )
  }

  @Test func `what is missing or wrong is named with its place`() throws {
    #expect(message("{\"kind\": \"comparison\", \"schema\": 1}")?.hasSuffix("is missing") == true)
    let text = try steady.json()
    func changed(_ before: String, _ after: String) throws -> String {
      try #require(text.contains(before))
      return text.replacing(before, with: after, maxReplacements: 1)
    }
    #expect(
      message(try changed("\"processors\" : 4", "\"processors\" : \"4\""))
        == "`machine.processors` is of the wrong type"
    )
    #expect(message(try changed("\"processors\" : 4,", "")) == "`machine.processors` is missing")
    #expect(
      message(try changed("\"profile\" : \"standard\"", "\"profile\" : \"slow\""))
        == "`settings.profile` has an unknown value"
    )
    #expect(
      message(try changed("\"round\" : 1", "\"round\" : null")) == "`samples.0.round` is of the wrong type"
    )
  }
}
