internal import Libuv
internal import LoadGenerator

/// Which processors the servers and the clients are kept on.
public struct Processors: Sendable, Equatable {
  /// How to choose them.
  public enum Choice: Sendable, Equatable {
    /// Two of different cores, where there are.
    case automatic
    /// They are not kept on any.
    case none
    /// These: the servers', and the clients'.
    case these(server: Int, client: Int)
  }

  /// The servers'; nil when they may go everywhere.
  public let server: Int?
  /// The clients'; nil when they may go everywhere.
  public let client: Int?
  /// What makes the figures less sharp: sentences.
  public let notes: [String]

  /// Chooses from those that the calling thread may use.
  ///
  /// - Throws: ``UnusableProcessor`` when one of those that are asked for isn't there.
  public init(_ choice: Choice) throws {
    let allowed = ThreadAffinity.processors
    switch choice {
    case .none:
      (server, client) = (nil, nil)
      notes = ["Servers and clients were not kept on processors of their own."]
    case .these(let server, let client):
      for number in [server, client] where !allowed.contains(number) {
        throw UnusableProcessor(number: number, usable: allowed)
      }
      (self.server, self.client) = (server, client)
      notes = Self.notes(server, client)
    case .automatic:
      guard let client = allowed.first, let last = allowed.last, client != last else {
        (server, client) = (nil, nil)
        notes = ["There is one processor: servers and clients take it from each other."]
        return
      }
      let server = allowed.last { !Self.siblings(of: client).contains($0) } ?? last
      (self.server, self.client) = (server, client)
      notes = Self.notes(server, client)
    }
  }

  /// Carries something out where the clients are kept.
  func onClients<Result>(_ body: () throws -> Result) throws -> Result { try Self.on(client, body) }

  /// Carries something out where the servers are kept.
  func onServers<Result>(_ body: () throws -> Result) throws -> Result { try Self.on(server, body) }

  private static func on<Result>(_ processor: Int?, _ body: () throws -> Result) throws -> Result {
    try processor.map { try ThreadAffinity.with([$0], body) } ?? body()
  }

  private static func notes(_ server: Int, _ client: Int) -> [String] {
    if server == client { return ["Servers and clients share one processor."] }
    guard siblings(of: client).contains(server) else { return [] }
    return ["The two processors are threads of one core: servers and clients slow each other down."]
  }

  /// The processors that share a core with one, and itself.
  private static func siblings(of number: Int) -> Set<Int> {
    let path = "/sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list"
    return ProcessUsage.text(path).map(list) ?? [number]
  }

  /// The numbers of a list as the kernel writes it: `0-3,8`.
  static func list(_ text: String) -> Set<Int> {
    var numbers: Set<Int> = []
    for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let ends = part.split(separator: "-").compactMap { Int($0) }
      if let first = ends.first, let last = ends.last, first <= last { numbers.formUnion(first...last) }
    }
    return numbers
  }
}

/// A processor that was asked for isn't there.
public struct UnusableProcessor: Error, CustomStringConvertible {
  /// The one that was asked for.
  public let number: Int
  /// Those that there are.
  public let usable: [Int]

  /// A sentence that says which can be had.
  public var description: String {
    "processor \(number) isn't there: there are \(usable.map(String.init).joined(separator: ", "))"
  }
}
