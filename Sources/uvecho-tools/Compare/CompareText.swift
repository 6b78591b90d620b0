import Comparison

/// What a comparison tells in a terminal.
enum CompareText {
  /// Who is ready.
  static func list(_ entrants: [Entrant]) -> String {
    let rows = entrants.map { ($0.id, $0.name, $0.problem ?? "ready: \($0.version ?? "?")") }
    let widths = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0)
    let lines = rows.map { id, name, state in
      "\(padded(id, widths.0))  \(padded(name, widths.1))  \(state)"
    }
    return lines.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// What is about to be done, and for how long.
  static func beginning(_ results: Results, secondsLeft: Double) -> String {
    guard !results.isComplete else { return "all rounds are there: only the report is drawn again" }
    let settings = results.settings
    let present = results.entrants.filter { $0.problem == nil && !$0.isTwin }
    let twin = settings.hasTwin ? present.count == 1 ? ", twice" : ", one of them twice" : ""
    var lines = [
      """
      comparing \(count(present.count, "server"))\(twin), with \
      \(count(settings.cells.count, "workload")), in \(count(settings.rounds, "round")): about \(time(secondsLeft))
      """
    ]
    for entrant in results.entrants where !entrant.isTwin {
      if let problem = entrant.problem { lines.append("without \(entrant.name): \(problem)") }
    }
    for note in results.machine.notes { lines.append("note: \(note)") }
    return lines.joined(separator: "\n")
  }

  /// The figures that most people look for.
  static func summary(_ results: Results) -> String {
    var parts = results.settings.cells.compactMap { table(results, $0) }
    let noFigures = failed(results).map { entrant in
      // When the comparison was ended before their turn there is nothing to say why.
      results.samples.contains { $0.entrant == entrant.id }
        ? "\(entrant.name) has no figures: the report says why" : "\(entrant.name) has no figures yet"
    }
    if !noFigures.isEmpty { parts.append(noFigures.joined(separator: "\n")) }
    return parts.joined(separator: "\n\n")
  }

  /// How far the figures can be trusted; nil when there is nothing to be said against them.
  static func notes(_ results: Results) -> String? {
    var notes: [String] = []
    if results.settings.rounds < Ratio.leastRounds {
      notes.append("A first look, not a result: an interval takes \(Ratio.leastRounds) rounds.")
    }
    if !results.settings.hasTwin {
      notes.append("How far the same server would differ from itself was not measured: --twin does that.")
    }
    return notes.isEmpty || results.samples.isEmpty ? nil : notes.joined(separator: "\n")
  }

  /// Nil before the first sample.
  private static func table(_ results: Results, _ cell: Cell) -> String? {
    let share = results.settings.latencyShares(of: cell).isEmpty ? nil : results.settings.middleShare
    let base = results.base?.name ?? results.settings.base
    // Of fewer rounds it is the range, which covers less.
    let interval = results.settings.rounds < Ratio.leastRounds ? "range" : "95 %"
    var header = [cell.title, "responses/s", "of \(base)", interval, "CPU/response"]
    if let share { header.append("p99 at \(percent(share))") }
    // Who could not take part was named at the beginning.
    let rows = results.standings(cell).filter { $0.summary != nil }.map { standing in
      var row = [standing.entrant.name]
      guard let summary = standing.summary, let rate = summary.responsesPerSecond else {
        return row + ["none", "", "", ""]
      }
      let isExact = standing.ratioBound == .exact
      row.append("\(summary.isLowerBound ? ">= " : "")\(Text.count(Int(rate.median)))")
      row.append(
        summary.ratio.map { "\(mark(standing.ratioBound))\(Text.number($0.value, 3))" }
          ?? (standing.isBase ? "1" : "-")
      )
      row.append(
        summary.ratio.map {
          // One round has no range.
          $0.rounds == 1
            ? "-"
            : "\(Text.number($0.low, 3)) to \(Text.number($0.high, 3))\(isExact && $0.isEqual ? ", equal" : "")"
        } ?? ""
      )
      row.append(standing.processorMicroseconds.map { Text.time($0 * 1e3) } ?? "-")
      if let share {
        let latency = results.summary(of: standing.entrant.id, cell, share: share)?.latency
        row.append(latency.map { Text.time($0[99] * 1e3) } ?? "-")
      }
      return row
    }
    return rows.isEmpty ? nil : Text.table([header] + rows)
  }

  /// Before a ratio that the clients have held back.
  private static func mark(_ bound: Bound) -> String {
    switch bound {
    case .exact: ""
    case .atLeast: ">= "
    case .atMost: "<= "
    case .unknown: "~ "
    }
  }

  /// Those who took part, and have no figure.
  static func failed(_ results: Results) -> [Entrant] {
    results.entrants.filter { entrant in
      entrant.problem == nil && !results.samples.contains { $0.entrant == entrant.id && $0.isValid }
    }
  }

  /// A share in hundredths, with a digit after the point if it needs one: `50 %`, `12.5 %`.
  static func percent(_ share: Double) -> String {
    let tenths = Text.number(share * 100, 1)
    return "\(tenths.hasSuffix(".0") ? String(tenths.dropLast(2)) : tenths) %"
  }

  /// A time for waiting: `45 s`, `12 min`, `2 h 05 min`.
  static func time(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    guard whole >= 100 else { return "\(whole) s" }
    let minutes = (whole + 30) / 60
    guard minutes >= 100 else { return "\(minutes) min" }
    let rest = minutes % 60
    return "\(minutes / 60) h \(rest < 10 ? "0" : "")\(rest) min"
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
