import Testing

@testable import Comparison

@Suite struct ResultFileTests {
  private struct Value: Codable, Equatable {
    var schema = 3
    var kind = "test"
    var path = "a/b"
  }

  private func read(_ json: String) throws -> Value {
    try ResultFile.read(json, kind: "test", file: "test.json", command: "try", schema: 3)
  }

  @Test func `fields are in the order of their names, and slashes are themselves`() throws {
    let text = try ResultFile.text(Value())
    #expect(text == "{\n  \"kind\" : \"test\",\n  \"path\" : \"a/b\",\n  \"schema\" : 3\n}\n")
    #expect(try read(text) == Value())
  }

  @Test(arguments: [
    ("{", "it isn't JSON"), ("{}", "it isn't the test.json of `uvecho try`"),
    (#"{"kind": "test"}"#, "it isn't the test.json of `uvecho try`"),
    (#"{"kind": "test", "schema": 4}"#, "its schema is 4, and this program knows 3"),
    (#"{"kind": "test", "schema": 3}"#, "`path` is missing"),
  ])
  func `what is wrong is told`(json: String, reason: String) {
    #expect(#expect(throws: UnreadableResults.self) { try read(json) }?.description == reason)
  }

  @Test func `a file says what it is, or nothing`() {
    #expect(ResultFile.kind(of: #"{"kind": "cost", "rungs": 5}"#) == "cost")
    #expect(ResultFile.kind(of: "{}") == nil)
    #expect(ResultFile.kind(of: "no") == nil)
  }
}
