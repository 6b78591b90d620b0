internal import FoundationEssentials
internal import LoadGenerator

/// What rungs cost when somebody last looked: no change may make them dearer.
///
/// Only figures that don't depend on the machine's speed are recorded: instructions as a share of the base's, allocations, and
/// system calls.
public struct CostThresholds: Codable, Sendable, Equatable {
  /// The version of this schema.
  public static let schemaVersion = 1

  /// The version that this was written with.
  public var schema = CostThresholds.schemaVersion
  /// The rung that the others are divided by.
  public var base: String
  /// What was recorded of each rung, of each kind of work.
  public var rungs: [String: [Work: Record]]

  /// What was recorded of some work.
  public struct Record: Codable, Sendable, Equatable {
    /// Instructions for one, of the base's.
    public var instructionsOfBase: Double?
    /// Allocations for one.
    public var allocations: Double?
    /// The bytes that they ask for.
    public var allocatedBytes: Double?
    /// System calls for one.
    public var systemCalls: Double?

    init(
      instructionsOfBase: Double? = nil,
      allocations: Double? = nil,
      allocatedBytes: Double? = nil,
      systemCalls: Double? = nil
    ) {
      self.instructionsOfBase = instructionsOfBase
      self.allocations = allocations
      self.allocatedBytes = allocatedBytes
      self.systemCalls = systemCalls
    }

    /// Reads a record. A field that isn't known is an error: a figure under a mistyped name would not be held.
    public init(from decoder: any Decoder) throws {
      let all = try decoder.container(keyedBy: AnyName.self)
      for name in all.allKeys where CodingKeys(stringValue: name.stringValue) == nil {
        throw DecodingError.dataCorruptedError(
          forKey: name,
          in: all,
          debugDescription: UnknownField.description
        )
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      instructionsOfBase = try container.decodeIfPresent(Double.self, forKey: .instructionsOfBase)
      allocations = try container.decodeIfPresent(Double.self, forKey: .allocations)
      allocatedBytes = try container.decodeIfPresent(Double.self, forKey: .allocatedBytes)
      systemCalls = try container.decodeIfPresent(Double.self, forKey: .systemCalls)
    }

    private struct AnyName: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }

  /// How much more may be measured than was recorded, as a share: another processor or C library makes that much.
  public static let tolerance = 0.03
  /// How many more allocations or system calls may be measured: half of the one that would be too many.
  public static let countTolerance = 0.5

  // MARK: The file

  /// Reads a file of thresholds.
  ///
  /// - Throws: ``UnreadableThresholds``, which names the file.
  public init(contentsOf path: String) throws(UnreadableThresholds) {
    func unreadable(_ reason: String, isThere: Bool = true) -> UnreadableThresholds {
      UnreadableThresholds(path: path, reason: reason, isThere: isThere)
    }
    guard let text = ProcessUsage.text(path) else { throw unreadable("it can't be read", isThere: false) }
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    } catch {
      throw unreadable((error as? DecodingError)?.sentence ?? "it isn't JSON")
    }
    guard schema == Self.schemaVersion else {
      throw unreadable("its schema is \(schema), and this program knows \(Self.schemaVersion)")
    }
    guard rungs.values.contains(where: { !$0.isEmpty }) else { throw unreadable("it has no figures") }
  }

  /// As the file has it: for people too, with the fields in the order of their names.
  public var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }

  /// What results have: what somebody would record of them. What is not on its line would break without a reason, and is
  /// left out.
  public init(_ results: CostResults) {
    base = results.base
    rungs = [:]
    for rung in results.rungs {
      for cost in rung.work {
        let isOnLine = cost.instructions.problem(least: Slope.leastInstructions) == nil
        // What the base has of itself is 1.
        let ratio = rung.id == base || !isOnLine ? nil : results.instructionsOfBase(rung, cost.work)
        let allocations = cost.allocations.flatMap {
          $0.problem(least: Slope.leastAllocations) == nil ? $0 : nil
        }
        let bytes = cost.allocatedBytes.flatMap { $0.problem(least: Slope.leastBytes) == nil ? $0 : nil }
        let record = Record(
          instructionsOfBase: ratio.map { Self.rounded($0, 1000) },
          allocations: allocations.map { Self.rounded($0.each, 100) },
          allocatedBytes: bytes.map { Self.rounded($0.each, 10) },
          systemCalls: cost.systemCallCount.map { Self.rounded($0, 100) }
        )
        if record != Record() { rungs[rung.id, default: [:]][cost.work] = record }
      }
    }
  }

  /// The same figures, as new results have them. A figure that isn't among these stays out: somebody may have taken it out, as
  /// it differs from run to run. What the results lack stays as it was.
  public func renewed(by results: CostResults) -> CostThresholds {
    let new = CostThresholds(results)
    var thresholds = self
    for (rung, records) in rungs {
      for (work, record) in records {
        let renewed = new.rungs[rung]?[work]
        func value(_ figure: KeyPath<Record, Double?>) -> Double? {
          record[keyPath: figure].map { renewed?[keyPath: figure] ?? $0 }
        }
        thresholds.rungs[rung]![work] = Record(
          instructionsOfBase: value(\.instructionsOfBase),
          allocations: value(\.allocations),
          allocatedBytes: value(\.allocatedBytes),
          systemCalls: value(\.systemCalls)
        )
      }
    }
    return thresholds
  }

  private static func rounded(_ value: Double, _ scale: Double) -> Double {
    (value * scale).rounded() / scale + 0
  }

  /// What has to be measured to check them, and nothing else.
  public var settings: CostSettings {
    var counters: [String: [Work: Set<Counter>]] = [:]
    for (rung, records) in rungs {
      for (work, record) in records {
        if record.instructionsOfBase != nil {
          counters[rung, default: [:]][work, default: []].insert(.instructions)
          counters[base, default: [:]][work, default: []].insert(.instructions)
        }
        if record.allocations != nil || record.allocatedBytes != nil {
          counters[rung, default: [:]][work, default: []].insert(.allocations)
        }
        if record.systemCalls != nil { counters[rung, default: [:]][work, default: []].insert(.systemCalls) }
      }
    }
    var settings = CostSettings(rungs: counters.keys.sorted(), base: base)
    settings.counters = counters
    // These counts are on their lines; a third run would take half as long again.
    settings.points = 2
    settings.connections = []
    settings.hasSizes = false
    settings.starts = 0
    settings.speed = nil
    return settings
  }

  // MARK: Checking

  /// A figure that was recorded, and what was measured.
  public struct Check: Sendable, Equatable {
    /// The rung.
    public let rung: String
    /// The kind of work.
    public let work: Work
    /// Which figure.
    public let figure: Figure
    /// What was recorded.
    public let recorded: Double
    /// What was measured; nil when it could not be.
    public let measured: Double?

    /// Whether it is as it was, or broken, or could be recorded anew.
    public var verdict: Verdict {
      guard let measured else { return .broken }
      let margin = figure.margin(recorded)
      if measured > recorded + margin { return .broken }
      return measured < recorded - margin ? .better : .good
    }
  }

  /// A figure that is recorded.
  public enum Figure: String, Sendable, CaseIterable {
    /// Instructions, of the base's.
    case instructionsOfBase
    /// Allocations.
    case allocations
    /// The bytes that they ask for.
    case allocatedBytes
    /// System calls.
    case systemCalls

    /// How far what is measured may be from what was recorded.
    func margin(_ recorded: Double) -> Double {
      switch self {
      case .instructionsOfBase: recorded * CostThresholds.tolerance
      case .allocations, .systemCalls: CostThresholds.countTolerance
      // The smallest block that an allocation asks for, or what another one grows by, is more than this.
      case .allocatedBytes: max(recorded * CostThresholds.tolerance, 8)
      }
    }
  }

  /// What a check came to.
  public enum Verdict: Sendable {
    /// As it was.
    case good
    /// So much better that it should be recorded.
    case better
    /// Dearer than it was, or not measured.
    case broken
  }

  /// Holds results against what was recorded.
  ///
  /// - Returns: each figure, in the order of the ladder as far as the results have it.
  public func check(_ results: CostResults) -> [Check] {
    let order = results.rungs.map(\.id)
    let names = order.filter { rungs[$0] != nil } + rungs.keys.filter { !order.contains($0) }.sorted()
    return names.flatMap { name in
      Work.allCases.flatMap { work in
        guard let record = rungs[name]?[work] else { return [Check]() }
        let cost = results.rung(name)?.cost(of: work)
        let ratio = results.rung(name).flatMap { results.instructionsOfBase($0, work) }
        let figures: [(Figure, Double?, Double?)] = [
          (.instructionsOfBase, record.instructionsOfBase, ratio),
          (.allocations, record.allocations, cost?.allocations?.each),
          (.allocatedBytes, record.allocatedBytes, cost?.allocatedBytes?.each),
          (.systemCalls, record.systemCalls, cost?.systemCallCount),
        ]
        return figures.compactMap { figure, recorded, measured in
          recorded.map { Check(rung: name, work: work, figure: figure, recorded: $0, measured: measured) }
        }
      }
    }
  }
}

extension Work: CodingKeyRepresentable {}

extension CostResults {
  /// What a rung's instructions for some work are of the base's; nil when one of the two isn't known.
  public func instructionsOfBase(_ rung: RungCost, _ work: Work) -> Double? {
    guard let cost = rung.cost(of: work)?.instructions.each,
      let base = self.rung(base)?.cost(of: work)?.instructions.each, base > 0
    else { return nil }
    return cost / base
  }
}

/// A file isn't one of thresholds.
public struct UnreadableThresholds: Error, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong: a clause.
  public let reason: String

  /// Whether there is something that could be another file, which nobody would want to lose.
  public let isThere: Bool

  /// A sentence that names the file, and says what makes one.
  public var description: String {
    "\(path): \(reason)" + (isThere ? "" : "; `uvecho cost --record \(path)` makes it")
  }
}
