import Comparison

/// What a measurement of costs tells in a terminal.
enum CostText {
  /// Which rungs are ready.
  static func list(_ rungs: [Rung], _ readiness: [Readiness]) -> String {
    let rows = zip(rungs, readiness).map { ($0.id, $0.name, $1.problem ?? "ready: \($1.version ?? "?")") }
    let widths = (rows.map(\.0.count).max() ?? 0, rows.map(\.1.count).max() ?? 0)
    return rows.map { id, name, state in
      "\(padded(id, widths.0))  \(padded(name, widths.1))  \(state)"
    }.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// What is about to be measured.
  static func beginning(_ results: CostResults) -> String {
    let ready = results.rungs.count { !$0.isLeftOut }
    var lines = ["measuring \(ready) rung\(ready == 1 ? "" : "s") of the ladder"]
    for rung in results.rungs where rung.isLeftOut {
      lines += rung.problems.map { "\(rung.id): \($0)" }
    }
    lines += (results.problems ?? []) + results.machine.notes.map { "note: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// The figures that most people look for.
  static func summary(_ results: CostResults) -> String {
    let tables = [instructions(results), counts(results), footprint(results), slices(results)].compactMap {
      $0
    }
    let speed = results.speed.map(CompareText.summary).map { $0.isEmpty ? [] : [$0] } ?? []
    return (tables + speed).joined(separator: "\n\n")
  }

  // MARK: Tables

  /// A table whose columns are those that have a figure; nil when none has.
  private static func table(
    _ title: String,
    _ rungs: [RungCost],
    _ columns: [(String, (RungCost) -> String?)]
  ) -> String? {
    let shown = columns.filter { column in rungs.contains { column.1($0) != nil } }
    let rows = rungs.filter { rung in shown.contains { $0.1(rung) != nil } }
    guard !shown.isEmpty, !rows.isEmpty else { return nil }
    return Text.table(
      [[title] + shown.map(\.0)] + rows.map { rung in [rung.id] + shown.map { $0.1(rung) ?? "-" } }
    )
  }

  private static func instructions(_ results: CostResults) -> String? {
    table(
      "instructions",
      results.rungs,
      Work.allCases.flatMap { work -> [(String, (RungCost) -> String?)] in
        [
          (work.title, { $0.cost(of: work).map { figure($0.instructions.each) } }),
          ("of \(results.base)", { results.instructionsOfBase($0, work).map { Text.number($0, 3) } }),
        ]
      }
    )
  }

  private static func counts(_ results: CostResults) -> String? {
    table(
      "for one",
      results.rungs,
      Work.allCases.flatMap { work -> [(String, (RungCost) -> String?)] in
        [
          ("allocations, \(work.title)", { $0.cost(of: work)?.allocations.map { short($0.each) } }),
          ("bytes", { $0.cost(of: work)?.allocatedBytes.map { figure($0.each) } }),
          ("system calls", { $0.cost(of: work)?.systemCalls.map { short($0.values.reduce(0, +)) } }),
        ]
      }
    )
  }

  private static func footprint(_ results: CostResults) -> String? {
    let counts = results.rungs.flatMap(\.memory).map(\.connections).distinct.sorted()
    var columns: [(String, (RungCost) -> String?)] = counts.map { count in
      (
        "\(Text.count(count)) idle",
        { $0.memory.first { $0.connections == count }.map { Text.bytes($0.bytes) } }
      )
    }
    if let most = counts.last, most > 1 {
      columns.append(
        (
          "for each",
          { $0.memory.first { $0.connections == most }.map { Text.bytes(Int($0.bytesPerConnection)) } }
        )
      )
    }
    columns += [
      ("code", { $0.size.map { Text.bytes($0.programBytes) } }),
      ("libraries", { $0.size.map { Text.bytes($0.libraries.values.reduce(0, +)) } }),
      ("start", { $0.startMilliseconds.map { Text.time($0.median * 1e6) } }),
      ("of \(results.base)", { $0.startRatio.map { Text.number($0.value, 2) } }),
      (
        "95 %",
        {
          $0.startRatio.flatMap {
            $0.rounds >= Ratio.leastRounds ? "\(Text.number($0.low, 2)) to \(Text.number($0.high, 2))" : nil
          }
        }
      ),
    ]
    return table("memory, size, start", results.rungs, columns)
  }

  private static func slices(_ results: CostResults) -> String? {
    table(
      "instructions of an echo",
      results.rungs,
      Slice.allCases.map { slice in
        (
          name(slice),
          { $0.cost(of: .echo)?.slices.first { $0.slice == slice }.map { figure($0.instructions) } }
        )
      }
    )
  }

  /// As the page calls them, in a word or two.
  private static func name(_ slice: Slice) -> String {
    switch slice {
    case .library: "C library"
    case .wrapper: "our library"
    default: slice.rawValue
    }
  }

  /// A count, with a digit after the point where it is small.
  private static func figure(_ value: Double) -> String {
    value.magnitude < 99.95 && value.rounded() != value
      ? Text.number(value, 1) : Text.count(Int(value.rounded()))
  }

  /// A count that is mostly a small whole number.
  private static func short(_ value: Double) -> String {
    (value - value.rounded()).magnitude < 0.005 ? Text.count(Int(value.rounded())) : Text.number(value, 2)
  }

  // MARK: Checks

  /// What was recorded and what was measured, line by line.
  static func checks(_ checks: [CostThresholds.Check]) -> String {
    let header = ["rung, work, figure", "recorded", "measured", "difference", ""]
    return Text.table(
      [header]
        + checks.map { check in
          let digits = digits(check.figure)
          return [
            "\(check.rung), \(check.work.title), \(name(check.figure))",
            Text.number(check.recorded, digits),
            check.measured.map { Text.number($0, digits) } ?? "nothing",
            check.measured.map { difference($0, check, digits) } ?? "",
            check.verdict == .broken ? "BROKEN" : check.verdict == .better ? "better" : "ok",
          ]
        }
    )
  }

  private static func name(_ figure: CostThresholds.Figure) -> String {
    switch figure {
    case .instructionsOfBase: "instructions of the base"
    case .allocations: "allocations"
    case .allocatedBytes: "allocated bytes"
    case .systemCalls: "system calls"
    }
  }

  private static func digits(_ figure: CostThresholds.Figure) -> Int {
    switch figure {
    case .instructionsOfBase: 3
    case .allocations, .systemCalls: 2
    case .allocatedBytes: 1
    }
  }

  private static func difference(_ measured: Double, _ check: CostThresholds.Check, _ digits: Int) -> String {
    let difference = measured - check.recorded
    let sign = difference > 0 ? "+" : ""
    guard check.figure == .instructionsOfBase, check.recorded > 0 else {
      return "\(sign)\(Text.number(difference, digits))"
    }
    return "\(sign)\(Text.percent(difference / check.recorded))"
  }

  /// What to do about figures that aren't what was recorded; nil when there is nothing to do.
  static func hint(_ checks: [CostThresholds.Check], _ path: String) -> String? {
    let broken = checks.count { $0.verdict == .broken }
    let better = checks.count { $0.verdict == .better }
    guard broken == 0 else {
      return
        "\(broken) of \(checks.count) figures \(broken == 1 ? "is" : "are") dearer than recorded, or missing"
    }
    guard better > 0 else { return nil }
    return """
      \(better) of \(checks.count) figures \(better == 1 ? "is" : "are") well below what is recorded: \
      `uvecho cost --check \(path) --record \(path)` makes that the bound
      """
  }
}
