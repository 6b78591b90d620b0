internal import FoundationEssentials
internal import Libuv

/// Swift's symbols as people write them.
///
/// By the toolchain's own program: the runtime's function for it isn't one that programs may rely on. Where it isn't
/// installed symbols stay as they are.
enum SwiftNames {
  /// The names of some symbols, in their order.
  static func demangled(_ symbols: [String]) -> [String] {
    // What isn't Swift's stays, and has no room for a mistake.
    let places = symbols.indices.filter { symbols[$0].hasPrefix("$s") }
    guard !places.isEmpty, SearchPath.has("swift-demangle") else { return symbols }
    let arguments = places.map { symbols[$0] }
    let command = ShellCommand(
      text: #"printf '%s\n' "$SYMBOLS" | swift-demangle --compact --simplified"#,
      folder: "/",
      environment: ProcessInfo.processInfo.environment.merging(
        ["SYMBOLS": arguments.joined(separator: "\n")]
      ) { $1 }
    )
    guard let outcome = try? ShellCommand.run([command], patience: .seconds(30))[0], outcome.exit == .code(0)
    else { return symbols }
    let lines = outcome.output.split(separator: "\n")
    guard lines.count == places.count else { return symbols }
    var names = symbols
    for (place, line) in zip(places, lines) { names[place] = String(line) }
    return names
  }

  /// A function for people: an address without zeros before it, `0x22a60`.
  static func short(_ name: String) -> String {
    guard name.hasPrefix("0x") else { return name }
    let digits = name.dropFirst(2).drop { $0 == "0" }
    return "0x\(digits.isEmpty ? "0" : digits)"
  }
}
