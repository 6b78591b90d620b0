internal import LoadGenerator

extension Document.Section {
  /// The table of 2015 with today's figures, and what that one could not have.
  static func of2015(_ results: Results) -> Self? {
    guard let clients = ClientsOf2015(results) else { return nil }
    let seconds = Numbers.short(results.settings.durationSeconds)
    return Self(
      id: "of-2015",
      title: "As it was asked in 2015",
      blocks: [
        .paragraph(
          "The benchmark of 2015 that this one carries on had two clients: one with persistent connections, which gave "
            + "responses a second, and one that connects anew for each request, which gave the requests that were "
            + "completed. Then it was 2000 and 3000 clients for 30 s; here it is \(clients.titles), for \(seconds) s each. "
            + "Compare servers in it, not years: it was another machine."
        ),
        .table(
          Document.Table(
            id: "of-2015-table",
            title: "In the form of 2015",
            columns: [
              Document.Column(title: "server", isNumeric: false),
              Document.Column(
                title: "persistent: response/s",
                help: clients.persistent?.title,
                isHighestFirst: true
              ),
              Document.Column(
                title: "reconnect: requests in \(seconds) s",
                help: clients.reconnect?.title,
                isHighestFirst: true
              ),
              Document.Column(title: "noted", isNumeric: false),
            ],
            rows: clients.entrants.map(clients.old),
            sortedBy: clients.persistent == nil ? 2 : 1
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
              Document.Column(
                title: "persistent: p99 at a fixed rate",
                help: clients.rate(clients.persistent)
              ),
              Document.Column(
                title: "reconnect: p99 at a fixed rate",
                help: clients.rate(clients.reconnect)
              ),
              Document.Column(title: "persistent: CPU µs/response", help: "the server's, user + system"),
              Document.Column(title: "reconnect: CPU µs/response", help: "the server's, user + system"),
              Document.Column(
                title: "persistent: memory at load",
                help: "resident at the end of the measured time"
              ),
              Document.Column(title: "connections made anew", help: "with persistent clients, in all rounds"),
            ],
            rows: clients.entrants.map(clients.new)
          )
        ),
      ]
    )
  }
}

/// The two workloads that are nearest to those of 2015, with their figures.
private struct ClientsOf2015 {
  let results: Results
  /// The one with the most persistent clients.
  let persistent: Cell?
  /// The one with the most reconnecting clients.
  let reconnect: Cell?
  /// By the figures of the first workload that there is, the highest first: as the table of 2015 was to be read.
  let entrants: [Entrant]
  private let standings: [Cell: [String: Standing]]

  /// Nil when there is no workload at all.
  init?(_ results: Results) {
    func most(_ strategy: Workload.Strategy) -> Cell? {
      results.settings.cells.filter { $0.strategy == strategy }.max { $0.connections < $1.connections }
    }
    self.results = results
    persistent = most(.persistent)
    reconnect = most(.reconnect)
    guard let first = persistent ?? reconnect else { return nil }
    var standings: [Cell: [String: Standing]] = [:]
    for cell in [persistent, reconnect].compactMap({ $0 }) {
      for standing in results.standings(cell) {
        standings[cell, default: [:]][standing.entrant.id] = standing
      }
    }
    self.standings = standings
    let isReconnect = persistent == nil
    entrants = results.standings(first).lowestFirst { standing in
      let count =
        isReconnect
        ? Self.completed(results, standing.entrant, first)?.median
        : standing.summary?.responsesPerSecond?.median
      return count.map { -$0 }
    }.map(\.entrant)
  }

  var titles: String {
    [persistent, reconnect].compactMap { $0?.title }.joined(separator: ", then ")
  }

  /// What rate the latency of a workload is for.
  func rate(_ cell: Cell?) -> String? {
    cell.flatMap(results.middleRate).map { "corrected, at \(Numbers.count($0.perSecond)) requests/s" }
  }

  func old(_ entrant: Entrant) -> Document.Row {
    let first = standing(entrant, persistent)
    let second = standing(entrant, reconnect)
    let completed = reconnect.flatMap { Self.completed(results, entrant, $0) }
    return Document.Row(
      role: results.role(of: entrant),
      cells: [
        Document.Entry(entrant.name),
        Document.Entry(first?.summary?.responsesPerSecond, bound: bound(first), Numbers.count),
        Document.Entry(completed, bound: bound(second), Numbers.count),
        Document.Entry(notes(entrant, first, second)),
      ],
      isEmpty: first?.hasFigures != true && completed == nil
    )
  }

  /// The replies that were counted, as then, and not the rate times the seconds.
  private static func completed(_ results: Results, _ entrant: Entrant, _ cell: Cell) -> Spread? {
    Spread(
      results.samples
        .filter { $0.entrant == entrant.id && $0.cell == cell && $0.share == nil && $0.isValid }
        .compactMap { $0.load.map { Double($0.responses) } }
    )
  }

  func new(_ entrant: Entrant) -> Document.Row {
    let first = standing(entrant, persistent)
    let second = standing(entrant, reconnect)
    // More than one for each client: the server has let them go.
    let anew = results.samples
      .filter { $0.entrant == entrant.id && $0.cell == persistent && $0.share == nil }
      .compactMap { sample in sample.load.map { max(0, $0.connectionsMade - sample.cell.connections) } }
    return Document.Row(
      role: results.role(of: entrant),
      cells: [
        Document.Entry(entrant.name),
        Document.Entry(latency: first?.summary?.latency),
        Document.Entry(latency: second?.summary?.latency),
        Document.Entry(openP99(entrant, persistent), Numbers.time),
        Document.Entry(openP99(entrant, reconnect), Numbers.time),
        Document.Entry(first?.processorMicroseconds, Numbers.three),
        Document.Entry(second?.processorMicroseconds, Numbers.three),
        Document.Entry(first?.summary?.loadBytes, Numbers.bytes),
        anew.isEmpty ? .none : Document.Entry(Double(anew.reduce(0, +)), Numbers.count),
      ],
      isEmpty: first?.hasFigures != true && second?.hasFigures != true
    )
  }

  private func standing(_ entrant: Entrant, _ cell: Cell?) -> Standing? {
    cell.flatMap { standings[$0]?[entrant.id] }
  }

  private func bound(_ standing: Standing?) -> Bound {
    standing?.summary?.isLowerBound == true ? .atLeast : .exact
  }

  private func notes(_ entrant: Entrant, _ first: Standing?, _ second: Standing?) -> String {
    // What kept it from taking part is the same for both.
    if let problem = entrant.problem { return Trouble.plain([problem]).joined() }
    return [("persistent", first), ("reconnect", second)].compactMap { name, standing in
      guard let standing, !standing.troubles.isEmpty else { return nil }
      return "\(name): \(standing.troubles.joined(separator: ", "))"
    }.joined(separator: "; ")
  }

  /// At the rate in the middle.
  private func openP99(_ entrant: Entrant, _ cell: Cell?) -> Double? {
    guard let cell, let rate = results.middleRate(of: cell),
      results.highestPercentile(of: entrant.id, cell, share: rate.share) >= 99
    else { return nil }
    return results.latencySummary(of: entrant.id, cell, share: rate.share)?.latency?[99]
  }
}
