public import ArgumentParser
public import Comparison

extension Settings.Profile: ExpressibleByArgument {}

/// Values with commas between them on the command line: `100,2000`.
struct List<Element: ExpressibleByArgument & Equatable>: ExpressibleByArgument, Equatable {
  let elements: [Element]

  /// - Returns: nil when one of them isn't a value.
  init?(argument: String) {
    var elements: [Element] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.isEmpty, let element = Element(argument: String(part)) else { return nil }
      elements.append(element)
    }
    self.elements = elements
  }

  /// What an element may be, for the help and for the text of a refusal.
  static var allValueStrings: [String] { Element.allValueStrings }
}

extension Array where Element: Equatable {
  /// Whether no element comes twice.
  var isDistinct: Bool { distinct == self }

  /// Each once, in their order.
  var distinct: [Element] {
    reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// Shares of a capacity on the command line: `0.25,0.5`, `50%`, or `none`.
struct Shares: ExpressibleByArgument, Equatable {
  let elements: [Double]

  init?(argument: String) {
    guard argument != "none" else {
      elements = []
      return
    }
    var elements: [Double] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let share = part.hasSuffix("%") ? Double(part.dropLast()).map { $0 / 100 } : Double(part)
      guard let share, share > 0, share <= 1 else { return nil }
      elements.append(share)
    }
    self.elements = elements
  }
}

/// Processors on the command line: `auto`, `none`, or the server's and the clients': `1,0`.
struct Pinning: ExpressibleByArgument, Equatable {
  let choice: Processors.Choice

  init?(argument: String) {
    switch argument {
    case "auto": choice = .automatic
    case "none": choice = .none
    default:
      guard let numbers = List<Int>(argument: argument)?.elements, numbers.count == 2,
        numbers.allSatisfy({ $0 >= 0 })
      else { return nil }
      choice = .these(server: numbers[0], client: numbers[1])
    }
  }
}
