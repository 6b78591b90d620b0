extension Document.Section {
  /// Latency at rates that every server can keep.
  static func latency(_ results: Results) -> Self? {
    guard let main = results.settings.latencyCell else { return nil }
    let title = "Latency at a fixed rate"
    guard !results.latencyRates.isEmpty else {
      return Self(
        id: "latency",
        title: title,
        blocks: [.paragraph("It was not measured: the slowest server's capacity is not known.")]
      )
    }
    // The workload with all the shares first: it has the curve of latency against load.
    let cells = [main] + results.settings.cells.filter { $0 != main }
    let pictures = Pictures(results)
    var blocks: [Document.Block] = [
      .paragraph(
        "All servers had the same requests at the same times, in an open loop, at shares of what the slowest of them "
          + "can answer. A time is counted from when a request was to begin, so a stall is felt by all that it held up "
          + "(corrected); from when it did begin (raw) that is hidden. Figures are medians over "
          + "\(Numbers.amount(results.settings.latencyRounds, "round")); there is none of a server that couldn't keep the "
          + "rate in more than half of them, and no percentile that fewer than ten requests were above. All servers "
          + "have the same work here, so this is where their processor times compare best."
      ),
      .list(cells.map { rates(results, $0) }),
    ]
    var hasTable = false
    for cell in cells {
      let drawn = [pictures.curves(cell), pictures.load(cell)].compactMap { $0 }
      if !drawn.isEmpty { blocks.append(.pictures(drawn)) }
      blocks += results.latencyRates(of: cell).map { rate in
        var table = table(results, rate)
        // There are so many of them that a page had no end on a telephone.
        table.isFolded = hasTable
        hasTable = true
        return .table(table)
      }
    }
    return Self(id: "latency", title: title, blocks: blocks)
  }

  /// At which rates a workload was measured, and whose capacity they are shares of.
  private static func rates(_ results: Results, _ cell: Cell) -> String {
    let rates = results.latencyRates(of: cell)
    guard let slowest = rates.first?.slowest else {
      return "\(cell.title): not measured, as no server's capacity is known"
    }
    return "\(cell.title): at \(Numbers.list(rates.map { Numbers.percent($0.share) })) of what "
      + "\(results.name(of: slowest)) can answer"
  }

  private static func table(_ results: Results, _ rate: LatencyRate) -> Document.Table {
    let standings = results.standings(rate.cell, share: rate.share).lowestFirst {
      Figures(results, $0, rate)[99]
    }
    return Document.Table(
      id: "latency-\(rate.cell.name)-\(Numbers.short(rate.share * 100))",
      title: "\(rate.cell.title.capitalizedFirst), at \(Numbers.percent(rate.share)): "
        + "\(Numbers.count(rate.perSecond)) requests/s",
      columns: [
        Document.Column(title: "server", isNumeric: false),
        Document.Column(title: "p50", help: "corrected"),
        Document.Column(title: "p99", help: "corrected"),
        Document.Column(title: "p99.9", help: "corrected"),
        Document.Column(title: "p99 raw", help: "from when a request did begin"),
        Document.Column(
          title: "p99 ratio to \(results.baseName)",
          help:
            "the median of the rounds' ratios, with its \(Settings.interval(results.settings.latencyRounds))"
        ),
        Document.Column(title: "mean ± stddev", help: "corrected"),
        Document.Column(title: "CPU µs/response", help: "the server's processor time at this rate"),
        Document.Column(
          title: "CPU ratio to \(results.baseName)",
          help:
            "the median of the rounds' ratios, with its \(Settings.interval(results.settings.latencyRounds))"
        ),
        Document.Column(title: "errors", help: "of all rounds, and what else went wrong", isNumeric: false),
      ],
      rows: standings.map { row(results, $0, rate) },
      sortedBy: 2
    )
  }

  private static func row(_ results: Results, _ standing: Standing, _ rate: LatencyRate) -> Document.Row {
    let figures = Figures(results, standing, rate)
    let raw = results.samples.filter {
      $0.entrant == standing.entrant.id && $0.cell == rate.cell && $0.share == rate.share && $0.isValid
    }.compactMap { $0.load?.rawLatency?[99] }
    return Document.Row(
      role: standing.role,
      cells: [
        Document.Entry(standing.entrant.name),
        Document.Entry(figures[50], Numbers.time),
        Document.Entry(figures[99], Numbers.time),
        Document.Entry(figures[99.9], Numbers.time),
        Document.Entry(figures.counted(99, Statistics.median(raw)), Numbers.time),
        figures[99] == nil ? .none : figures.ratio(figures.summary?.p99Ratio),
        Document.Entry(latency: figures.summary?.latency),
        Document.Entry(figures.summary?.processorMicroseconds, Numbers.three),
        figures.ratio(figures.summary?.processorRatio),
        Document.Entry(standing.troubles.isEmpty ? "none" : standing.troubles.joined(separator: "; ")),
      ],
      isEmpty: figures.summary == nil
    )
  }

  /// What of a server's latency can be told.
  private struct Figures {
    /// Absent when too few starts kept the rate.
    let summary: Summary?
    let highest: Double
    let isBase: Bool

    init(_ results: Results, _ standing: Standing, _ rate: LatencyRate) {
      summary = results.latencySummary(of: standing.entrant.id, rate.cell, share: rate.share)
      highest = results.highestPercentile(of: standing.entrant.id, rate.cell, share: rate.share)
      isBase = standing.isBase
    }

    subscript(percentile: Double) -> Double? { counted(percentile, summary?.latency?[percentile]) }

    /// What belongs to a percentile, if enough requests were above that.
    func counted<Figure>(_ percentile: Double, _ figure: Figure?) -> Figure? {
      summary != nil && percentile <= highest ? figure : nil
    }

    func ratio(_ ratio: Ratio?) -> Document.Entry {
      isBase && summary?.latency != nil ? Document.Entry("1", key: 1) : Document.Entry(ratio)
    }
  }
}
