internal import FoundationEssentials

extension Results {
  /// As `results.json` has it: for people too, with the fields in the order of their names.
  ///
  /// - Throws: an `EncodingError` when a figure isn't a number.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Reads what ``json()`` has made.
  ///
  /// - Throws: ``UnreadableResults``.
  public init(json: String) throws {
    struct Head: Decodable {
      let schema: Int?
      let kind: String?
    }
    let decoder = JSONDecoder()
    let data = Data(json.utf8)
    guard let head = try? decoder.decode(Head.self, from: data) else {
      throw UnreadableResults(reason: "it isn't JSON")
    }
    guard head.kind == "comparison", let schema = head.schema else {
      throw UnreadableResults(reason: "it isn't the results.json of `uvecho compare`")
    }
    guard schema == Self.schemaVersion else {
      throw UnreadableResults(
        reason: "its schema is \(schema), and this program knows \(Self.schemaVersion)"
      )
    }
    do {
      self = try decoder.decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw UnreadableResults(reason: error.sentence)
    }
  }
}

/// A file has no results.
public struct UnreadableResults: Error, CustomStringConvertible {
  /// What is wrong: a clause.
  public let reason: String

  /// The clause.
  public var description: String { reason }
}

extension DecodingError {
  /// What is wrong, and where: a clause.
  var sentence: String {
    func path(_ context: Context, _ key: (any CodingKey)? = nil) -> String {
      let keys = context.codingPath + (key.map { [$0] } ?? [])
      return keys.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context): return "`\(path(context, key))` is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "`\(path(context))` is of the wrong type"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "`\(path(context))` has an unknown value"
    default: return "it isn't JSON"
    }
  }
}
