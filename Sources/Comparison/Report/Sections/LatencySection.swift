extension Document.Section {
  /// Latency at rates that every server can keep.
  static func latency(_ results: Results) -> Self? {
    guard let cell = results.settings.latencyCell else { return nil }
    let rates = results.latencyRates.sorted { $0.share < $1.share }
    let title = "Latency at a fixed rate"
    guard let slowest = rates.first?.slowest else {
      return Self(
        id: "latency",
        title: title,
        blocks: [.paragraph("It was not measured: the slowest server's capacity is not known.")]
      )
    }
    let name = results.entrants.first { $0.id == slowest }?.name ?? slowest
    let pictures = Pictures(results)
    var blocks: [Document.Block] = [
      .paragraph(
        "All servers had the same requests at the same times, in an open loop with \(cell.title): at "
          + "\(Numbers.list(rates.map { Numbers.percent($0.share) })) of what the slowest, \(name), can answer. A "
          + "time is counted from when a request was to begin, so a stall is felt by all that it held up (corrected); "
          + "from when it did begin (raw) that is hidden. Figures are medians over the rounds."
      ),
      .pictures([pictures.curves(), pictures.load()].compactMap { $0 }),
    ]
    for rate in rates { blocks.append(.table(table(results, cell, rate))) }
    return Self(id: "latency", title: title, blocks: blocks)
  }

  private static func table(_ results: Results, _ cell: Cell, _ rate: LatencyRate) -> Document.Table {
    let ordered = results.standings(cell, share: rate.share).sorted { first, second in
      (first.summary?.latency?[99] ?? .infinity) < (second.summary?.latency?[99] ?? .infinity)
    }
    return Document.Table(
      id: "latency-\(Numbers.short(rate.share * 100))",
      title: "At \(Numbers.percent(rate.share)): \(Numbers.count(rate.perSecond)) requests/s",
      columns: [
        Document.Column(title: "server", isNumeric: false),
        Document.Column(title: "p50", help: "corrected"),
        Document.Column(title: "p99", help: "corrected"),
        Document.Column(title: "p99.9", help: "corrected"),
        Document.Column(title: "p99 raw", help: "from when a request did begin"),
        Document.Column(
          title: "p99 ratio to \(results.baseName)",
          help: "the median of the rounds' ratios, with its 95 % interval"
        ),
        Document.Column(title: "mean ± stddev", help: "corrected"),
        Document.Column(title: "errors", help: "of all rounds, and what else went wrong", isNumeric: false),
      ],
      rows: ordered.map { standing in
        let latency = standing.summary?.latency
        let raw = results.samples.filter {
          $0.entrant == standing.entrant.id && $0.cell == cell && $0.share == rate.share && $0.isValid
        }.compactMap { $0.load?.rawLatency?[99] }
        return Document.Row(
          role: standing.role,
          cells: [
            Document.Entry(standing.entrant.name),
            Document.Entry(latency?[50], Numbers.time),
            Document.Entry(latency?[99], Numbers.time),
            Document.Entry(latency?[99.9], Numbers.time),
            Document.Entry(Statistics.median(raw), Numbers.time),
            standing.isBase && latency != nil
              ? Document.Entry("1", key: 1) : Document.Entry(standing.summary?.p99Ratio),
            Document.Entry(latency: latency),
            Document.Entry(standing.troubles.isEmpty ? "none" : standing.troubles.joined(separator: "; ")),
          ],
          isEmpty: latency == nil
        )
      },
      sortedBy: 2
    )
  }
}
