/// What callgrind has counted: the instructions of each function itself, without those that it calls.
struct CallgrindProfile {
  /// A function, as callgrind names it.
  struct Function: Hashable {
    /// The path of the file that it is in; `???` for code that is in none.
    var object: String
    /// Its symbol, mangled; an address when it has none.
    var name: String
  }

  /// The instructions of each.
  private(set) var instructions: [Function: Int] = [:]

  /// The instructions of all.
  var total: Int { instructions.values.reduce(0, +) }

  /// Adds what is in a file that `--compress-strings=no --compress-pos=no` was written with: each thread, or part, has
  /// one of its own, or several are in one.
  ///
  /// - Throws: ``UnreadableProfile``.
  mutating func add(_ text: String) throws(UnreadableProfile) {
    guard text.contains("\nevents: Ir\n") || text.hasPrefix("events: Ir\n") else {
      throw UnreadableProfile(reason: "it has no counts of instructions")
    }
    var object = "???"
    var name = "???"
    // The line after a call tells what was spent in what was called, and a jump has a line without a count.
    var skips = false
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      guard let first = line.first else { continue }
      switch first {
      // Positions may be relative to the last one, or the same.
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"):
        if skips {
          skips = false
          continue
        }
        let fields = line.split(separator: UInt8(ascii: " "))
        guard fields.count >= 2, let count = Int(Substring(fields[1])) else {
          throw UnreadableProfile(reason: "a line of counts is \(Substring(line))")
        }
        instructions[Function(object: object, name: name), default: 0] += count
      case UInt8(ascii: "c"), UInt8(ascii: "j"), UInt8(ascii: "o"), UInt8(ascii: "f"):
        let text = Substring(line)
        if text.hasPrefix("fn=") {
          name = Self.symbol(text.dropFirst(3))
        } else if text.hasPrefix("ob=") {
          object = String(text.dropFirst(3))
        } else if text.hasPrefix("calls=") || text.hasPrefix("jump=") || text.hasPrefix("jcnd=") {
          skips = true
        }
      default: continue
      }
    }
  }

  /// A recursive function has a name for each depth: `f'2`.
  private static func symbol(_ text: Substring) -> String {
    guard let mark = text.lastIndex(of: "'"), text[mark...].dropFirst().allSatisfy(\.isNumber) else {
      return String(text)
    }
    return String(text[..<mark])
  }
}

/// A file isn't what callgrind writes.
struct UnreadableProfile: Error, CustomStringConvertible {
  /// What is wrong: a clause.
  let reason: String

  var description: String { "callgrind's file can't be read: \(reason)" }
}
