internal import LoadGenerator

extension Document.Section {
  /// The table of 2015 with today's figures, and what that one could not have.
  static func of2015(_ results: Results) -> Self? {
    let cells = results.settings.cells
    let persistent = cells.filter { $0.strategy == .persistent }.max { $0.connections < $1.connections }
    let reconnect = cells.filter { $0.strategy == .reconnect }.max { $0.connections < $1.connections }
    guard let first = persistent ?? reconnect else { return nil }
    let standings = results.standings(first)
    let seconds = Numbers.short(results.settings.durationSeconds)

    return Self(
      id: "of-2015",
      title: "As it was asked in 2015",
      blocks: [
        .paragraph(
          "The benchmark of 2015 that this one carries on had two clients: one with persistent connections, which gave "
            + "responses a second, and one that connects anew for each request, which gave the requests that were "
            + "completed. Here they are\(persistent.map { " \($0.title)" } ?? " (none)")"
            + " and\(reconnect.map { " \($0.title)" } ?? " (none)"), for \(seconds) s each. Then it was 2000 and 3000 "
            + "clients for 30 s. Compare servers in it, not years: it was another machine."
        ),
        .table(
          Document.Table(
            id: "of-2015-table",
            title: "In the form of 2015",
            columns: [
              Document.Column(title: "server", isNumeric: false),
              Document.Column(
                title: "persistent: response/s",
                help: persistent?.title,
                isHighestFirst: true
              ),
              Document.Column(
                title: "reconnect: requests in \(seconds) s",
                help: reconnect?.title,
                isHighestFirst: true
              ),
              Document.Column(title: "noted", isNumeric: false),
            ],
            rows: standings.map { old(results, $0, persistent, reconnect) },
            sortedBy: 1
          )
        ),
        .paragraph(
          "Its author doubted the strategy of the requests, missed the mean and standard deviation of the latency, and "
            + "had clients that stopped at the first reset. Here every reset is counted and the client connects again, "
            + "and every byte that comes back is compared."
        ),
        .table(
          Document.Table(
            id: "since-2015-table",
            title: "What it could not give",
            columns: [
              Document.Column(title: "server", isNumeric: false),
              Document.Column(title: "persistent: latency, closed loop", help: "mean ± standard deviation"),
              Document.Column(title: "reconnect: latency, closed loop", help: "mean ± standard deviation"),
              Document.Column(title: "persistent: p99 at a fixed rate", help: rateHelp(results, persistent)),
              Document.Column(title: "reconnect: p99 at a fixed rate", help: rateHelp(results, reconnect)),
              Document.Column(title: "persistent: CPU µs/response", help: "the server's, user + system"),
              Document.Column(title: "reconnect: CPU µs/response", help: "the server's, user + system"),
              Document.Column(title: "connections made anew", help: "with persistent clients, in all rounds"),
            ],
            rows: standings.map { new(results, $0, persistent, reconnect) }
          )
        ),
      ]
    )
  }

  private static func standing(_ results: Results, _ entrant: Entrant, _ cell: Cell?) -> Standing? {
    cell.flatMap { cell in results.standings(cell).first { $0.entrant.id == entrant.id } }
  }

  /// At the rate in the middle.
  private static func openP99(_ results: Results, _ entrant: Entrant, _ cell: Cell?) -> Double? {
    guard let cell, let share = results.settings.middleShare else { return nil }
    return results.summary(of: entrant.id, cell, share: share)?.latency?[99]
  }

  private static func rateHelp(_ results: Results, _ cell: Cell?) -> String? {
    cell.flatMap(results.middleRate).map { "corrected, at \(Numbers.count($0.perSecond)) requests/s" }
  }

  private static func old(
    _ results: Results,
    _ standing: Standing,
    _ persistent: Cell?,
    _ reconnect: Cell?
  ) -> Document.Row {
    let entrant = standing.entrant
    let first = Self.standing(results, entrant, persistent)
    let second = Self.standing(results, entrant, reconnect)
    // Counted, as then, and not the rate times the seconds.
    let completed = results.samples
      .filter { $0.entrant == entrant.id && $0.cell == reconnect && $0.share == nil && $0.isValid }
      .compactMap { $0.load.map { Double($0.responses) } }
    let bound = { (standing: Standing?) in standing?.summary?.isLowerBound == true ? Bound.atLeast : .exact }
    var notes: [String] = []
    for (name, standing) in [("persistent", first), ("reconnect", second)] {
      guard let standing, !standing.troubles.isEmpty else { continue }
      // What kept it from taking part is the same for both.
      if entrant.problem != nil {
        notes = standing.troubles
      } else {
        notes.append("\(name): \(standing.troubles.joined(separator: ", "))")
      }
    }
    return Document.Row(
      role: standing.role,
      cells: [
        Document.Entry(entrant.name),
        Document.Entry(first?.summary?.responsesPerSecond, bound: bound(first), Numbers.count),
        Document.Entry(Spread(completed), bound: bound(second), Numbers.count),
        Document.Entry(notes.joined(separator: "; ")),
      ],
      isEmpty: first?.hasFigures != true && completed.isEmpty
    )
  }

  private static func new(
    _ results: Results,
    _ standing: Standing,
    _ persistent: Cell?,
    _ reconnect: Cell?
  ) -> Document.Row {
    let entrant = standing.entrant
    let first = Self.standing(results, entrant, persistent)
    let second = Self.standing(results, entrant, reconnect)
    // More than one for each client: the server has let them go.
    let anew = results.samples
      .filter { $0.entrant == entrant.id && $0.cell == persistent && $0.share == nil }
      .compactMap { sample in sample.load.map { max(0, $0.connectionsMade - sample.cell.connections) } }
    return Document.Row(
      role: standing.role,
      cells: [
        Document.Entry(entrant.name),
        Document.Entry(latency: first?.summary?.latency),
        Document.Entry(latency: second?.summary?.latency),
        Document.Entry(openP99(results, entrant, persistent), Numbers.time),
        Document.Entry(openP99(results, entrant, reconnect), Numbers.time),
        Document.Entry(first?.processorMicroseconds, Numbers.three),
        Document.Entry(second?.processorMicroseconds, Numbers.three),
        anew.isEmpty ? .none : Document.Entry(Double(anew.reduce(0, +)), Numbers.count),
      ],
      isEmpty: first?.hasFigures != true && second?.hasFigures != true
    )
  }
}
