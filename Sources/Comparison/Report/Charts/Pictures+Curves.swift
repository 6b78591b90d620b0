/// The pictures with a curve for each server.
extension Pictures {
  /// Latency by percentile, at the share in the middle.
  func curves(_ cell: Cell) -> Document.Picture? {
    guard let rate = results.middleRate(of: cell) else { return nil }
    let percentiles = LatencyFigures.percentiles
    let shown = [50, 90, 99, 99.9, 99.99]
    let curves = curved { entrant in
      guard let latency = results.latencySummary(of: entrant.id, cell, share: rate.share)?.latency
      else { return [] }
      let highest = results.highestPercentile(of: entrant.id, cell, share: rate.share)
      return zip(percentiles, latency.curve).filter { $0.0 <= highest }.map { percentile, time in
        LineChart.Point(
          x: percentile,
          y: time,
          tooltip: shown.contains(percentile) ? "p\(Numbers.short(percentile)) \(Numbers.time(time))" : nil
        )
      }
    }
    guard !curves.isEmpty else { return nil }
    return Document.Picture(
      id: "curves-\(cell.name)",
      title: "Latency by percentile: \(cell.title), \(Numbers.count(rate.perSecond)) requests/s",
      caption:
        "The time that a share of all requests didn't exceed, counted from when they were to begin. Open loop at "
        + "\(Numbers.percent(rate.share)) of the slowest server's capacity; the median of "
        + "\(results.settings.latencyStart). A curve ends where fewer than ten requests were above it. "
        + Self.choice,
      legend: legend(curves),
      isWide: true,
      svg: {
        LineChart(
          title: "Latency by percentile, \(cell.title)",
          series: curves,
          x: Scale(percentilesTo: curves.compactMap { $0.points.last?.x }.max() ?? 99),
          y: Scale(logarithmicAround: curves.flatMap { $0.points.map(\.y) }),
          xLabel: { $0 == 0 ? "" : "\(Numbers.short($0)) %" },
          yLabel: Self.roundTime,
          xTitle: "of all requests",
          yTitle: "latency"
        ).inline()
      }
    )
  }

  /// The 99th percentile at each share; nil where there are no two of them.
  func load(_ cell: Cell) -> Document.Picture? {
    let rates = results.latencyRates(of: cell)
    guard rates.count > 1 else { return nil }
    let curves = curved { entrant in
      rates.compactMap { rate in
        guard let latency = results.latencySummary(of: entrant.id, cell, share: rate.share)?.latency,
          results.highestPercentile(of: entrant.id, cell, share: rate.share) >= 99
        else { return nil }
        return LineChart.Point(
          x: rate.share,
          y: latency[99],
          tooltip: "p99 \(Numbers.time(latency[99])) at \(Numbers.count(rate.perSecond)) requests/s"
        )
      }
    }
    guard !curves.isEmpty else { return nil }
    return Document.Picture(
      id: "load-\(cell.name)",
      title: "Latency and load: \(cell.title)",
      caption:
        "The time that 99 of 100 requests didn't exceed, counted from when they were to begin, at shares of "
        + "the capacity of the slowest server, \(results.name(of: rates[0].slowest)). Open loop; the median of "
        + "\(results.settings.latencyStart). " + Self.choice,
      legend: legend(curves),
      isWide: true,
      svg: {
        LineChart(
          title: "Latency and load, \(cell.title)",
          series: curves,
          x: Scale(stops: rates.map(\.share)),
          y: Scale(logarithmicAround: curves.flatMap { $0.points.map(\.y) }),
          xLabel: { share in
            let rate = rates.first { $0.share == share }
            return "\(Numbers.percent(share))\(rate.map { ": \(Numbers.count($0.perSecond))/s" } ?? "")"
          },
          yLabel: Self.roundTime,
          xTitle: "of the slowest server's capacity: requests a second",
          yTitle: "p99"
        ).inline()
      }
    )
  }

  /// Most curves are grey: a reader has to know how to tell them.
  private static let choice = "Choose a name to see its curve alone."

  /// The curves that there are: the own server's and the base's first, then as in the headline.
  private func curved(_ points: (Entrant) -> [LineChart.Point]) -> [LineChart.Series] {
    let colours = colours
    return ordered.compactMap { entrant in
      let points = entrant.problem == nil ? points(entrant) : []
      guard !points.isEmpty else { return nil }
      return LineChart.Series(
        id: entrant.id,
        name: entrant.name,
        colour: colours[entrant.id] ?? "grey",
        points: points
      )
    }
  }

  private func legend(_ curves: [LineChart.Series]) -> [Document.LegendEntry] {
    curves.map { Document.LegendEntry(name: $0.name, colour: $0.colour, series: $0.id) }
  }

  private var ordered: [Entrant] {
    let all = results.headlineCell.map { results.standings($0) } ?? []
    return
      (all.filter { $0.role == .own } + all.filter { $0.role == .base }
      + all.filter { $0.role == .other || $0.role == .twin })
      .map(\.entrant)
  }

  static let colourCount = 8

  /// The colours of curves: one for the own server (of several the one that was named first), one for the base, and the
  /// others for some from all along the headline's order, as neighbours there have curves that are near. More can't be
  /// told apart: the rest is grey.
  private var colours: [String: String] {
    let all = results.headlineCell.map { results.standings($0) } ?? []
    var colours: [String: String] = [:]
    let own = results.entrants.first { results.role(of: $0) == .own && $0.problem == nil }
    if let own { colours[own.id] = "c1" }
    for standing in all where standing.role == .base { colours[standing.entrant.id] = "c2" }
    let others = all.filter {
      ($0.role == .other || $0.role == .own) && $0.hasFigures && $0.entrant.id != own?.id
    }
    let free = Self.colourCount - 2
    for place in 0..<min(free, others.count) {
      let index = others.count <= free ? place : place * (others.count - 1) / (free - 1)
      colours[others[index].entrant.id] = "c\(place + 3)"
    }
    return colours
  }

  /// A time on an axis: `1 ms`.
  private static func roundTime(_ microseconds: Double) -> String {
    let units: [(String, Double)] = [("s", 1e6), ("ms", 1e3)]
    guard let (unit, scale) = units.first(where: { microseconds >= $0.1 }) else {
      return "\(Numbers.short(microseconds)) µs"
    }
    return "\(Numbers.short(microseconds / scale)) \(unit)"
  }
}
