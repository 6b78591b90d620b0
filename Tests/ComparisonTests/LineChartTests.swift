import Testing

@testable import Comparison

@Suite struct LineChartTests {
  private func chart(_ ends: [Double]) -> LineChart {
    LineChart(
      title: "T",
      series: ends.enumerated().map { place, end in
        LineChart.Series(
          id: "s\(place)",
          name: "S\(place)",
          colour: "c\(place)",
          points: [LineChart.Point(x: 0, y: 1), LineChart.Point(x: 1, y: end, tooltip: "\(end)")]
        )
      },
      x: Scale(stops: [0, 1]),
      y: Scale(logarithmicAround: ends + [1]),
      xLabel: Numbers.short,
      yLabel: Numbers.short,
      xTitle: "x",
      yTitle: "y"
    )
  }

  /// The heights of the names, from the top.
  private func names(_ text: String) throws -> [Double] {
    try text.matches(of: /<text class="name" x="[\d.]+" y="([\d.]+)">/).map {
      try #require(Double($0.output.1))
    }.sorted()
  }

  @Test func `each curve has its name, and a mark to point at`() {
    let text = chart([10, 20]).inline()
    #expect(text.contains("<g class=\"series c1\" data-series=\"s1\">"))
    #expect(text.contains("<title>S0: 10.0</title>"))
    #expect(text.occurrences(of: "class=\"curve\"") == 2)
  }

  @Test func `no name lies on another, nor outside`() throws {
    for ends in [
      [Double](repeating: 10, count: 20), (0..<20).map { 10 + Double($0) / 100 }, [1, 1, 1, 100, 100, 100],
    ] {
      let places = try names(chart(ends).inline())
      #expect(places.count == ends.count)
      for (first, second) in zip(places, places.dropFirst()) { #expect(second - first > 14.9) }
      #expect(places[0] > 10)
    }
  }

  @Test func `a curve without points isn't drawn`() {
    var chart = chart([10])
    chart = LineChart(
      title: "",
      series: [LineChart.Series(id: "a", name: "a", colour: "c1", points: [])],
      x: chart.x,
      y: chart.y,
      xLabel: chart.xLabel,
      yLabel: chart.yLabel,
      xTitle: "",
      yTitle: ""
    )
    #expect(!chart.inline().contains("curve"))
  }
}
