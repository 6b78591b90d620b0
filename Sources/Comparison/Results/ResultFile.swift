internal import FoundationEssentials

/// What all files with results have in common.
enum ResultFile {
  /// For people too, with the fields in the order of their names.
  ///
  /// - Throws: an `EncodingError` when a figure isn't a number.
  static func text(_ results: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(results), as: UTF8.self) + "\n"
  }

  /// Reads what ``text(_:)`` has made.
  ///
  /// - Parameters:
  ///   - kind: what the file must say that it is.
  ///   - file: how such a file is called.
  ///   - command: what writes it.
  ///   - schema: the version that this program knows.
  /// - Throws: ``UnreadableResults``.
  static func read<Value: Decodable>(
    _ json: String,
    kind: String,
    file: String,
    command: String,
    schema known: Int
  ) throws -> Value {
    let decoder = JSONDecoder()
    let data = Data(json.utf8)
    guard let head = try? decoder.decode(Head.self, from: data) else {
      throw UnreadableResults(reason: "it isn't JSON")
    }
    guard head.kind == kind, let schema = head.schema else {
      throw UnreadableResults(reason: "it isn't the \(file) of `uvecho \(command)`")
    }
    guard schema == known else {
      throw UnreadableResults(reason: "its schema is \(schema), and this program knows \(known)")
    }
    do {
      return try decoder.decode(Value.self, from: data)
    } catch let error as DecodingError {
      throw UnreadableResults(reason: error.sentence)
    }
  }

  /// What a file says that it is; nil when it says nothing.
  static func kind(of json: String) -> String? {
    try? JSONDecoder().decode(Head.self, from: Data(json.utf8)).kind
  }

  private struct Head: Decodable {
    let schema: Int?
    let kind: String?
  }
}
