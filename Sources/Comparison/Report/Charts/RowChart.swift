/// A picture with a row for each server: bars, dots, and the like on one axis.
///
/// Within a page it is as wide as its box, and its text isn't scaled: places on the axis are percentages. By itself
/// it has a fixed size.
struct RowChart {
  struct Row {
    let name: String
    let role: Role
    var marks: [Mark] = []
    /// The figure at the right, and what stands after it where there is room.
    var figure = ""
    var detail = ""
    /// In place of marks: why there are none.
    var excuse: String?
    let tooltip: String
  }

  enum Mark {
    /// From one value to another; `shade` is its class.
    case bar(from: Double, to: Double, shade: String)
    /// An interval, with ends.
    case whisker(low: Double, high: Double)
    /// A thin line between two.
    case span(from: Double, to: Double)
    case dot(Double, shade: String)
    /// A short upright line.
    case tick(Double)
    /// A part of a bar: what it is of, which can be singled out.
    case slice(from: Double, to: Double, of: SliceKey, tooltip: String)
    /// Where a bar is cut, as it is longer than the axis.
    case cut
  }

  /// What a part of a bar is of.
  struct SliceKey {
    let id: String
    /// The class of its colour.
    let colour: String
  }

  let title: String
  let rows: [Row]
  let scale: Scale
  /// The text of an axis label.
  let label: (Double) -> String
  /// Where all are held against, with its name.
  var reference: (value: Double, name: String)?
  /// Whether names stand above their rows where a page is narrow, so that bars of many parts have all of it.
  var hasNamesAbove = false

  private static let rowHeight = 25.0
  private static let top = 26.0
  private static let bottom = 10.0

  /// The widths of the columns beside the axis, in pixels, by the widest of usual fonts.
  private var names: Double { 18 + 7.7 * Double(rows.map { short($0.name).count }.max() ?? 0) }
  /// Where they don't take the bars' room on a telephone they may be longer.
  private func short(_ name: String) -> String { SVG.short(name, atMost: hasNamesAbove ? 26 : 22) }
  private var figures: Double {
    rows.map { Self.width(of: $0.figure) + Self.width(ofDetail: $0.detail) }.max() ?? 0
  }
  /// Where there is no room for details.
  private var figuresAlone: Double { rows.map { Self.width(of: $0.figure) }.max() ?? 0 }

  private static func width(of figure: String) -> Double { 14 + 8.7 * Double(figure.count) }
  private static func width(ofDetail detail: String) -> Double {
    detail.isEmpty ? 0 : 8 + 7.2 * Double(detail.count)
  }

  var height: Double { Self.top + Double(rows.count) * Self.rowHeight + Self.bottom }

  /// An `svg` element for a page, which has its styles: it is the plot itself, and the columns lie beside it.
  func inline() -> String {
    var svg = SVG()
    svg.begin(
      "svg",
      [
        "class": hasNamesAbove ? "rows above" : "rows", "height": SVG.place(height),
        // What is within an image can't be reached by those who don't see it.
        "role": hasNamesAbove ? "group" : "img", "aria-label": title,
        "style": "--names:\(SVG.place(names))px;--figures:\(SVG.place(figures))px;"
          + "--figures-alone:\(SVG.place(figuresAlone))px"
          + (hasNamesAbove ? ";--height:\(SVG.place(height))px;--count:\(rows.count)" : ""),
      ]
    )
    plot(&svg)
    svg.end()
    return svg.text
  }

  /// The content of a picture so wide, moved down.
  func content(width: Double, x: Double, y: Double) -> SVG {
    var svg = SVG()
    svg.begin(
      "svg",
      [
        "x": SVG.place(x + names), "y": SVG.place(y),
        "width": SVG.place(width - names - figures), "height": SVG.place(height), "overflow": "visible",
      ]
    )
    plot(&svg)
    svg.end()
    return svg
  }

  private func plot(_ svg: inout SVG) {
    // A picture that a page makes higher has lines all the way down.
    let foot = hasNamesAbove ? "100%" : SVG.place(height - Self.bottom)
    for tick in scale.ticks {
      let isReference = reference?.value == tick
      if !isReference {
        svg.add("line", ["class": "grid", "x1": x(tick), "x2": x(tick), "y1": "20", "y2": foot])
      }
      svg.add(
        "text",
        ["class": isReference ? "axis strong" : "axis", "x": x(tick), "y": "13", "text-anchor": "middle"],
        text: label(tick)
      )
    }
    for (place, row) in rows.enumerated() { add(row, at: place, &svg) }
    // Above the bars, so that it can be seen where they end.
    if let reference {
      svg.add(
        "line",
        [
          "class": "reference", "x1": x(reference.value), "x2": x(reference.value), "y1": "18",
          "y2": foot,
        ],
        tooltip: reference.name
      )
    }
  }

  private func add(_ row: Row, at place: Int, _ svg: inout SVG) {
    let top = Self.top + Double(place) * Self.rowHeight
    let middle = top + Self.rowHeight / 2
    let baseline = SVG.place(middle + 4)
    svg.begin(
      "g",
      ["class": "row \(row.role.rawValue)", "style": hasNamesAbove ? "--place:\(place + 1)" : ""]
    )
    svg.add("title", [:], text: row.tooltip)
    // Something to point at, wherever in the row.
    svg.add(
      "rect",
      ["class": "hit", "x": "0", "width": "100%", "y": SVG.place(top), "height": SVG.place(Self.rowHeight)]
    )
    svg.add(
      "text",
      ["class": "name", "x": "0", "dx": "-10", "y": baseline, "text-anchor": "end"],
      text: short(row.name)
    )
    if let excuse = row.excuse {
      svg.add("text", ["class": "excuse", "x": "0", "dx": "2", "y": baseline], text: excuse)
    }
    for mark in row.marks { add(mark, middle, &svg) }
    if !row.figure.isEmpty || !row.detail.isEmpty {
      svg.begin("text", ["class": "figure", "x": "100%", "dx": "12", "y": baseline])
      if !row.figure.isEmpty { svg.add("tspan", [:], text: row.figure) }
      if !row.detail.isEmpty {
        svg.add("tspan", ["class": "detail", "dx": row.figure.isEmpty ? "" : "6"], text: row.detail)
      }
      svg.end()
    }
    svg.end()
  }

  private func add(_ mark: Mark, _ middle: Double, _ svg: inout SVG) {
    func upright(_ value: Double, _ half: Double, _ shade: String) {
      svg.add(
        "line",
        [
          "class": shade, "x1": x(value), "x2": x(value), "y1": SVG.place(middle - half),
          "y2": SVG.place(middle + half),
        ]
      )
    }
    func level(_ from: Double, _ to: Double, _ shade: String) {
      svg.add(
        "line",
        ["class": shade, "x1": x(from), "x2": x(to), "y1": SVG.place(middle), "y2": SVG.place(middle)]
      )
    }
    switch mark {
    case .bar(let from, let to, let shade):
      svg.add(
        "rect",
        [
          "class": shade, "x": x(from), "width": percent(scale(to) - scale(from)), "y": SVG.place(middle - 7),
          "height": "14",
        ]
      )
    case .whisker(let low, let high):
      level(low, high, "whisker")
      upright(low, 3.5, "whisker")
      upright(high, 3.5, "whisker")
    case .span(let from, let to): level(from, to, "span")
    case .dot(let value, let shade):
      svg.add("circle", ["class": shade, "cx": x(value), "cy": SVG.place(middle), "r": "4.5"])
    case .tick(let value): upright(value, 8, "median")
    case .slice(let from, let to, let key, let tooltip):
      svg.add(
        "rect",
        [
          "class": "series slice \(key.colour)", "data-series": key.id, "x": x(from),
          "width": percent(scale(to) - scale(from)), "y": SVG.place(middle - 8), "height": "16",
        ],
        tooltip: tooltip
      )
    case .cut:
      // Its strokes have a size of their own, whatever the axis has.
      svg.begin("svg", ["x": "97%", "y": SVG.place(middle - 11), "overflow": "visible"])
      svg.add("path", ["class": "cut", "d": "M-5 22L1 0M1 22L7 0"])
      svg.end()
    }
  }

  private func x(_ value: Double) -> String { percent(scale(value)) }

  private func percent(_ share: Double) -> String { "\(Numbers.short(share * 100))%" }
}
