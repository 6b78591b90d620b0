extension Document.Section {
  /// The headline: a table for each workload, and their pictures.
  static func throughput(_ results: Results) -> Self? {
    guard !results.settings.cells.isEmpty else { return nil }
    let pictures = Pictures(results)
    var blocks: [Document.Block] = [
      .pictures(results.settings.cells.map(pictures.ratios)),
      .paragraph(
        "A ratio is the median over the rounds, each server divided by the base of its own round; its "
          + "\(results.settings.interval) is in parentheses"
          + (results.settings.rounds < Ratio.leastRounds ? "" : ", and the word equal where it holds 1")
          + ". CPU/response is the server's own processor time, "
          + "in user space and in the kernel, and then of the base's. Limit is whose processor was busy, and in how many "
          + "rounds. Latency here is of a closed loop: while a server stalls nobody asks, so "
          + "stalls are underrated."
      ),
    ]
    if results.settings.cells.contains(where: { cell in
      results.standings(cell).contains { $0.summary?.isLowerBound == true }
    }) {
      blocks.append(.lowerBounds)
    }
    blocks += results.settings.cells.map { .table(table(results, $0)) }
    return Self(id: "throughput", title: "Responses a second", blocks: blocks)
  }

  private static func table(_ results: Results, _ cell: Cell) -> Document.Table {
    let standings = results.standings(cell)
    let isByProcessor = results.isClientLimited(cell)
    let interval = "the median of the rounds' ratios, with its \(results.settings.interval)"
    let rates = [
      Document.Column(
        title: "responses/s",
        help: "replies a second, the median of the rounds",
        isHighestFirst: true
      ),
      Document.Column(title: "ratio to \(results.baseName)", help: interval, isHighestFirst: true),
    ]
    let processor = [
      Document.Column(title: "CPU µs/response", help: "the server's processor time: user + system"),
      Document.Column(title: "CPU ratio to \(results.baseName)", help: interval),
    ]
    return Document.Table(
      id: "table-\(cell.name)",
      title: cell.title.capitalizedFirst,
      columns: [
        Document.Column(title: "server", isNumeric: false),
        Document.Column(title: "version", isNumeric: false, isFolded: true),
      ] + (isByProcessor ? processor + rates : rates + processor) + [
        Document.Column(
          title: "limit",
          help: "whose processor was busy, and in how many rounds",
          isNumeric: false,
          isNarrow: true
        ),
        Document.Column(title: "latency, closed loop", help: "mean ± standard deviation"),
        Document.Column(title: "p99, closed loop", help: "the time that 99 of 100 replies didn't exceed"),
        Document.Column(title: "errors", help: "of all rounds, and what else went wrong", isNumeric: false),
      ],
      rows: standings.map { row($0, isByProcessor) },
      sortedBy: isByProcessor ? 2 : standings.contains { $0.ratio != nil } ? 3 : 2
    )
  }

  private static func row(_ standing: Standing, _ isByProcessor: Bool) -> Document.Row {
    let summary = standing.summary
    let bound = summary?.isLowerBound == true ? Bound.atLeast : .exact
    func ratio(_ ratio: Ratio?, _ bound: Bound = .exact) -> Document.Entry {
      standing.isBase && standing.hasFigures
        ? Document.Entry("1", key: 1) : Document.Entry(ratio, bound: bound)
    }
    let rates = [
      Document.Entry(summary?.responsesPerSecond, bound: bound, Numbers.count),
      ratio(summary?.ratio, standing.ratioBound),
    ]
    let costs = [processor(standing), ratio(summary?.processorRatio)]
    return Document.Row(
      role: standing.role,
      cells: [
        Document.Entry(standing.entrant.name),
        standing.entrant.version.map { Document.Entry($0) } ?? .none,
      ] + (isByProcessor ? costs + rates : rates + costs) + [
        standing.limits.map { Document.Entry($0) } ?? .none,
        Document.Entry(latency: summary?.latency),
        Document.Entry(summary?.latency?[99], Numbers.time),
        Document.Entry(standing.troubles.isEmpty ? "none" : standing.troubles.joined(separator: "; ")),
      ],
      isEmpty: !standing.hasFigures
    )
  }

  /// `6.20 (1.10 + 5.10)`
  private static func processor(_ standing: Standing) -> Document.Entry {
    guard let total = standing.processorMicroseconds, let user = standing.summary?.userMicroseconds,
      let system = standing.summary?.systemMicroseconds
    else { return .none }
    return Document.Entry(
      "\(Numbers.three(total)) (\(Numbers.three(user.median)) + \(Numbers.three(system.median)))",
      key: total
    )
  }

  /// What a server costs where its rate is the clients': only a page has pictures of it, a table has the column above.
  static func processor(_ results: Results) -> Self? {
    let pictures = Pictures(results)
    let cells = results.settings.cells.filter { cell in
      results.standings(cell).contains { $0.processorMicroseconds != nil }
    }
    guard !cells.isEmpty else { return nil }
    return Self(
      id: "processor",
      title: "Processor time for a reply",
      blocks: [.pictures(cells.map(pictures.processor))]
    )
  }

  /// How far the rounds lie apart.
  static func rounds(_ results: Results) -> Self? {
    guard results.settings.rounds > 1,
      results.summaries.contains(where: { $0.share == nil && $0.ratio != nil })
    else { return nil }
    let pictures = Pictures(results)
    return Self(
      id: "rounds",
      title: "Every round",
      blocks: [.pictures(results.settings.cells.map(pictures.rounds))],
      fold: "Show each round of \(Numbers.amount(results.settings.cells.count, "workload"))"
    )
  }
}

extension Document.Entry {
  /// `1.20 ms ± 340 µs`
  init(latency: LatencyFigures?) {
    guard let latency else {
      self = .none
      return
    }
    self.init("\(Numbers.time(latency.mean)) ± \(Numbers.time(latency.stddev))", key: latency.mean)
  }
}

extension Document.Block {
  /// What the sign before a rate means.
  static var lowerBounds: Self {
    .paragraph(
      "At least (≥) stands where the clients' processor was the limit in half of the rounds or more: the server may "
        + "have more to give. A ratio to such a base is marked at most (≤), and ~ where both were held back so; bars of "
        + "such ratios are hollow."
    )
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
