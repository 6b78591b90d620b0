extension Document.Section {
  /// What isn't equal, in the rungs' own words.
  static func terms(_ results: CostResults) -> Self? {
    let lines = results.rungs.filter { !$0.notes.isEmpty }.map { rung in
      "\(rung.name): \(rung.notes.joined(separator: " "))"
    }
    guard !lines.isEmpty else { return nil }
    return Self(id: "terms", title: "What can't be equal", blocks: [.list(lines)])
  }

  /// What was done, so that readers can find fault with it.
  static func method(_ results: CostResults) -> Self {
    var lines = [
      "Instructions are counted by callgrind, in user space, of all threads. They don't depend on who else has the machine, "
        + "and two counts of the same run differ in a few. They are not time: one that misses the cache takes as long as "
        + "hundreds that don't.",
      "A server is run several times with more and more work, and a straight line is laid through the counts: its slope is "
        + "what one costs, and what start and end take is left out. Each line's worst point tells how straight it is.",
      "Where they are spent is told function by function, by the file and the name of each: what a function calls counts for "
        + "the one that is called.",
      "Allocations are calls of malloc and its kin, with the bytes that they ask for, counted by memcheck; the slope of "
        + "several runs, too.",
      "System calls are counted by strace, of all threads.",
      "Memory is the anonymous memory of a server that is resident, by /proc's smaps, with connections that stand idle after "
        + "one echo, less what it is without any, divided by their number.",
      "The size of the code is that of the program's sections of code and constants; its file is measured without debug "
        + "information. Libraries are the files that are mapped while it serves.",
      "The start is the time from the start of the process, by posix_spawn, until the server's line that it listens has come. "
        + "Its ratio is of interleaved rounds.",
    ]
    if let worst = worst(results) { lines.append(worst) }
    var blocks: [Document.Block] = [.list(lines)]
    if let table = fits(results) { blocks.append(.table(table)) }
    return Self(id: "method", title: "How it was measured", blocks: blocks)
  }

  private static func worst(_ results: CostResults) -> String? {
    let all = results.rungs.flatMap { rung in rung.work.map { (rung, $0) } }
    // A line through two points fits in any case.
    let lines = all.filter { $0.1.instructions.points.count > 2 }
    if lines.isEmpty, !all.isEmpty {
      return "Each line here goes through two runs, so nothing tells how straight it is: --points 3 does."
    }
    guard let (rung, cost) = lines.max(by: { $0.1.instructions.worst < $1.1.instructions.worst }) else {
      return nil
    }
    return
      "Of \(Numbers.amount(lines.count, "line")) of instructions here, the one that fits worst is that of "
      + "\(rung.name) for \(cost.work.one): its worst point is \(Numbers.share(cost.instructions.worst)) off."
  }

  /// The lines that the instructions are the slopes of.
  private static func fits(_ results: CostResults) -> Document.Table? {
    let rows = results.rungs.flatMap { rung in
      rung.work.map { cost in
        Document.Row(
          role: results.role(of: rung),
          cells: [
            Document.Entry(rung.name),
            Document.Entry(cost.work.one),
            Document.Entry(cost.instructions.points.map { Numbers.count($0.count) }.joined(separator: "; ")),
            Document.Entry(cost.instructions.each, Numbers.count),
            Document.Entry(cost.instructions.fixed, Numbers.count),
            cost.instructions.points.count > 2
              ? Document.Entry(cost.instructions.worst, Numbers.share) : .none,
          ]
        )
      }
    }
    guard !rows.isEmpty else { return nil }
    return Document.Table(
      id: "fits",
      title: "The lines, and how straight they are",
      columns: [
        Document.Column(title: "rung", isNumeric: false),
        Document.Column(title: "work", isNumeric: false, isNarrow: true),
        Document.Column(title: "runs with so many", isNumeric: false),
        Document.Column(title: "instructions for one"),
        Document.Column(title: "without any", help: "what start and end cost"),
        Document.Column(title: "worst point", help: "how far it is from the line", isHighestFirst: true),
      ],
      rows: rows,
      isFolded: true
    )
  }

  /// The way to the same figures.
  static var again: Self {
    Self(
      id: "again",
      title: "Measure it again",
      blocks: [.paragraph("All of it, with the rungs that are installed:"), .code("make cost")]
    )
  }
}
