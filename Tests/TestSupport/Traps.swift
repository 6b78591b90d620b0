public import Testing

/// Demands that a process ended with a trap that says what was done wrong.
///
/// Only debug builds print the sentence of a precondition; in release builds the failed exit has to do.
///
/// - Parameters:
///   - result: what `#expect(processExitsWith: .failure, observing: [\.standardErrorContent])` returned.
///   - sentence: a part of the sentence.
public func expectTrap(
  _ result: ExitTest.Result?,
  saying sentence: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #if DEBUG
    let lines = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self).split(separator: "\n")
    // The trap's line; a stack trace may follow.
    let said = lines.first { $0.contains("Fatal error") || $0.contains(" failed: ") }
    #expect(said?.contains(sentence) == true, sourceLocation: sourceLocation)
  #endif
}
