/// Where the instructions of an echo go, by itself: a file that a README can show.
struct CostPicture {
  let text: String

  init(_ results: CostResults) {
    let pictures = CostPictures(results)
    guard pictures.hasFigures(.echo) else {
      text = PictureFile.empty
      return
    }
    let chart = pictures.chart(.echo)
    let legend = Legend(pictures.legend(results.rungs, .echo))
    text =
      PictureFile(
        title: "Where the instructions of an echo go",
        subtitle: "User-space instructions for 64 bytes that come and go back, "
          + (results.baseRung?.cost(of: .echo) == nil
            ? "by callgrind" : "as multiples of what \(results.baseName) takes; shorter is better"),
        foot: PictureFile.place(results.machine, results.startedAt),
        styles: PackageResources.slices_css,
        height: legend.height + chart.height
      ) { width, x, y in
        var svg = legend.content(x: x, y: y)
        svg.add(chart.content(width: width, x: x, y: y + legend.height))
        return svg
      }.text
  }

  /// What the colours are, in as many lines as it takes.
  private struct Legend {
    let entries: [(entry: Document.LegendEntry, x: Double, line: Int)]

    private static let lineHeight = 20.0

    var height: Double { Double((entries.last?.line ?? -1) + 1) * Self.lineHeight + 8 }

    init(_ legend: [Document.LegendEntry]) {
      var entries: [(Document.LegendEntry, Double, Int)] = []
      var (x, line) = (0.0, 0)
      for entry in legend {
        // By the widest of usual fonts.
        let width = 34 + 7 * Double(entry.name.count)
        if x > 0, x + width > PictureFile.contentWidth { (x, line) = (0, line + 1) }
        entries.append((entry, x, line))
        x += width
      }
      self.entries = entries
    }

    func content(x: Double, y: Double) -> SVG {
      var svg = SVG()
      for (entry, along, line) in entries {
        let top = y + Double(line) * Self.lineHeight
        svg.add(
          "rect",
          [
            "class": entry.colour, "x": SVG.place(x + along), "y": SVG.place(top), "width": "11",
            "height": "11",
            "rx": "2",
          ]
        )
        svg.add(
          "text",
          ["class": "caption", "x": SVG.place(x + along + 17), "y": SVG.place(top + 10)],
          text: entry.name
        )
      }
      return svg
    }
  }
}
