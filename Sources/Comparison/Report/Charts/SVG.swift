/// The text of a picture, element by element: what comes from outside is escaped here and nowhere else.
struct SVG {
  private(set) var text = ""
  private var open: [String] = []

  typealias Attributes = KeyValuePairs<String, String>

  /// An element without anything in it but a text, and a tooltip.
  mutating func add(
    _ name: String,
    _ attributes: Attributes,
    text content: String = "",
    tooltip: String? = nil
  ) {
    begin(name, attributes)
    if let tooltip { text += "<title>\(Self.escaped(tooltip))</title>" }
    text += Self.escaped(content)
    end()
  }

  /// Begins an element; all until its end is within it.
  mutating func begin(_ name: String, _ attributes: Attributes) {
    text += "<\(name)"
    for (name, value) in attributes where !value.isEmpty { text += " \(name)=\"\(Self.escaped(value))\"" }
    text += ">"
    open.append(name)
  }

  mutating func end() {
    text += "</\(open.removeLast())>"
  }

  /// A style sheet of this package's own: it isn't escaped.
  mutating func add(style: String) { text += "<style>\n\(style)</style>" }

  /// What another made.
  mutating func add(_ other: SVG) { text += other.text }

  /// A text as XML and HTML take it, in an element and in an attribute.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      // XML has no way to say these.
      case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t": escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// As much of a name as a picture has room for: without what is in parentheses at its end, if that makes it long.
  static func short(_ name: String, atMost longest: Int = 22) -> String {
    guard name.count > 18 else { return name }
    if name.hasSuffix(")"), let bracket = name.lastIndex(of: "("), bracket > name.startIndex {
      return short(String(name[..<name.index(before: bracket)]), atMost: longest)
    }
    return name.count <= longest ? name : "\(name.prefix(longest - 1))…"
  }

  /// A place in a picture.
  static func place(_ value: Double) -> String { Numbers.short(value) }
}
