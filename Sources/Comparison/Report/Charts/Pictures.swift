/// The pictures of a comparison; those here have a row for each server.
struct Pictures {
  let results: Results
  /// Whether names stand above their rows where a page is narrow, as they must if they may be long.
  let hasNamesAbove: Bool

  init(_ results: Results, hasNamesAbove: Bool = false) {
    self.results = results
    self.hasNamesAbove = hasNamesAbove
  }

  /// Responses a second, of the base's.
  func ratios(_ cell: Cell) -> Document.Picture {
    Document.Picture(
      id: "ratios-\(cell.name)",
      title: cell.title.capitalizedFirst,
      caption: "Responses a second as a multiple of those of \(results.baseName). The whisker is the "
        + "\(results.settings.interval). Closed loop; \(results.settings.start)."
        + (hasBounds(cell) ? " Hollow bars are bounds: the clients were the limit." : "")
        + (results.isClientLimited(cell)
          ? " The order is that of the servers' own processor time for a reply." : ""),
      legend: [],
      svg: { ratioChart(cell).inline() }
    )
  }

  private func hasBounds(_ cell: Cell) -> Bool {
    results.standings(cell).contains { $0.ratioBound != .exact && $0.ratio != nil }
  }

  /// The server's processor time for a reply, of the base's: what stands for all where the clients were the limit.
  func processorChart(_ cell: Cell) -> RowChart {
    let standings = results.standings(cell)
    func ratio(_ standing: Standing) -> Double? {
      standing.isBase
        ? standing.processorMicroseconds.map { _ in 1 } : standing.summary?.processorRatio?.value
    }
    let highest = standings.flatMap { [ratio($0), $0.summary?.processorRatio?.high].compactMap { $0 } }
    return RowChart(
      title: "Processor time for a reply as a multiple of that of \(results.baseName), \(cell.title)",
      rows: standings.map { standing in
        var row = row(standing)
        guard let value = ratio(standing) else { return row }
        row.marks = [.bar(from: 0, to: value, shade: "bar")]
        row.figure = standing.summary?.processorRatio?.figure ?? Numbers.short(value)
        if let ratio = standing.summary?.processorRatio, !standing.isBase {
          row.marks.append(.whisker(low: ratio.low, high: ratio.high))
          row.detail = ratio.ends
        }
        return row
      },
      scale: Scale(linearTo: highest + [1]),
      label: Numbers.short,
      reference: standings.contains { ratio($0) != nil } ? (1, results.baseName) : nil,
      hasNamesAbove: hasNamesAbove
    )
  }

  /// The chart of ``ratios(_:)``, which stands alone, too.
  func ratioChart(_ cell: Cell) -> RowChart {
    let standings = results.standings(cell)
    let highest = standings.flatMap { [$0.ratio, $0.summary?.ratio?.high].compactMap { $0 } }
    return RowChart(
      title: "Responses a second as a multiple of those of \(results.baseName), \(cell.title)",
      rows: standings.map { standing in
        var row = row(standing)
        guard let value = standing.ratio else { return row }
        row.marks = [.bar(from: 0, to: value, shade: standing.ratioBound == .exact ? "bar" : "bar hollow")]
        row.figure =
          Document.Entry(
            standing.summary?.ratio?.figure ?? Numbers.short(value),
            bound: standing.ratioBound
          ).signed
        if let ratio = standing.summary?.ratio, !standing.isBase {
          row.marks.append(.whisker(low: ratio.low, high: ratio.high))
          row.detail = ratio.ends
        }
        return row
      },
      scale: Scale(linearTo: highest + [1]),
      label: Numbers.short,
      reference: standings.contains { $0.ratio != nil } ? (1, results.baseName) : nil,
      hasNamesAbove: hasNamesAbove
    )
  }

  /// The server's processor time for a reply.
  func processor(_ cell: Cell) -> Document.Picture {
    let standings = results.standings(cell).lowestFirst(\.processorMicroseconds)
    return Document.Picture(
      id: "processor-\(cell.name)",
      title: cell.title.capitalizedFirst,
      caption:
        "The server's processor time for a reply in µs, the median of \(results.settings.start). Closed loop.",
      legend: [
        Document.LegendEntry(name: "in user space", colour: "user"),
        Document.LegendEntry(name: "in the kernel", colour: "system"),
      ],
      svg: {
        RowChart(
          title: "Processor time for a reply, \(cell.title)",
          rows: standings.map { standing in
            var row = row(standing)
            guard let total = standing.processorMicroseconds,
              let user = standing.summary?.userMicroseconds?.median,
              let system = standing.summary?.systemMicroseconds?.median
            else { return row }
            row.marks = [
              .bar(from: 0, to: user, shade: "bar"), .bar(from: user, to: total, shade: "bar second"),
            ]
            row.figure = Numbers.three(total)
            row.detail = "\(Numbers.three(user)) + \(Numbers.three(system))"
            return row
          },
          scale: Scale(linearTo: standings.compactMap(\.processorMicroseconds)),
          label: Numbers.short,
          hasNamesAbove: hasNamesAbove
        ).inline()
      }
    )
  }

  /// The rounds one by one.
  func rounds(_ cell: Cell) -> Document.Picture {
    let standings = results.standings(cell)
    let ratios = standings.map { results.roundRatios(of: $0.entrant.id, cell) }
    return Document.Picture(
      id: "rounds-\(cell.name)",
      title: cell.title.capitalizedFirst,
      caption:
        "Each dot is a start: its responses a second as a multiple of those of \(results.baseName) in the same round. The "
        + "line is the median. Closed loop; \(results.settings.start).",
      legend: [],
      svg: {
        RowChart(
          title: "The rounds of \(cell.title)",
          rows: zip(standings, ratios).compactMap { standing, ratios in
            guard !standing.isBase, let median = Statistics.median(ratios) else { return nil }
            var row = row(standing)
            row.marks = ratios.map { .dot($0, shade: "dot faint") } + [.tick(median)]
            row.detail = "\(Numbers.decimal(ratios.min()!, 2))–\(Numbers.decimal(ratios.max()!, 2))"
            return row
          },
          scale: Scale(linearAround: ratios.flatMap { $0 } + [1]),
          label: Numbers.short,
          reference: (1, results.baseName)
        ).inline()
      }
    )
  }

  /// Memory idle and under load.
  func memory() -> Document.Picture? {
    guard let cell = results.memoryCell else { return nil }
    let standings = results.standings(cell).lowestFirst { $0.summary?.loadBytes?.median }
    let values = standings.flatMap { standing in
      [standing.summary?.idleBytes, standing.summary?.loadBytes].compactMap { $0?.median }
    }
    guard !values.isEmpty else { return nil }
    return Document.Picture(
      id: "memory-\(cell.name)",
      title: "Memory, idle and at load",
      caption:
        "Resident memory, on a scale by powers of ten, when the server was ready and at the end of the "
        + "measured time with \(cell.title); the median of \(results.settings.start).",
      legend: [
        Document.LegendEntry(name: "idle", colour: "hollow"),
        Document.LegendEntry(name: "at load", colour: "full"),
      ],
      svg: {
        RowChart(
          title: "Memory, idle and at load",
          rows: standings.map { standing in
            var row = row(standing)
            guard let idle = standing.summary?.idleBytes?.median,
              let load = standing.summary?.loadBytes?.median
            else { return row }
            row.marks = [
              .span(from: idle, to: load), .dot(idle, shade: "dot hollow"), .dot(load, shade: "dot"),
            ]
            row.figure = Numbers.bytes(load)
            row.detail = "idle \(Numbers.bytes(idle))"
            return row
          },
          scale: Scale(logarithmicAround: values, ticks: 3),
          label: Self.roundBytes
        ).inline()
      }
    )
  }

  /// Memory for each connection.
  func connections() -> Document.Picture? {
    guard let cell = results.memoryCell else { return nil }
    let standings = results.standings(cell).lowestFirst { $0.summary?.bytesPerConnection?.median }
    let spreads = standings.compactMap { $0.summary?.bytesPerConnection }
    guard spreads.contains(where: { $0.median > 0 }) else { return nil }
    // Some give memory back meanwhile, which a scale by powers of ten has no place for.
    let values = spreads.filter { $0.median > 0 }.flatMap { [$0.low, $0.median, $0.high] }.filter { $0 > 0 }
    return Document.Picture(
      id: "connections-\(cell.name)",
      title: "Memory for a connection",
      caption:
        "What is resident more for each connection that stands idle after one reply, on a scale by powers of "
        + "ten. The line is the range of \(Numbers.amount(results.settings.rounds, "round"))"
        + (spreads.contains { $0.low <= 0 && $0.median > 0 }
          ? "; one that begins at the frame goes down to nothing or less" : "")
        + ". A runtime with a collector is charged with the garbage of these replies, too: a new heap grows at first.",
      legend: [],
      svg: {
        RowChart(
          title: "Memory for a connection",
          rows: standings.map { standing in
            var row = row(standing)
            guard let spread = standing.summary?.bytesPerConnection else { return row }
            row.figure = Numbers.bytes(spread.median)
            guard spread.median > 0 else { return row }
            row.marks = [.span(from: spread.low, to: spread.high), .dot(spread.median, shade: "dot")]
            return row
          },
          scale: Scale(logarithmicAround: values, ticks: 3),
          label: Self.roundBytes
        ).inline()
      }
    )
  }

  private func row(_ standing: Standing) -> RowChart.Row {
    let name = standing.entrant.name
    guard standing.hasFigures else {
      let reason = standing.troubles.joined(separator: "; ")
      let excuse =
        standing.entrant.problem != nil
        ? "did not take part"
        : survivals(standing).contains { $0.crashed != nil }
          ? "crashed" : survivals(standing).contains { !$0.answers } ? "hung" : "no figures"
      return RowChart.Row(
        name: name,
        role: standing.role,
        excuse: excuse,
        tooltip: "\(name): \(reason)"
      )
    }
    var parts: [String] = []
    if let rate = standing.summary?.responsesPerSecond {
      let bound = standing.summary?.isLowerBound == true ? Bound.atLeast : .exact
      parts.append("\(Document.Entry(Numbers.count(rate.median), bound: bound).signed) responses/s")
    }
    if standing.isBase {
      parts.append("the base")
    } else if let ratio = standing.summary?.ratio {
      parts.append(
        "\(Document.Entry(ratio, bound: standing.ratioBound).signed) of \(results.baseName)"
      )
    }
    if let processor = standing.processorMicroseconds {
      parts.append("\(Numbers.three(processor)) µs of processor a reply")
    }
    return RowChart.Row(name: name, role: standing.role, tooltip: "\(name): \(parts.joined(separator: ", "))")
  }

  /// How a server without figures stood after each start.
  private func survivals(_ standing: Standing) -> [Survival] {
    guard let summary = standing.summary else { return [] }
    return results.samples.filter {
      $0.entrant == summary.entrant && $0.cell == summary.cell && $0.share == summary.share
    }.compactMap(\.survival)
  }

  /// A number of bytes on an axis: `1 MB`.
  private static func roundBytes(_ bytes: Double) -> String {
    let units: [(String, Double)] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
    guard let (unit, scale) = units.first(where: { bytes >= $0.1 }) else {
      return "\(Numbers.short(bytes)) B"
    }
    return "\(Numbers.short(bytes / scale)) \(unit)"
  }
}
