/// Numbers as reports write them.
package enum Numbers {
  /// With so many digits after the point: `12.50`.
  package static func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "-" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e18 else { return "\(value)" }
    let whole = String(Int(scaled))
    let padded = String(repeating: "0", count: max(0, digits + 1 - whole.count)) + whole
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return sign + padded }
    return "\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))"
  }

  /// Rounded, with commas: `1,234,567`.
  static func count(_ value: Double) -> String {
    let digits = decimal(value.magnitude, 0)
    guard digits.allSatisfy(\.isNumber) else { return digits }
    var text = ""
    for (place, digit) in digits.reversed().enumerated() {
      if place > 0, place % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (value <= -0.5 ? "-" : "") + String(text.reversed())
  }

  /// Rounded, with commas: `1,234,567`.
  static func count(_ value: Int) -> String { count(Double(value)) }

  /// To three digits: `1.23`, `12.3`, `1,234`.
  static func three(_ value: Double) -> String {
    let size = abs(value)
    return size < 9.995 ? decimal(value, 2) : size < 99.95 ? decimal(value, 1) : count(value)
  }

  /// A time in microseconds, to three digits, in the unit that suits it: `12.3 µs`, `1.50 ms`, `2.00 s`.
  static func time(_ microseconds: Double) -> String {
    let units: [(String, Double)] = [("µs", 1), ("ms", 1e3), ("s", 1e6)]
    // What would be rounded to 1000 has the next unit.
    let (unit, scale) = units.last { microseconds >= $0.1 * 0.9995 } ?? units[0]
    return "\(three(microseconds / scale)) \(unit)"
  }

  /// A number of bytes: `512 B`, `1.50 MB`.
  static func bytes(_ count: Double) -> String {
    let units: [(String, Double)] = [("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12)]
    guard let (unit, scale) = units.last(where: { count.magnitude >= $0.1 * 0.9995 }) else {
      return "\(decimal(count, 0)) B"
    }
    return "\(three(count / scale)) \(unit)"
  }

  /// A share of 1 in hundredths, with no more digits than it has: `50 %`, `97.5 %`.
  static func percent(_ share: Double) -> String { "\(short(share * 100)) %" }

  /// With up to two digits after the point, and no zeros at the end: `5`, `0.25`.
  static func short(_ value: Double) -> String {
    var text = decimal(value, 2)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// How many there are of a thing: `1 round`, `10 rounds`.
  static func amount(_ count: Int, _ thing: String) -> String {
    "\(Numbers.count(count)) \(thing)\(count == 1 ? "" : "s")"
  }

  /// A list as a sentence has it: `a, b and c`.
  static func list(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return "\(parts.dropLast().joined(separator: ", ")) and \(last)"
  }
}
