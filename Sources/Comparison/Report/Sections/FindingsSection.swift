extension Document.Section {
  /// How the project's own server stands to the base: what most readers have come for.
  static func findings(_ results: Results) -> Self? {
    guard results.settings.base != Results.own,
      let own = results.entrants.first(where: { $0.id == Results.own && $0.problem == nil })
    else { return nil }
    let findings = results.settings.cells.compactMap { cell -> Document.Finding? in
      guard
        let standing = results.standings(cell).first(where: { $0.role == .own }),
        let ratio = standing.summary?.ratio
      else { return nil }
      return Document.Finding(
        figure: Document.Entry(ratio.figure, key: ratio.value, bound: standing.ratioBound),
        detail: ratio.interval + ratio.word,
        text: cell.title,
        more: [
          standing.summary?.processorRatio.map {
            Document.Fact(name: "processor time for a reply", text: Document.Entry($0).text)
          },
          openP99(results, own, cell).map {
            Document.Fact(name: "p99 at \($0)", text: Document.Entry($1).text)
          },
        ].compactMap { $0 }
      )
    }
    guard !findings.isEmpty else { return nil }
    return Self(
      id: "findings",
      title: "\(own.name) and \(results.baseName)",
      blocks: [
        .paragraph(
          "The responses a second of \(own.name), and then its processor time for a reply and its latency, as multiples of "
            + "those of \(results.baseName), each with the \(results.settings.interval)."
        ),
        .findings(findings),
      ]
    )
  }

  /// The 99th percentile of an entrant's latency at the rate in the middle, of the base's, and that rate.
  private static func openP99(_ results: Results, _ entrant: Entrant, _ cell: Cell) -> (String, Ratio)? {
    guard let rate = results.middleRate(of: cell),
      let ratio = results.summary(of: entrant.id, cell, share: rate.share)?.p99Ratio
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
