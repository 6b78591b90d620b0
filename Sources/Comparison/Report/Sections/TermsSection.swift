extension Document.Section {
  /// What isn't equal, in the peers' own words.
  static func terms(_ results: Results) -> Self? {
    var lines: [String] = []
    for entrant in results.entrants where entrant.problem == nil && !entrant.isTwin {
      var notes = entrant.notes
      if entrant.threads != 1 { notes.insert("\(entrant.threads) threads serve connections.", at: 0) }
      let under = results.samples.filter { $0.entrant == entrant.id }.compactMap { $0.server?.threads }.max()
      if let under, under > entrant.threads {
        notes.append("Under load it had \(Numbers.amount(under, "thread")).")
      }
      guard !notes.isEmpty else { continue }
      lines.append("\(entrant.name): \(notes.joined(separator: " "))")
    }
    guard !lines.isEmpty else { return nil }
    return Self(
      id: "terms",
      title: "What can't be equal",
      blocks: [
        .paragraph(
          (results.machine.serverProcessor.map { "Each server is kept on processor \($0)" }
            ?? "Servers go where the kernel puts them")
            + "; each sets TCP_NODELAY, and has a backlog of 4096. "
            + "One thread serves connections where the runtime can be held to that. What is measured begins with the "
            + "\(Numbers.short(results.settings.warmupSeconds)) s of warm-up over: runtimes that compile while they run may "
            + "not be done by then, and their compilers and collectors have the same processor as their servers. "
            + "The rest is as each language has it:"
        ),
        .list(lines),
      ]
    )
  }

  /// Who and what is missing from the figures.
  static func leftOut(_ results: Results) -> Self {
    var lines = results.entrants.compactMap { entrant in
      entrant.problem.map { "\(entrant.name) did not take part: \(Trouble.plain([$0]).joined())" }
        ?? entrant.givenUp.map {
          "\(entrant.name) was not started any more after it had failed: \(Trouble.plain([$0]).joined())"
        }
    }
    for entrant in results.entrants {
      for cell in results.settings.cells {
        for share in [nil] + results.settings.latencyShares(of: cell).map({ $0 as Double? }) {
          guard let summary = results.summary(of: entrant.id, cell, share: share),
            summary.validSamples < summary.samples
          else { continue }
          let place = share.map { "\(cell.title), at \(Numbers.percent($0))" } ?? cell.title
          let samples = results.samples.filter {
            $0.entrant == entrant.id && $0.cell == cell && $0.share == share && !$0.isValid
          }
          let reasons = Trouble.plain(samples.flatMap(\.troubles))
          lines.append(
            "\(entrant.name), \(place): \(summary.samples - summary.validSamples) of "
              + "\(Numbers.amount(summary.samples, "start"))\(reasons.isEmpty ? "" : ": \(reasons.joined(separator: "; "))")"
          )
        }
      }
    }
    let invalid = results.samples.count { !$0.isValid }
    let sentence =
      "\(Numbers.count(invalid)) of \(Numbers.amount(results.samples.count, "start")) brought figures that can't be "
      + "trusted. They are in no figure above, but their errors are counted."
    return Self(
      id: "left-out",
      title: "What is left out",
      blocks: lines.isEmpty
        ? [
          .paragraph(
            "Nothing: all \(Numbers.amount(results.samples.count, "start")) brought figures that can be trusted."
          )
        ]
        : [.paragraph(sentence), .list(lines)]
    )
  }
}
