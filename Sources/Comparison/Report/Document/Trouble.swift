/// What went wrong with a server, as people read it: a run has it as its tools have said it.
enum Trouble {
  /// The troubles of several starts, each kind once.
  static func plain(_ troubles: [String]) -> [String] {
    var plain: [String] = []
    // The reasons of verdicts, by what they say besides their figures.
    var kinds: [String: (place: Int, reasons: [String])] = [:]
    for trouble in troubles {
      guard trouble.hasPrefix(invalid) else {
        let sentence = named(trouble)
        if !plain.contains(sentence) { plain.append(sentence) }
        continue
      }
      for reason in trouble.dropFirst(invalid.count).split(separator: separator).map(String.init) {
        let kind = reason.replacing(figure, with: "#")
        if kinds[kind] == nil {
          kinds[kind] = (plain.count, [])
          plain.append(reason)
        }
        kinds[kind]!.reasons.append(reason)
      }
    }
    for (place, reasons) in kinds.values { plain[place] = merged(reasons) }
    return plain
  }

  /// What a verdict that has reasons begins with.
  private static let invalid = "INVALID: "
  private static let separator = "; "
  private static var figure: Regex<Substring> { /[0-9]+(?:\.[0-9]+)?/ }

  /// Reasons that differ in their figures: if it is one figure, its range tells all of them.
  private static func merged(_ reasons: [String]) -> String {
    let figures = reasons.map { $0.matches(of: figure).map { String($0.output) } }
    let places = figures[0].indices.filter { place in figures.contains { $0[place] != figures[0][place] } }
    guard places.count == 1, let place = places.first else { return reasons[0] }
    let sorted = figures.map { $0[place] }.sorted { Double($0)! < Double($1)! }
    var merged = reasons[0]
    merged.replaceSubrange(merged.matches(of: figure)[place].range, with: "\(sorted.first!)–\(sorted.last!)")
    return merged
  }

  /// How a process has ended is told by number where the library has no name for the signal.
  private static func named(_ trouble: String) -> String {
    trouble.replacing(/(^|: )signal ([0-9]+)(?=;|$)/) { match in
      match.output.1 + (Int(match.output.2).flatMap { names[$0] } ?? "signal \(match.output.2)")
    }
  }

  /// On Linux, the signals by which programs crash.
  private static let names = [
    4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV",
  ]
}
