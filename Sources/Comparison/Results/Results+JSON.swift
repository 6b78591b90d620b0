extension Results {
  /// As `results.json` has it: for people too, with the fields in the order of their names.
  ///
  /// - Throws: an `EncodingError` when a figure isn't a number.
  public func json() throws -> String { try ResultFile.text(self) }

  /// Reads what ``json()`` has made.
  ///
  /// - Throws: ``UnreadableResults``.
  public init(json: String) throws {
    self = try ResultFile.read(
      json,
      kind: "comparison",
      file: "results.json",
      command: "compare",
      schema: Self.schemaVersion
    )
  }
}

/// A file has no results.
public struct UnreadableResults: Error, CustomStringConvertible {
  /// What is wrong: a clause.
  public let reason: String

  /// The clause.
  public var description: String { reason }
}

/// A field that nobody reads.
enum UnknownField {
  /// What a `DecodingError` says of it.
  static let description = "unknown field"
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
    case .dataCorrupted(let context) where context.debugDescription == UnknownField.description:
      return "no field is named `\(path(context))`"
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "`\(path(context))` has an unknown value"
    default: return "it isn't JSON"
    }
  }
}
