import EchoServer
import Logging

extension ServeOptions {
  /// Reads options that leave nothing to ask: each in full, followed by its value, none but `--host` twice, all as they may be.
  ///
  /// That is how services are started, and it is read before swift-argument-parser has found out with reflection which
  /// options there are, which takes several times as long as all the rest of the start. Everything else is left to it: help,
  /// mistakes, and whatever else it takes. Tests hold the two to the same.
  ///
  /// - Returns: nil when this isn't for it to say, right or wrong.
  package init?(words: ArraySlice<String>) {
    self.init()
    var given: [String] = []
    var words = words.makeIterator()
    while let word = words.next() {
      let name: String
      let value: String
      if let sign = word.firstIndex(of: "=") {
        name = String(word[..<sign])
        value = String(word[word.index(after: sign)...])
      } else {
        guard let next = words.next(), !next.hasPrefix("-") else { return nil }
        name = word
        value = next
      }
      guard name == "--host" || !given.contains(name), set(name, value) else { return nil }
      given.append(name)
    }
    guard problem == nil else { return nil }
  }

  /// Returns whether there is such an option, and it has such values.
  private mutating func set(_ name: String, _ value: String) -> Bool {
    switch name {
    case "--host": hosts.append(value)
    case "--port": return Self.set(&port, UInt16(value))
    case "--unix": unixPath = value
    case "--style": return Self.set(&style, Style(rawValue: value))
    case "--backlog": return Self.set(&backlog, Int(value))
    case "--grace": return Self.set(&grace, Double(value))
    case "--idle-timeout": return Self.set(&idleTimeout, Double(value))
    case "--max-connections": return Self.set(&maxConnections, Int(value))
    case "--high-water": return Self.set(&highWaterMark, Int(value))
    case "--log-level": return Self.set(&logLevel, Logger.Level(rawValue: value))
    case "--stats": return Self.set(&statisticsInterval, Double(value))
    default: return false
    }
    return true
  }

  private static func set<Value>(_ option: inout Value, _ value: Value?) -> Bool {
    guard let value else { return false }
    option = value
    return true
  }

  private static func set<Value>(_ option: inout Value?, _ value: Value?) -> Bool {
    option = value
    return value != nil
  }
}
