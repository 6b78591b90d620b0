internal import FoundationEssentials
internal import Libuv

/// The functions of a program, by their addresses.
struct SymbolTable {
  private let symbols: [(address: UInt64, name: String)]

  /// Reads what `nm` prints.
  init(_ text: String) {
    var symbols: [(address: UInt64, name: String)] = []
    for line in text.split(separator: "\n") {
      // Address, kind, name; data is of another kind than code.
      let fields = line.split(separator: " ")
      guard fields.count == 3, ["t", "T", "w", "W"].contains(fields[1]),
        let address = UInt64(fields[0], radix: 16)
      else { continue }
      symbols.append((address, String(fields[2])))
    }
    self.symbols = symbols.sorted { $0.address < $1.address }
  }

  /// Reads those of a program; nil when `nm` can't.
  init?(of program: String) {
    let command = ShellCommand(
      text: #"nm --defined-only "$PROGRAM""#,
      folder: "/",
      environment: ProcessInfo.processInfo.environment.merging(["PROGRAM": program]) { $1 }
    )
    guard let outcome = try? ShellCommand.run([command], patience: .seconds(30))[0], outcome.exit == .code(0)
    else {
      return nil
    }
    self.init(outcome.output)
  }

  /// The last name up to an address; nil when all come after it.
  func name(before address: UInt64) -> String? {
    var low = 0
    var high = symbols.count
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? symbols[low - 1].name : nil
  }
}
