internal import FoundationEssentials
internal import Libuv

/// Symbols as people write them.
///
/// By the toolchains' own programs: the runtime's function for it isn't one that programs may rely on. Where they are not
/// installed symbols stay as they are.
enum FunctionNames {
  /// The names of some symbols, in their order.
  static func of(_ symbols: [String]) -> [String] {
    var names = symbols
    replace(&names, "$s", by: "swift-demangle", "--compact --simplified")
    // binutils' program for C++.
    replace(&names, "_Z", by: "c++filt", "--no-params")
    return names.map(short)
  }

  private static func replace(
    _ names: inout [String],
    _ prefix: String,
    by program: String,
    _ options: String
  ) {
    let places = names.indices.filter { names[$0].hasPrefix(prefix) }
    guard !places.isEmpty, SearchPath.has(program) else { return }
    let symbols = places.map { names[$0] }.joined(separator: "\n")
    let command = ShellCommand(
      text: "printf '%s\\n' \"$SYMBOLS\" | \(program) \(options)",
      folder: "/",
      environment: ProcessInfo.processInfo.environment.merging(["SYMBOLS": symbols]) { $1 }
    )
    guard let outcome = try? ShellCommand.run([command], patience: .seconds(30))[0], outcome.exit == .code(0)
    else {
      return
    }
    let lines = outcome.output.split(separator: "\n")
    guard lines.count == places.count else { return }
    for (place, line) in zip(places, lines) { names[place] = String(line) }
  }

  /// An address without the zeros before it; a closure that C calls without Objective-C, which isn't there; and one name
  /// for all entries of the table through which libraries are called.
  static func short(_ name: String) -> String {
    if name.hasSuffix("[PLT]") { return "calls into libraries" }
    if name.hasPrefix("@objc ") { return String(name.dropFirst(6)) }
    guard name.hasPrefix("0x") else { return name }
    let digits = name.dropFirst(2).drop { $0 == "0" }
    return "0x\(digits.isEmpty ? "0" : digits)"
  }
}
