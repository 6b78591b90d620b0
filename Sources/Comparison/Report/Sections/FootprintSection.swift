extension Document.Section {
  /// What a server needs besides the processor, and whether it stays up.
  static func footprint(_ results: Results) -> Self? {
    guard let cell = results.memoryCell else { return nil }
    let standings = results.standings(cell).lowestFirst { $0.summary?.loadBytes?.median }
    let pictures = Pictures(results)
    return Self(
      id: "memory",
      title: "Memory, start and survival",
      blocks: [
        .paragraph(
          "Memory is what is resident of all of a server's processes, with \(cell.title): when it was ready, "
            + "at the end of the measured time, and how much more for each connection that stands idle after one reply. "
            + "The start is the time until the port accepts. Survived is in how many starts, of all workloads, it "
            + "ran on under load, answered a new client afterwards, and ended in order when it was told to."
        ),
        .pictures([pictures.memory(), pictures.connections()].compactMap { $0 }),
        .table(
          Document.Table(
            id: "memory-table",
            title: "Memory, start and survival",
            columns: [
              Document.Column(title: "server", isNumeric: false),
              Document.Column(title: "idle", help: "resident when its port had accepted for the first time"),
              Document.Column(title: "at load", help: "resident at the end of the measured time"),
              Document.Column(title: "per connection", help: "resident more for each idle connection"),
              Document.Column(title: "threads", help: "the most that there were under load"),
              Document.Column(title: "start", help: "until the port accepts"),
              Document.Column(title: "survived", isHighestFirst: true),
            ],
            rows: standings.map { row(results, $0) },
            sortedBy: 2
          )
        ),
      ]
    )
  }

  private static func row(_ results: Results, _ standing: Standing) -> Document.Row {
    let summary = standing.summary
    let all = results.summaries.filter { $0.entrant == standing.entrant.id }
    let starts = all.map(\.samples).reduce(0, +)
    let survived = all.map(\.survived).reduce(0, +)
    let threads = results.samples.filter { $0.entrant == standing.entrant.id }
      .compactMap { $0.server?.threads }.max()
    return Document.Row(
      role: standing.role,
      cells: [
        Document.Entry(standing.entrant.name),
        Document.Entry(summary?.idleBytes, Numbers.bytes),
        Document.Entry(summary?.loadBytes, Numbers.bytes),
        Document.Entry(summary?.bytesPerConnection, Numbers.bytes),
        Document.Entry(threads.map(Double.init), Numbers.count),
        Document.Entry(summary?.startMilliseconds) { Numbers.time($0 * 1000) },
        starts > 0
          ? Document.Entry("\(survived) of \(starts)", key: Double(survived) / Double(starts)) : .none,
      ],
      isEmpty: summary?.loadBytes == nil
    )
  }
}
