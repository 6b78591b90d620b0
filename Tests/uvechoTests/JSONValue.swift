import FoundationEssentials

/// Any JSON, to be looked into.
enum JSONValue: Decodable, Equatable {
  case object([String: JSONValue])
  case array([JSONValue])
  case string(String)
  case number(Double)
  case bool(Bool)
  case null

  /// Reads a text that holds JSON and nothing else.
  init(_ text: String) throws {
    self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else if let value = try? container.decode([String: JSONValue].self) {
      self = .object(value)
    } else {
      self = .null
    }
  }

  /// What stands at a dotted path; nil when there is nothing.
  subscript(path: String) -> JSONValue? {
    path.split(separator: ".").reduce(self) { value, name in
      guard case .object(let fields) = value else { return nil }
      return fields[String(name)]
    }
  }

  func number(_ path: String) -> Double? {
    guard case .number(let value) = self[path] else { return nil }
    return value
  }

  func int(_ path: String) -> Int? { number(path).flatMap { Int(exactly: $0) } }

  func string(_ path: String) -> String? {
    guard case .string(let value) = self[path] else { return nil }
    return value
  }

  func bool(_ path: String) -> Bool? {
    guard case .bool(let value) = self[path] else { return nil }
    return value
  }

  func array(_ path: String) -> [JSONValue] {
    guard case .array(let values) = self[path] else { return [] }
    return values
  }

  func object(_ path: String) -> [String: JSONValue] {
    guard case .object(let fields) = self[path] else { return [:] }
    return fields
  }
}
