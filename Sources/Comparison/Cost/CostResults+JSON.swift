internal import FoundationEssentials
internal import LoadGenerator

extension CostResults {
  /// As `cost.json` has it: for people too, with the fields in the order of their names.
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
    guard head.kind == "cost", let schema = head.schema else {
      throw UnreadableResults(reason: "it isn't the cost.json of `uvecho cost`")
    }
    guard schema == Self.schemaVersion else {
      throw UnreadableResults(reason: "its schema is \(schema), and this program knows \(Self.schemaVersion)")
    }
    do {
      self = try decoder.decode(Self.self, from: data)
    } catch let error as DecodingError {
      throw UnreadableResults(reason: error.sentence)
    }
  }

  static let endedEarly = "It was ended early: what had not been measured by then is absent."

  /// Whether a signal has ended it early.
  public var isEndedEarly: Bool { problems?.contains(Self.endedEarly) == true }

  /// A rung by its name.
  public func rung(_ id: String) -> RungCost? { rungs.first { $0.id == id } }
}
