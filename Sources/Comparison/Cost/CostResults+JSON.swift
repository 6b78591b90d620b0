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
}
