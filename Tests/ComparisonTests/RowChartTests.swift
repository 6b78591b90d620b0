import Testing

@testable import Comparison

@Suite struct RowChartTests {
  private func chart(_ rows: [RowChart.Row]) -> RowChart {
    RowChart(
      title: "T",
      rows: rows,
      scale: Scale(linearTo: [2]),
      label: Numbers.short,
      reference: (1, "the base")
    )
  }

  @Test func `a bar is as long as its value, and the reference has its name`() {
    let row = RowChart.Row(
      name: "Go",
      role: .own,
      marks: [.bar(from: 0, to: 1, shade: "bar"), .whisker(low: 0.9, high: 1.1)],
      figure: "1.00",
      detail: "0.90–1.10",
      tooltip: "Go: tip"
    )
    let text = chart([row]).inline()
    #expect(text.contains("<g class=\"row own\"><title>Go: tip</title>"))
    let half = "\(Numbers.short(Scale(linearTo: [2])(1) * 100))%"
    #expect(text.contains("<rect class=\"bar\" x=\"0%\" width=\"\(half)\""))
    #expect(text.contains("<tspan>1.00</tspan><tspan class=\"detail\" dx=\"6\">0.90–1.10</tspan>"))
    #expect(text.occurrences(of: "class=\"whisker\"") == 3)
    #expect(text.contains("<title>the base</title>"))
  }

  @Test func `a row without marks has an excuse, and a long name is cut`() {
    let name = String(repeating: "long ", count: 20)
    let text = chart([RowChart.Row(name: name, role: .other, excuse: "crashed", tooltip: name)]).inline()
    #expect(text.contains(">crashed</text>"))
    #expect(text.contains(">long long long long l…</text>"))
    #expect(text.contains("<title>\(name)</title>"))
  }

  @Test func `a part of a bar can be singled out, and a bar can be cut`() {
    let row = RowChart.Row(
      name: "a",
      role: .other,
      marks: [
        .slice(from: 0, to: 1, of: RowChart.SliceKey(id: "x", colour: "blue"), tooltip: "x: 1 <"), .cut,
      ],
      tooltip: ""
    )
    let text = chart([row]).inline()
    #expect(text.contains("<rect class=\"series slice blue\" data-series=\"x\" x=\"0%\" "))
    #expect(text.contains("<title>x: 1 &lt;</title></rect>"))
    #expect(text.contains("<path class=\"cut\" "))
  }

  @Test func `names can stand above their rows, which a page must know the places of`() {
    let row = RowChart.Row(name: "a", role: .other, tooltip: "")
    var chart = chart([row, row])
    #expect(chart.inline().contains("class=\"rows\""))
    #expect(!chart.inline().contains("--place") && !chart.inline().contains("--count"))
    chart.hasNamesAbove = true
    let text = chart.inline()
    let long = RowChart.Row(name: "Swift, libuv's C functions", role: .other, tooltip: "")
    var above = self.chart([long])
    #expect(above.inline().contains("Swift, libuv&#39;s C func…</text>"))
    above.hasNamesAbove = true
    #expect(above.inline().contains("Swift, libuv&#39;s C functions</text>"), "there is room")
    #expect(text.contains("class=\"rows above\"") && text.contains("--height:86px;--count:2"))
    #expect(text.contains("y2=\"100%\"") && !text.contains("y2=\"76\""), "lines go down to its end")
    #expect(text.contains("style=\"--place:1\"") && text.contains("style=\"--place:2\""))
  }

  @Test func `it grows with its rows`() {
    let row = RowChart.Row(name: "a", role: .other, tooltip: "")
    #expect(chart([row, row]).height - chart([row]).height == 25)
    #expect(chart([row]).content(width: 700, x: 10, y: 20).text.contains("y=\"20\""))
  }
}
