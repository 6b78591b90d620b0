/// A picture by itself: a file that a README can show, with colours for light and dark.
struct PictureFile {
  let text: String

  private static let width = 760.0
  private static let margin = 28.0
  /// As wide as its content is.
  static let contentWidth = width - 2 * margin

  /// - Parameters:
  ///   - styles: those that the content needs besides the usual ones.
  ///   - height: that of the content.
  ///   - content: what is drawn between heading and foot, so wide, from that place on.
  init(
    title: String,
    subtitle: String,
    foot: String,
    styles: [UInt8] = [],
    height contentHeight: Double,
    content: (_ width: Double, _ x: Double, _ y: Double) -> SVG
  ) {
    let head = 74.0
    let height = head + contentHeight + 40
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
    svg.add(style: String(decoding: PackageResources.picture_css + styles, as: UTF8.self))
    svg.add(
      "rect",
      ["class": "paper", "width": SVG.place(Self.width), "height": SVG.place(height), "rx": "8"]
    )
    svg.add("text", ["class": "heading", "x": SVG.place(Self.margin), "y": "36"], text: title)
    svg.add("text", ["class": "caption", "x": SVG.place(Self.margin), "y": "57"], text: subtitle)
    svg.add(content(Self.contentWidth, Self.margin, head))
    svg.add(
      "text",
      ["class": "caption", "x": SVG.place(Self.margin), "y": SVG.place(height - 18)],
      text: foot
    )
    svg.end()
    text = svg.text + "\n"
  }

  /// Where and when: what stands at the foot.
  static func place(_ machine: Machine, _ startedAt: String) -> String {
    "\(machine.processor), \(Document.readable(startedAt).prefix(10))"
  }

  /// Of what has no figures.
  static let empty = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"></svg>\n"
}
