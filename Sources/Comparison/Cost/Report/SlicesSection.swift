extension Document.Section {
  /// Where instructions go: bars, and a table of the same.
  static func slices(_ results: CostResults) -> Self? {
    let pictures = CostPictures(results)
    let work = results.measuredWork
    guard !work.isEmpty else { return nil }
    let others = work.filter { $0 != .echo }
    let wide = [pictures.all(.echo, isWide: true), pictures.tall(.echo, isWide: true)].compactMap { $0 }
    // Beside each other: each of those that were cut stands after the one that it belongs to.
    let narrow = others.flatMap {
      [pictures.all($0, isWide: false), pictures.tall($0, isWide: false)].compactMap { $0 }
    }
    var blocks: [Document.Block] = [
      .paragraph(
        "Each bar is a rung, and each part of it where its instructions are spent. What a server in C has, too, comes first, "
          + "and what is added to it stands at the end."
      )
    ]
    blocks += [wide, narrow].filter { !$0.isEmpty }.map { .pictures($0) }
    blocks += work.map { .table(table(results, $0)) }
    return Self(id: "slices", title: "Where the instructions go", blocks: blocks)
  }

  private static func table(_ results: CostResults, _ work: Work) -> Document.Table {
    let slices = Slice.stacked.filter { slice in
      results.rungs.contains { $0.cost(of: work)?.shown.contains { $0.slice == slice } == true }
    }
    return Document.Table(
      id: "table-\(work.rawValue)",
      title: "Instructions of \(work.one), by slice",
      columns: [
        Document.Column(title: "rung", isNumeric: false),
        Document.Column(title: "all"),
      ] + slices.map { Document.Column(title: $0.name) },
      rows: results.rungs.map { rung in
        let cost = rung.cost(of: work)
        return Document.Row(
          role: results.role(of: rung),
          cells: [
            Document.Entry(rung.name),
            cost.map {
              Document.Entry(
                Numbers.count($0.instructions.each),
                key: $0.instructions.each,
                bound: $0.instructions.fits ? .exact : .unknown
              )
            } ?? .none,
          ]
            + slices.map { slice in
              cost.map { cost in
                let count = max(0, cost.instructions(in: slice))
                return Document.Entry(Numbers.instructions(count), key: count)
              } ?? .none
            },
          isEmpty: cost == nil
        )
      },
      isFolded: true
    )
  }

  /// What the slices are, and the functions that they are made of.
  static func explanation(_ results: CostResults) -> Self? {
    let present = Set(results.rungs.flatMap(\.work).flatMap(\.shown).map(\.slice))
    guard !present.isEmpty else { return nil }
    return Self(
      id: "explanation",
      title: "What the slices are",
      blocks: [
        .list(
          Slice.stacked.filter(present.contains).map { "\($0.name): \($0.explanation)" }
        )
      ] + results.rungs.compactMap { functions(results, $0).map { .table($0) } }
    )
  }

  /// More than these explain little.
  private static let functionCount = 15

  /// The functions of a rung that take most, over all kinds of work; nil when none is known.
  private static func functions(_ results: CostResults, _ rung: RungCost) -> Document.Table? {
    struct Key: Hashable {
      let name: String
      let object: String
    }
    let work = Work.allCases.filter { rung.cost(of: $0)?.functions.isEmpty == false }
    guard let first = work.first else { return nil }
    var slices: [Key: Slice] = [:]
    var counts: [Key: [Work: Double]] = [:]
    for work in work {
      for function in rung.cost(of: work)?.functions ?? [] {
        let key = Key(name: function.name, object: function.object)
        slices[key] = function.slice
        counts[key, default: [:]][work, default: 0] += function.instructions
      }
    }
    // The most of each kind of work, since a connection's would leave no room for an echo's.
    let kept = work.flatMap { work in
      counts.keys.filter { counts[$0]?[work] != nil }
        .sorted { (counts[$1]![work]!, $0.name, $0.object) < (counts[$0]![work]!, $1.name, $1.object) }
        .prefix(functionCount)
    }
    let keys = kept.reduce(into: [Key]()) { if !$0.contains($1) { $0.append($1) } }
    return Document.Table(
      id: "functions-\(rung.id)",
      title: "\(rung.name): the functions that take most",
      columns: [
        Document.Column(title: "function", isNumeric: false),
        Document.Column(title: "file", isNumeric: false, isFolded: true),
        Document.Column(title: "slice", isNumeric: false, isNarrow: true),
      ]
        + work.map {
          Document.Column(title: $0.one, help: "instructions: \($0.explanation)", isHighestFirst: true)
        },
      // In the order of the first kind of work; those that it doesn't have follow.
      rows: keys.enumerated().sorted { left, right in
        (-(counts[left.element]![first] ?? -1), left.offset) < (
          -(counts[right.element]![first] ?? -1), right.offset
        )
      }.map { _, key in
        Document.Row(
          role: .other,
          cells: [
            Document.Entry(key.name), Document.Entry(key.object), Document.Entry(slices[key]!.name),
          ] + work.map { Document.Entry(counts[key]![$0], Numbers.instructions) }
        )
      },
      sortedBy: 3,
      isFolded: true
    )
  }
}
