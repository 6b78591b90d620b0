public import ArgumentParser
public import LoadGenerator

/// A time on the command line: `30`, `30s`, `500ms`, `2m`.
struct Time: ExpressibleByArgument, Equatable {
  let duration: Duration

  static func seconds(_ seconds: Double) -> Time { Time(duration: .seconds(seconds)) }

  /// In seconds.
  var seconds: Double { duration / .seconds(1) }

  init(duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let units: [(String, Double)] = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("", 1)]
    for (unit, scale) in units where argument.hasSuffix(unit) {
      guard let number = Double(argument.dropLast(unit.count)) else { continue }
      guard number >= 0, number * scale <= 1e9 else { return nil }
      duration = .seconds(number * scale)
      return
    }
    return nil
  }

  var defaultValueDescription: String {
    let seconds = duration / .seconds(1)
    return seconds.rounded() == seconds ? Text.number(seconds, 0) : "\(seconds)"
  }
}

/// A size in bytes on the command line, or a range: `64`, `64k`, `1-65536`.
struct Sizes: ExpressibleByArgument, Equatable {
  static let largest = 64 << 20

  let range: ClosedRange<Int>

  init(_ size: Int) { range = size...size }

  init?(argument: String) {
    let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map(Self.bytes)
    guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first >= 1,
      first <= last,
      last <= Self.largest
    else { return nil }
    range = first...last
  }

  private static func bytes(_ text: Substring) -> Int? {
    let shift = text.hasSuffix("k") ? 10 : text.hasSuffix("m") ? 20 : 0
    guard let number = Int(shift > 0 ? text.dropLast() : text), number <= largest else { return nil }
    return number << shift
  }

  var defaultValueDescription: String { "\(range.lowerBound)" }
}

extension Workload.Strategy: ExpressibleByArgument {}
extension Workload.Arrivals: ExpressibleByArgument {}

extension SourceAddresses: ExpressibleByArgument {
  /// A range on the command line: `127.0.0.0/16`.
  public init?(argument: String) { self.init(argument) }
}

extension Target: ExpressibleByArgument {
  /// A server on the command line: `localhost:4000`, `unix:/run/echo.sock`.
  public init?(argument: String) { self.init(argument) }
}

extension Promise: ExpressibleByArgument {
  /// A promise on the command line: `p99<2ms`.
  public init?(argument: String) { self.init(argument) }
}

extension Sweep: ExpressibleByArgument {
  /// Shares on the command line: `10%..90%`.
  public init?(argument: String) { self.init(argument) }
}
