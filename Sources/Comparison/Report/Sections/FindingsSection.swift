extension Document.Section {
  /// How the project's own servers stand to the base: what most readers have come for.
  static func findings(_ results: Results) -> [Self?] {
    results.entrants
      .filter { results.role(of: $0) == .own && $0.id != results.settings.base && $0.problem == nil }
      .enumerated().map { place, own in
        findings(results, own, id: place == 0 ? "findings" : "findings-\(own.id)")
      }
  }

  private static func findings(_ results: Results, _ own: Entrant, id: String) -> Self? {
    let findings = results.settings.cells.compactMap { cell -> Document.Finding? in
      guard
        let standing = results.standings(cell).first(where: { $0.entrant.id == own.id }),
        let ratio = standing.summary?.ratio
      else { return nil }
      var figures = [("responses a second", ratio, standing.ratioBound)]
      if let processor = standing.summary?.processorRatio {
        figures.append(("processor time for a reply", processor, .exact))
        // Where the clients were the limit, the other compares them.
        if results.isClientLimited(cell) { figures.swapAt(0, 1) }
      }
      if let (rate, p99) = openP99(results, own, cell) { figures.append(("p99 at \(rate)", p99, .exact)) }
      let (name, first, bound) = figures.removeFirst()
      return Document.Finding(
        name: name,
        figure: Document.Entry(first.figure, key: first.value, bound: bound),
        detail: first.interval + first.word(bound),
        text: cell.title,
        more: figures.map { Document.Fact(name: $0, text: Document.Entry($1, bound: $2).signed) }
      )
    }
    guard !findings.isEmpty else { return nil }
    return Self(
      id: id,
      title: "\(own.name) and \(results.baseName)",
      blocks: [
        .paragraph(
          "The responses a second of \(own.name), its processor time for a reply and its latency, as multiples of "
            + "those of \(results.baseName), each with the \(results.settings.interval)"
            + (results.settings.cells.contains(where: results.isClientLimited)
              ? "; the processor time is first where the clients were too slow to tell the responses." : ".")
        ),
        .findings(findings),
      ]
    )
  }

  /// The 99th percentile of an entrant's latency at the rate in the middle, of the base's, and that rate.
  private static func openP99(_ results: Results, _ entrant: Entrant, _ cell: Cell) -> (String, Ratio)? {
    guard let rate = results.middleRate(of: cell),
      let ratio = results.latencySummary(of: entrant.id, cell, share: rate.share)?.p99Ratio,
      results.highestPercentile(of: entrant.id, cell, share: rate.share) >= 99
    else { return nil }
    return ("\(Numbers.count(rate.perSecond)) requests/s", ratio)
  }

  /// What the same server twice says about all other differences.
  static func twin(_ results: Results) -> Self? {
    guard let twin = results.entrants.first(where: \.isTwin), twin.problem == nil else { return nil }
    var sentences: [String] = []
    var rows: [Document.Row] = []
    for cell in results.settings.cells {
      guard let summary = results.summary(of: twin.id, cell), let ratio = summary.ratio else { continue }
      rows.append(
        Document.Row(
          role: .twin,
          cells: [
            Document.Entry(cell.title), Document.Entry(ratio), Document.Entry(summary.processorRatio),
            Document.Entry(summary.p99Ratio),
            Document.Entry(openP99(results, twin, cell)?.1),
          ]
        )
      )
      sentences.append(sentence(cell, ratio))
    }
    guard !rows.isEmpty else { return nil }
    return Self(
      id: "twin",
      title: "The same server twice",
      blocks: [
        .paragraph(
          "\(results.baseName) took part a second time under another name. A ratio of the two that isn't 1 is an "
            + "error of the measurement, and others will have errors of that size too."
        ),
        .table(
          Document.Table(
            id: "twin-table",
            title: "\(results.baseName) again, as a multiple of itself",
            columns: [
              Document.Column(title: "workload", isNumeric: false),
              Document.Column(title: "responses/s"),
              Document.Column(title: "CPU/response"),
              Document.Column(title: "p99, closed loop"),
              Document.Column(title: "p99 at a fixed rate", help: "corrected, at the rate in the middle"),
            ],
            rows: rows
          )
        ),
        .list(sentences),
      ]
    )
  }

  private static func sentence(_ cell: Cell, _ ratio: Ratio) -> String {
    let farthest = max(abs(ratio.low - 1), abs(ratio.high - 1))
    let size = Numbers.percent((farthest * 1000 - 1e-9).rounded(.up) / 1000)
    let place = "With \(cell.title)"
    guard !ratio.isEqual else {
      return "\(place) the interval of the responses holds 1, as it should; it reaches \(size) to a side, so "
        + "differences smaller than that can't be seen."
    }
    return
      "\(place) the interval of the responses does not hold 1 (\(ratio.interval)), though the two are the same: "
      + "differences smaller than \(size) mean nothing there."
  }
}
