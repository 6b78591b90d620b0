extension CostResults {
  /// As `cost.json` has it: for people too, with the fields in the order of their names.
  ///
  /// - Throws: an `EncodingError` when a figure isn't a number.
  public func json() throws -> String { try ResultFile.text(self) }

  /// Reads what ``json()`` has made.
  ///
  /// - Throws: ``UnreadableResults``.
  public init(json: String) throws {
    self = try ResultFile.read(
      json,
      kind: "cost",
      file: "cost.json",
      command: "cost",
      schema: Self.schemaVersion
    )
  }

  static let endedEarly = "It was ended early: what had not been measured by then is absent."

  /// Whether a signal has ended it early.
  public var isEndedEarly: Bool { problems?.contains(Self.endedEarly) == true }

  /// Whether anything was measured.
  public var hasFigures: Bool { rungs.contains(where: \.hasFigures) }

  /// A rung by its name.
  public func rung(_ id: String) -> RungCost? { rungs.first { $0.id == id } }
}
