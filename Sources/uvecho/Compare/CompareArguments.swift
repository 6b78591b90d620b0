public import ArgumentParser
public import Comparison

extension Settings.Profile: ExpressibleByArgument {}

/// Values with commas between them on the command line: `100,2000`.
struct List<Element: ExpressibleByArgument & Equatable>: ExpressibleByArgument, Equatable {
  let elements: [Element]

  /// - Returns: nil when one of them isn't a value, or comes twice.
  init?(argument: String) {
    var elements: [Element] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard !part.isEmpty, let element = Element(argument: String(part)), !elements.contains(element) else {
        return nil
      }
      elements.append(element)
    }
    self.elements = elements
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
      guard let share, share > 0, share <= 1, !elements.contains(share) else { return nil }
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
      guard let numbers = List<Int>(argument: argument)?.elements ?? Self.twice(argument), numbers.count == 2,
        numbers.allSatisfy({ $0 >= 0 })
      else { return nil }
      choice = .these(server: numbers[0], client: numbers[1])
    }
  }

  /// Both may share one.
  private static func twice(_ argument: String) -> [Int]? {
    let parts = argument.split(separator: ",").compactMap { Int($0) }
    return parts.count == 2 ? parts : nil
  }
}
