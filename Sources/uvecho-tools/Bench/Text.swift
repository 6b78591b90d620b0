import Comparison

/// Numbers as people read them.
enum Text {
  /// With so many digits after the point: `12.50`.
  static func number(_ value: Double, _ digits: Int) -> String { Numbers.decimal(value, digits) }

  /// With commas: `1,234,567`.
  static func count(_ value: Int) -> String {
    var text = ""
    for (place, digit) in String(value.magnitude).reversed().enumerated() {
      if place > 0, place % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + String(text.reversed())
  }

  /// A time in nanoseconds, to three digits, in the unit that suits it: `12.3 us`, `1.50 ms`, `2.00 s`.
  static func time(_ nanoseconds: Double) -> String {
    let units: [(String, Double)] = [("us", 1e3), ("ms", 1e6), ("s", 1e9)]
    // What would be rounded to 1000 has the next unit.
    let (unit, scale) = units.last { nanoseconds >= $0.1 * 0.9995 } ?? units[0]
    let value = nanoseconds / scale
    return "\(number(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0)) \(unit)"
  }

  /// A number of bytes: `512 B`, `1.5 MB`.
  static func bytes(_ count: Int) -> String {
    let units: [(String, Double)] = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]
    guard let (unit, scale) = units.last(where: { Double(count) >= $0.1 }) else { return "\(count) B" }
    return "\(number(Double(count) / scale, 1)) \(unit)"
  }

  /// A share of 1 in hundredths: `97.5 %`.
  static func percent(_ share: Double) -> String { "\(number(share * 100, 1)) %" }

  /// Rows whose columns stand below each other: the first one to the left, the others to the right.
  static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += column == 0 ? cell + space : "  " + space + cell
      }
      // No blanks at a line's end.
      return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
