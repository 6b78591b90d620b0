extension Document.Section {
  /// What our own rungs add to the base: what most readers have come for.
  static func findings(_ results: CostResults) -> Self? {
    let findings = results.rungs.filter { results.role(of: $0) == .own }.compactMap { rung in
      finding(results, rung)
    }
    guard !findings.isEmpty else { return nil }
    return Self(
      id: "findings",
      title: "What our library adds to \(results.baseName)",
      blocks: [
        .paragraph(
          "The instructions of an echo in each style that the library has, as multiples of those of \(results.baseName). "
            + "What the kernel does for it comes on top."
        ),
        .findings(findings),
      ]
    )
  }

  private static func finding(_ results: CostResults, _ rung: RungCost) -> Document.Finding? {
    guard let ratio = results.instructionsOfBase(rung, .echo), let echo = rung.cost(of: .echo),
      let base = results.baseRung?.cost(of: .echo)
    else { return nil }
    let more = echo.instructions.each.rounded() - base.instructions.each.rounded()
    let difference =
      more == 0
      ? "no more" : "\(Numbers.count(more.magnitude)) \(more > 0 ? "more" : "fewer")"
    func bound(_ work: Work) -> Bound {
      let both = [rung, results.baseRung].compactMap { $0?.cost(of: work)?.instructions }
      return both.allSatisfy(\.fits) ? .exact : .unknown
    }
    let others = Work.allCases.dropFirst().compactMap { work in
      results.instructionsOfBase(rung, work).map {
        Document.Fact(
          name: work.one,
          text: Document.Entry("\(Numbers.times($0))×", bound: bound(work)).signed
        )
      }
    }
    return Document.Finding(
      name: rung.name,
      figure: Document.Entry(
        "\(Numbers.times(ratio))×",
        key: ratio,
        bound: bound(.echo)
      ),
      detail: "\(Numbers.count(echo.instructions.each)) instructions, \(difference)",
      text: Work.echo.one,
      more: others
    )
  }

  /// All rungs, from the bottom up.
  static func ladder(_ results: CostResults) -> Self? {
    guard !results.rungs.isEmpty else { return nil }
    return Self(
      id: "ladder",
      title: "The ladder",
      blocks: [
        .paragraph(
          "The same echo server again and again, from the bottom up, each rung with one layer more over the kernel. Figures "
            + "are for one, without what start and end cost; in parentheses of \(results.baseName)'s."
        ),
        .table(instructions(results)), .table(resources(results)), .table(sizes(results)),
      ] + [systemCalls(results)].compactMap { $0.map { .table($0) } }
    )
  }

  private static let rung = Document.Column(title: "rung", isNumeric: false)
  private static let number = Document.Column(title: "no.", help: "its place on the ladder, from the bottom")
  private static let version = Document.Column(title: "version", isNumeric: false, isFolded: true)

  /// The fields with which each row begins.
  private static func head(_ results: CostResults, _ place: Int) -> [Document.Entry] {
    let rung = results.rungs[place]
    let version = rung.version ?? rung.runtime
    // Many versions begin with the language, or are nothing but it.
    let about = [version.hasPrefix(rung.language) ? "" : rung.language, version].filter { !$0.isEmpty }
    return [
      Document.Entry(rung.name),
      Document.Entry("\(place + 1)", key: Double(place + 1)),
      about.isEmpty ? .none : Document.Entry(about.joined(separator: ", ")),
    ]
  }

  private static func rows(
    _ results: CostResults,
    _ cells: (RungCost) -> [Document.Entry]
  ) -> [Document.Row] {
    results.rungs.indices.map { place in
      let rung = results.rungs[place]
      let own = cells(rung)
      return Document.Row(
        role: results.role(of: rung),
        cells: head(results, place) + own,
        isEmpty: own.allSatisfy { $0.key == nil }
      )
    }
  }

  private static func instructions(_ results: CostResults) -> Document.Table {
    let work = results.measuredWork
    return Document.Table(
      id: "ladder-instructions",
      title: "Instructions",
      columns: [rung, number, version]
        + work.map { Document.Column(title: $0.one, help: "instructions in user space: \($0.explanation)") },
      rows: rows(results) { rung in work.map { Document.Entry(instructions: rung, $0, results) } },
      sortedBy: 1
    )
  }

  private static func resources(_ results: CostResults) -> Document.Table {
    let counts = results.connectionCounts
    func column(_ title: String, _ help: String) -> Document.Column {
      Document.Column(title: title, help: help)
    }
    return Document.Table(
      id: "ladder-resources",
      title: "Allocations, system calls and memory",
      columns: [
        rung, number,
        column("allocations, an echo", "calls of malloc and its kin, and the bytes that they ask for"),
        column("allocations, a connection", "calls of malloc and its kin, and the bytes that they ask for"),
        column("system calls, an echo", "of all threads"),
        column("system calls, a connection", "of all threads"),
      ]
        + counts.map {
          column(
            "memory a connection, of \(Numbers.count($0))",
            "anonymous memory that is resident more than without connections, for each that stands idle after one echo"
          )
        },
      rows: rows(results) { rung in
        [Work.echo, .connection].map { Document.Entry(allocations: rung.cost(of: $0)) }
          + [Work.echo, .connection].map {
            Document.Entry(rung.cost(of: $0)?.systemCallCount, Numbers.amountOfEach)
          }
          + counts.map { count in
            let bytes = rung.memory.first { $0.connections == count }?.bytesPerConnection
            // What fits in memory that the process has already shows nothing.
            return bytes == 0
              ? Document.Entry("less than a page", key: 0) : Document.Entry(bytes, Numbers.bytes)
          }
      }.map(withoutVersion),
      sortedBy: 1
    )
  }

  private static func sizes(_ results: CostResults) -> Document.Table {
    Document.Table(
      id: "ladder-size",
      title: "Start and size",
      columns: [
        rung, number,
        Document.Column(
          title: "start",
          help: "until it says that it listens; the median"
        ),
        Document.Column(title: "start of \(results.baseName)'s", help: "with its interval"),
        Document.Column(title: "code", help: "the machine code and constants of its program"),
        Document.Column(title: "program", help: "the program's file without debug information"),
        Document.Column(
          title: "with libraries",
          help: "the program's file and all files that it maps besides"
        ),
        Document.Column(title: "libraries", help: "how many files it maps besides"),
      ],
      rows: rows(results) { rung in
        [
          Document.Entry(rung.startMilliseconds) { Numbers.time($0 * 1000) },
          rung.id == results.base && rung.startMilliseconds != nil
            ? Document.Entry("1", key: 1) : Document.Entry(rung.startRatio),
          Document.Entry(rung.size.map { Double($0.programBytes) }, Numbers.bytes),
          Document.Entry(rung.size.map { Double($0.fileBytes) }, Numbers.bytes),
          Document.Entry(
            rung.size.map { Double($0.fileBytes + $0.libraries.values.reduce(0, +)) },
            Numbers.bytes
          ),
          Document.Entry(rung.size.map { Double($0.libraries.count) }, Numbers.count),
        ]
      }.map(withoutVersion),
      sortedBy: 1
    )
  }

  /// Which they are, for an echo; nil when nobody has counted.
  private static func systemCalls(_ results: CostResults) -> Document.Table? {
    let calls = results.rungs.map { $0.cost(of: .echo)?.systemCalls ?? [:] }
    // The most frequent first; those of nobody else stand at the end.
    var totals: [String: Double] = [:]
    for (name, count) in calls.flatMap({ $0 }) { totals[name, default: 0] += count }
    let names = totals.keys.sorted { (totals[$1]!, $0) < (totals[$0]!, $1) }
    guard !names.isEmpty else { return nil }
    return Document.Table(
      id: "ladder-calls",
      title: "System calls of an echo, by name",
      columns: [rung, number] + names.map { Document.Column(title: $0) },
      rows: rows(results) { rung in
        let calls = rung.cost(of: .echo)?.systemCalls
        return names.map { name in
          Document.Entry(calls.map { $0[name] ?? 0 }) {
            // A call in a thousand echoes is not none.
            $0 > 0 && $0 < 0.005 ? "less than 0.01" : Numbers.amountOfEach($0)
          }
        }
      }.map(withoutVersion),
      sortedBy: 1,
      isFolded: true
    )
  }

  /// The version stands in the first table.
  private static func withoutVersion(_ row: Document.Row) -> Document.Row {
    var cells = row.cells
    cells.remove(at: 2)
    return Document.Row(role: row.role, cells: cells, isEmpty: row.isEmpty)
  }
}

extension Document.Entry {
  /// `745 (1.05)`
  init(instructions rung: RungCost, _ work: Work, _ results: CostResults) {
    guard let cost = rung.cost(of: work) else {
      self = .none
      return
    }
    let ratio = results.instructionsOfBase(rung, work).map { " (\(Numbers.times($0)))" } ?? ""
    self.init(
      Numbers.count(cost.instructions.each) + ratio,
      key: cost.instructions.each,
      bound: cost.instructions.fits ? .exact : .unknown
    )
  }

  /// `2 (96 B)`
  init(allocations cost: WorkCost?) {
    guard let allocations = cost?.allocations else {
      self = .none
      return
    }
    let bytes = cost?.allocatedBytes.map { " (\(Numbers.bytes(max(0, $0.each))))" } ?? ""
    self.init(
      Numbers.amountOfEach(allocations.each) + (allocations.each < 0.005 ? "" : bytes),
      key: allocations.each,
      bound: allocations.fits ? .exact : .unknown
    )
  }
}

extension Numbers {
  /// How many of a thing each takes, which mostly is a whole number: `0`, `3`, `2.25`.
  static func amountOfEach(_ count: Double) -> String {
    let text = short(count)
    return text == "-0" ? "0" : text
  }
}
