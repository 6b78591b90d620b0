/// A picture with a curve for each server, and its name where it ends.
struct LineChart {
  struct Series {
    let id: String
    let name: String
    /// The class of its colour.
    let colour: String
    let points: [Point]
  }

  struct Point {
    let x: Double
    let y: Double
    /// Of those that can be pointed at.
    var tooltip: String?
  }

  let title: String
  let series: [Series]
  let x: Scale
  let y: Scale
  let xLabel: (Double) -> String
  let yLabel: (Double) -> String
  let xTitle: String
  let yTitle: String

  static let width = 1040.0
  private static let left = 64.0
  private static let top = 30.0
  private static let bottom = 52.0
  private static let nameHeight = 15.0

  private var height: Double {
    max(440, Double(series.count) * Self.nameHeight + Self.top + Self.bottom + 20)
  }
  private var right: Double { 46 + 8.2 * Double(series.map { SVG.short($0.name).count }.max() ?? 0) }
  private var plotWidth: Double { Self.width - Self.left - right }
  private var plotHeight: Double { height - Self.top - Self.bottom }

  /// An `svg` element for a page, which has its styles.
  func inline() -> String {
    var svg = SVG()
    svg.begin(
      "svg",
      [
        "class": "lines", "viewBox": "0 0 \(SVG.place(Self.width)) \(SVG.place(height))", "role": "group",
        "aria-label": title,
      ]
    )
    addAxes(&svg)
    let names = places(series.map { $0.points.last.map { across($0).y } ?? 0 })
    // What is drawn last lies on top: those that matter most.
    for (place, series) in series.enumerated().reversed() where !series.points.isEmpty {
      add(series, nameAt: names[place], &svg)
    }
    svg.end()
    return svg.text
  }

  private func addAxes(_ svg: inout SVG) {
    let right = SVG.place(Self.left + plotWidth)
    let foot = Self.top + plotHeight
    for tick in y.ticks {
      let place = Self.top + plotHeight * (1 - y(tick))
      svg.add(
        "line",
        [
          "class": "grid", "x1": SVG.place(Self.left), "x2": right, "y1": SVG.place(place),
          "y2": SVG.place(place),
        ]
      )
      svg.add(
        "text",
        ["class": "axis", "x": SVG.place(Self.left - 10), "y": SVG.place(place + 4), "text-anchor": "end"],
        text: yLabel(tick)
      )
    }
    for tick in x.ticks {
      let place = SVG.place(Self.left + plotWidth * x(tick))
      svg.add(
        "line",
        ["class": "grid", "x1": place, "x2": place, "y1": SVG.place(Self.top), "y2": SVG.place(foot)]
      )
      svg.add(
        "text",
        ["class": "axis", "x": place, "y": SVG.place(foot + 20), "text-anchor": "middle"],
        text: xLabel(tick)
      )
    }
    svg.add(
      "text",
      [
        "class": "axis title", "x": SVG.place(Self.left + plotWidth / 2), "y": SVG.place(foot + 43),
        "text-anchor": "middle",
      ],
      text: xTitle
    )
    svg.add("text", ["class": "axis title", "x": "0", "y": "14"], text: yTitle)
  }

  private func add(_ series: Series, nameAt name: Double, _ svg: inout SVG) {
    let places = series.points.map(across)
    let path = places.map { "\(SVG.place($0.x)) \(SVG.place($0.y))" }.joined(separator: "L")
    svg.begin("g", ["class": "series \(series.colour)", "data-series": series.id])
    svg.add("path", ["class": "curve", "d": "M\(path)"], tooltip: series.name)
    // A curve is thin: this is what can be pointed at.
    svg.add("path", ["class": "near", "d": "M\(path)"], tooltip: series.name)
    for (point, place) in zip(series.points, places) {
      guard let tooltip = point.tooltip else { continue }
      svg.add(
        "circle",
        ["class": "point", "cx": SVG.place(place.x), "cy": SVG.place(place.y), "r": "3"],
        tooltip: "\(series.name): \(tooltip)"
      )
    }
    let end = Self.left + plotWidth
    svg.add(
      "path",
      [
        "class": "leader",
        "d": "M\(SVG.place(end + 3)) \(SVG.place(places[places.count - 1].y))"
          + "L\(SVG.place(end + 26)) \(SVG.place(name))",
      ]
    )
    svg.add(
      "text",
      ["class": "name", "x": SVG.place(end + 30), "y": SVG.place(name + 4)],
      text: SVG.short(series.name)
    )
    svg.end()
  }

  private func across(_ point: Point) -> (x: Double, y: Double) {
    (Self.left + plotWidth * x(point.x), Self.top + plotHeight * (1 - y(point.y)))
  }

  /// Where names stand that belong to places, so that none lies on another: as near as can be, in the same order.
  private func places(_ wanted: [Double]) -> [Double] {
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    // Names that touch are a group, which stands where its middle is wanted; groups that then touch become one.
    var groups: [(sum: Double, count: Int)] = []
    func middle(_ group: (sum: Double, count: Int)) -> Double {
      let half = Double(group.count) * Self.nameHeight / 2
      let lowest = Self.top + plotHeight - half
      return max(Self.top + half, min(lowest, group.sum / Double(group.count)))
    }
    for index in order {
      groups.append((wanted[index], 1))
      while groups.count > 1 {
        let (above, below) = (groups[groups.count - 2], groups[groups.count - 1])
        let room = Double(above.count + below.count) * Self.nameHeight / 2
        guard middle(below) - middle(above) < room else { break }
        groups.removeLast(2)
        groups.append((above.sum + below.sum, above.count + below.count))
      }
    }
    var places = wanted
    var next = order.startIndex
    for group in groups {
      let first = middle(group) - Double(group.count - 1) * Self.nameHeight / 2
      for place in 0..<group.count {
        places[order[next]] = first + Double(place) * Self.nameHeight
        next += 1
      }
    }
    return places
  }
}
