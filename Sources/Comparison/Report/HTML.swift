/// A piece of a page: what a literal says is markup, and every text that is put into one is escaped.
///
/// ```swift
/// let item: HTML = "<li>\(name)</li>"
/// ```
///
/// Whether something is escaped is a matter of its type: a `String` is, another piece isn't. A literal that could be either, as
/// in `condition ? "<hr>" : ""`, is a `String` to the compiler: name its type, and nothing is left out but an escape too many.
struct HTML: ExpressibleByStringInterpolation, Equatable {
  private(set) var text: String

  init(stringLiteral text: String) { self.text = text }
  init(stringInterpolation parts: StringInterpolation) { text = parts.text }

  /// What is markup already: a picture, or a file of this package's own. Nothing that comes from outside.
  init(markup text: String) { self.text = text }

  /// A piece for each of some values, one after the other.
  static func each<Value>(_ values: [Value], _ piece: (Value) -> HTML) -> HTML {
    HTML(markup: values.map { piece($0).text }.joined())
  }

  /// A piece for a value if it is there, else nothing.
  static func ifSome<Value>(_ value: Value?, _ piece: (Value) -> HTML) -> HTML { value.map(piece) ?? "" }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(2 * literalCapacity) }

    mutating func appendLiteral(_ markup: String) { text += markup }
    mutating func appendInterpolation(_ text: String) { self.text += SVG.escaped(text) }
    mutating func appendInterpolation(_ piece: HTML) { text += piece.text }
  }
}
