/// The first chart by itself: a file that a README can show.
struct HeadlinePicture {
  let text: String

  private static let width = 760.0
  private static let margin = 28.0

  init(_ results: Results) {
    guard let cell = results.headlineCell else {
      text = Self.empty
      return
    }
    // Where the clients were the limit the responses compare these.
    let isByProcessor = results.isClientLimited(cell)
    let pictures = Pictures(results)
    let chart = isByProcessor ? pictures.processorChart(cell) : pictures.ratioChart(cell)
    let head = 74.0
    let foot = 40.0
    let height = head + chart.height + foot
    let title =
      isByProcessor
      ? "Processor time for a reply as a multiple of that of \(results.baseName)"
      : "Responses a second as a multiple of those of \(results.baseName)"
    let subtitle =
      "\(isByProcessor ? "shorter is better; " : "")\(cell.title), closed loop, \(Numbers.amount(results.settings.rounds, "round")); the whisker is the "
      + results.settings.interval
    let place = "\(results.machine.processor), \(Document.readable(results.startedAt).prefix(10))"

    var svg = SVG()
    svg.begin(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(SVG.place(Self.width)) \(SVG.place(height))",
        "width": SVG.place(Self.width), "height": SVG.place(height), "role": "img", "aria-label": title,
        "class": "alone",
      ]
    )
    svg.add("title", [:], text: title)
    svg.add(style: String(decoding: PackageResources.picture_css, as: UTF8.self))
    svg.add(
      "rect",
      ["class": "paper", "width": SVG.place(Self.width), "height": SVG.place(height), "rx": "8"]
    )
    svg.add("text", ["class": "heading", "x": SVG.place(Self.margin), "y": "36"], text: title)
    svg.add("text", ["class": "caption", "x": SVG.place(Self.margin), "y": "57"], text: subtitle)
    svg.add(chart.content(width: Self.width - 2 * Self.margin, x: Self.margin, y: head))
    svg.add(
      "text",
      ["class": "caption", "x": SVG.place(Self.margin), "y": SVG.place(height - 18)],
      text: place
    )
    svg.end()
    text = svg.text + "\n"
  }

  private static let empty = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"></svg>\n"
}
