/// The pictures of where instructions go: a bar for each rung, in slices.
struct CostPictures {
  let results: CostResults

  init(_ results: CostResults) { self.results = results }

  /// How many times the base's a bar may be before it is cut: the others would be too short to be read.
  static let cut = 4.0

  /// All rungs of a kind of work; those that are far beyond the others are cut.
  func all(_ work: Work, isWide: Bool) -> Document.Picture? {
    guard hasFigures(work) else { return nil }
    let tall = tall(work)
    return Document.Picture(
      id: "slices-\(work.rawValue)",
      title: "Instructions of \(work.one)",
      caption: caption(work)
        + (tall.isEmpty
          ? ""
          : " A bar that is cut goes on beyond the frame: it is more than \(Numbers.short(Self.cut)) times the base's.")
        + Self.choice,
      legend: legend(results.rungs, work),
      isWide: isWide,
      choice: Self.label,
      svg: { chart(work).inline() }
    )
  }

  /// Those that were cut, whole, and the base to hold them against; nil when there is none.
  func tall(_ work: Work, isWide: Bool) -> Document.Picture? {
    let tall = tall(work)
    guard !tall.isEmpty else { return nil }
    return Document.Picture(
      id: "slices-\(work.rawValue)-tall",
      title: "Instructions of \(work.one), the bars that were cut",
      caption: "Whole, in the same colours and on a scale of their own, beside \(results.baseName).",
      legend: [],
      isWide: isWide,
      svg: {
        chart(work, rungs: results.rungs.filter { $0.id == results.base || tall.contains($0.id) }, cut: [])
          .inline()
      }
    )
  }

  private static let label = "Single out a slice"
  private static let choice = " Choose a slice, here or in a bar, to see it alone."

  private func caption(_ work: Work) -> String {
    let unit =
      isRelative(work)
      ? "Multiples of what \(results.baseName) takes; the dotted line is 1." : "Instructions."
    return "\(work.explanation.capitalizedFirst). User-space instructions for one. \(unit)"
  }

  func hasFigures(_ work: Work) -> Bool { results.rungs.contains { $0.cost(of: work) != nil } }

  /// Whether there is a base to hold all against.
  private func isRelative(_ work: Work) -> Bool {
    results.rungs.contains { results.instructionsOfBase($0, work) != nil }
  }

  /// Those whose bars would leave no room for the others'.
  private func tall(_ work: Work) -> Set<String> {
    Set(results.rungs.filter { results.instructionsOfBase($0, work) ?? 0 > Self.cut }.map(\.id))
  }

  func legend(_ rungs: [RungCost], _ work: Work) -> [Document.LegendEntry] {
    let present = Set(rungs.flatMap { $0.cost(of: work)?.shown ?? [] }.map(\.slice))
    return Slice.stacked.filter(present.contains).map {
      Document.LegendEntry(name: $0.name, colour: "slice \($0.colour)", series: $0.rawValue)
    }
  }

  /// The chart of ``all(_:isWide:)``, which stands alone, too.
  func chart(_ work: Work) -> RowChart { chart(work, rungs: results.rungs, cut: tall(work)) }

  private func chart(_ work: Work, rungs: [RungCost], cut: Set<String>) -> RowChart {
    let base = isRelative(work) ? results.baseRung?.cost(of: work)?.instructions.each ?? 1 : 1
    func length(_ rung: RungCost) -> Double? {
      rung.cost(of: work).map { cost in
        max(cost.instructions.each, cost.shown.map(\.instructions).reduce(0, +)) / base
      }
    }
    let whole = rungs.filter { !cut.contains($0.id) }.compactMap(length)
    // Bars that are cut must be seen to be longer than the longest that isn't.
    let longest = max(whole.max() ?? 0, isRelative(work) ? 1 : 0) * (cut.isEmpty ? 1 : 1.15)
    let scale = Scale(linearTo: [longest])
    return RowChart(
      title: "Instructions of \(work.one)",
      rows: rungs.map { row($0, work, unit: base, end: scale.high, isCut: cut.contains($0.id)) },
      scale: scale,
      label: isRelative(work) ? { $0 == 0 ? "0" : "\(Numbers.short($0))×" } : Numbers.count,
      reference: isRelative(work) ? (1, results.baseName) : nil,
      hasNamesAbove: true
    )
  }

  private func row(_ rung: RungCost, _ work: Work, unit: Double, end: Double, isCut: Bool) -> RowChart.Row {
    let role = results.role(of: rung)
    guard let cost = rung.cost(of: work) else {
      return RowChart.Row(
        name: rung.name,
        role: role,
        excuse: rung.problems.isEmpty ? "not measured" : "no figures",
        tooltip: ([rung.name] + rung.problems).joined(separator: ": ")
      )
    }
    let total = cost.instructions.each
    let ratio = results.instructionsOfBase(rung, work)
    let figure = Document.Entry(Numbers.count(total), bound: cost.instructions.fits ? .exact : .unknown)
      .signed
    var row = RowChart.Row(
      name: rung.name,
      role: role,
      figure: ratio.map { "\(Numbers.times($0))×" } ?? figure,
      detail: ratio == nil ? "" : figure,
      tooltip: "\(rung.name): \(figure) instructions for \(work.one)"
        + (ratio.map { ", \(Numbers.times($0)) of \(results.baseName)" } ?? "")
    )
    var place = 0.0
    for slice in cost.shown {
      let next = place + slice.instructions / unit
      // What lies beyond the end of the axis isn't drawn.
      if place < end {
        row.marks.append(
          .slice(
            from: place,
            to: min(next, end),
            of: RowChart.SliceKey(id: slice.slice.rawValue, colour: slice.slice.colour),
            tooltip:
              "\(rung.name), \(slice.slice.name): \(Numbers.instructions(slice.instructions)) instructions"
              + (total > 0
                ? ", \(Numbers.share(slice.instructions / total))" : "")
          )
        )
      }
      place = next
    }
    if isCut { row.marks.append(.cut) }
    return row
  }
}

extension Numbers {
  /// How many times something is something else: `1.05`, `12.3`.
  static func times(_ ratio: Double) -> String { decimal(ratio, ratio < 9.995 ? 2 : 1) }

  /// Instructions, of which a few are told to a tenth: `0.4`, `12`.
  static func instructions(_ count: Double) -> String {
    count.magnitude < 9.95 && count != count.rounded() ? decimal(count, 1) : self.count(count)
  }
}
