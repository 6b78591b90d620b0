extension Document.Section {
  /// What it comes to where it is used: responses a second, and processor time for a reply.
  static func speed(_ results: CostResults) -> Self? {
    guard let speed = results.speed, let throughput = throughput(speed) else { return nil }
    let pictures = Pictures(speed, hasNamesAbove: true)
    let twins = Document.twinCautions(speed)
    let cautions = Document.cautions(about: speed).filter {
      !twins.contains($0) && !speed.machine.notes.contains($0)
    }
    var blocks: [Document.Block] = [
      .paragraph(
        "The instructions above are those of user space. An echo's time goes into the kernel, too, which takes "
          + "as long for all that ask it for the same: so rungs differ less here. All are multiples of \(speed.baseName)'s, with "
          + "the \(speed.settings.interval) in parentheses"
          + (speed.settings.rounds < Ratio.leastRounds ? "." : ", and the word equal where it holds 1.")
      )
    ]
    if !cautions.isEmpty { blocks.append(.list(cautions)) }
    blocks += [
      .table(
        matrix(results, speed, "speed-processor", "Processor time for a reply, of \(speed.baseName)'s") {
          Document.Entry($0.summary?.processorRatio)
        }
      ),
      .pictures(speed.settings.cells.map(pictures.processor)),
      .table(
        matrix(
          results,
          speed,
          "speed-responses",
          "Responses a second, of \(speed.baseName)'s",
          isHighestFirst: true
        ) {
          Document.Entry($0.summary?.ratio, bound: $0.ratioBound)
        }
      ),
      .pictures(speed.settings.cells.map(pictures.ratios)),
    ]
    blocks += throughput.blocks.compactMap { block in
      switch block {
      case .pictures: return nil
      case .table(var table):
        table.isFolded = true
        return .table(table)
      default: return block
      }
    }
    blocks += twin(speed)?.blocks ?? []
    return Self(id: "speed", title: "Speed", blocks: blocks)
  }

  /// A row for each rung, a column for each workload.
  private static func matrix(
    _ results: CostResults,
    _ speed: Results,
    _ id: String,
    _ title: String,
    isHighestFirst: Bool = false,
    _ entry: (Standing) -> Document.Entry
  ) -> Document.Table {
    let cells = speed.settings.cells
    let standings = cells.map { cell in
      Dictionary(speed.standings(cell).map { ($0.entrant.id, $0) }) { first, _ in first }
    }
    return Document.Table(
      id: id,
      title: title,
      columns: [Document.Column(title: "rung", isNumeric: false)]
        + cells.map {
          Document.Column(
            title: $0.title,
            help: "the median of the rounds' ratios, with its \(speed.settings.interval)",
            isHighestFirst: isHighestFirst
          )
        },
      rows: speed.entrants.map { entrant in
        let entries = standings.map { standings -> Document.Entry in
          guard let standing = standings[entrant.id] else { return .none }
          return standing.isBase && standing.hasFigures ? Document.Entry("1", key: 1) : entry(standing)
        }
        return Document.Row(
          role: results.rungs.first { $0.id == entrant.id }.map(results.role) ?? speed.role(of: entrant),
          cells: [Document.Entry(entrant.name)] + entries,
          isEmpty: entries.allSatisfy { $0.key == nil }
        )
      }
    )
  }

  /// What was done for the speed.
  static func speedMethod(_ results: CostResults) -> Self? {
    results.speed.map { speed in
      Self(
        id: "speed-method",
        title: "How the speed was measured",
        blocks: method(speed).blocks,
        fold: "Show what a round is, and what a figure is of"
      )
    }
  }
}
