internal import FoundationEssentials
internal import LoadGenerator

/// What is counted of some work.
public enum Counter: String, Codable, Sendable, CaseIterable {
  /// Instructions, by callgrind.
  case instructions
  /// Allocations and their bytes, by memcheck.
  case allocations
  /// System calls, by strace.
  case systemCalls
}

/// Counts what a rung's work costs, by runs with more and more of it.
struct CostCounter {
  let run: CountedRun
  let programs: ReadablePrograms
  /// Where the instruments write.
  let folder: String
  /// How many runs a line is through.
  var points = 3

  /// So much work is enough for one's costs to be far above what comes by chance, and too little to be waited for.
  static func step(_ work: Work) -> Int {
    switch work {
    case .echo: 2000
    case .connection: 300
    case .timer: 200
    case .wakeup: 1000
    }
  }

  private func counts(_ work: Work) -> [Int] {
    // What a compiler does that compiles what is used often is no part of what one costs afterwards.
    let before = run.rung.language == "JavaScript" ? 4 : 0
    return (1...points).map { (before + $0) * Self.step(work) }
  }

  /// A line through what a text says that an instrument has written.
  private func measure<Value>(
    _ work: Work,
    _ counts: [Int],
    _ instrument: (String) -> Instrument,
    _ read: (String) throws -> Value
  ) throws -> [(count: Int, value: Value)] {
    try counts.map { count in
      let output = "\(folder)/count"
      try removeFiles()
      do {
        try run.run(work, count: count, under: instrument(output))
      } catch let failure as CountFailure {
        throw CountFailure(reason: failure.reason + complaint())
      }
      return (count, try read(output))
    }
  }

  /// What an instrument says of a failure: a clause after the failure's own; empty when it says nothing.
  private func complaint() -> String {
    let names = (try? files()) ?? []
    let logs = names.compactMap { name -> String? in
      ProcessUsage.text("\(folder)/\(name)")
    }
    let lines = logs.flatMap { $0.split(separator: "\n") }
    let line = lines.first { $0.contains("INTERNAL ERROR") || $0.contains("not permitted") }
    return line.map { "; \($0)" } ?? ""
  }

  private func removeFiles() throws {
    for name in try files() { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
  }

  /// What the last instrument has written: one file, or several.
  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("count") }.sorted()
  }

  private func words(_ work: Work) -> [String] {
    let peers = run.ladder.peers([run.rung])
    return peers.expanded(work.words(run.rung) ?? ["none"], of: peers.peers[0])
  }

  // MARK: Instructions

  /// Instructions of some work, with where they are spent.
  ///
  /// - Parameter most: how many functions to tell of.
  func instructions(_ work: Work, functions most: Int = 40) throws -> WorkCost {
    let copy = try programs.prepare(words(work))
    let runs = try measure(work, counts(work)) { output in
      .callgrind(output: output, programs)
    } _: { _ in
      var profile = CallgrindProfile()
      for name in try files() where !name.hasSuffix(".log") {
        try profile.add(ProcessUsage.text("\(folder)/\(name)") ?? "")
      }
      return profile
    }
    guard let total = Slope(runs.map { .init(count: $0.count, value: Double($0.value.total)) }) else {
      throw CountFailure(reason: "there is one run, and no line through one point")
    }
    let functions = Set(runs.flatMap { $0.value.instructions.keys })
    let program = copy ?? run.ladder.program(words(work)[0]) ?? ""
    let rules = SliceRules(
      run.rung,
      program: SliceRules.fileName(program),
      symbols: SymbolTable(of: program),
      functions
    )
    var slices: [Slice: Double] = [:]
    var costs: [FunctionCost] = []
    for function in functions {
      let line = Slope(
        runs.map { .init(count: $0.count, value: Double($0.value.instructions[function] ?? 0)) }
      )
      guard let each = line?.each, each != 0 else { continue }
      let slice = rules.slice(of: function)
      slices[slice, default: 0] += each
      costs.append(
        FunctionCost(
          name: function.name,
          object: SliceRules.fileName(function.object),
          slice: slice,
          instructions: each
        )
      )
    }
    return WorkCost(
      work: work,
      instructions: total,
      slices: Slice.allCases.compactMap { slice in
        slices[slice].map { SliceCost(slice: slice, instructions: ($0 * 1e4).rounded() / 1e4 + 0) }
      }.filter { $0.instructions != 0 },
      functions: Self.foremost(costs, most)
    )
  }

  /// Those that take most, by names for people: parts of an asynchronous function have one of them.
  static func foremost(_ costs: [FunctionCost], _ most: Int) -> [FunctionCost] {
    // No more than a few of those that take nearly nothing are ever shown.
    let candidates = costs.filter { $0.instructions >= 0.5 }
    var merged: [FunctionCost] = []
    var places: [String: Int] = [:]
    for (cost, name) in zip(candidates, FunctionNames.of(candidates.map(\.name))) {
      let key = "\(cost.object) \(cost.slice) \(name)"
      if let place = places[key] {
        merged[place].instructions += cost.instructions
      } else {
        places[key] = merged.count
        merged.append(
          FunctionCost(name: name, object: cost.object, slice: cost.slice, instructions: cost.instructions)
        )
      }
    }
    merged.sort { ($1.instructions, $0.object, $0.name) < ($0.instructions, $1.object, $1.name) }
    return Array(merged.prefix(most))
  }

  // MARK: The others

  /// Allocations, and their bytes.
  func allocations(_ work: Work) throws -> (allocations: Slope, bytes: Slope) {
    _ = try programs.prepare(words(work))
    let runs = try measure(work, counts(work)) { output in
      .memcheck(log: output, programs)
    } _: { output in
      guard let usage = Instrument.heapUsage(ProcessUsage.text(output) ?? "") else {
        throw CountFailure(reason: "memcheck did not tell its allocations")
      }
      return usage
    }
    guard let allocations = Slope(runs.map { .init(count: $0.count, value: Double($0.value.allocations)) }),
      let bytes = Slope(runs.map { .init(count: $0.count, value: Double($0.value.bytes)) })
    else { throw CountFailure(reason: "there is one run, and no line through one point") }
    return (allocations, bytes)
  }

  /// How often each system call is made for one.
  func systemCalls(_ work: Work) throws -> [String: Double] {
    let counts = counts(work)
    let runs = try measure(work, [counts[0], counts[counts.count - 1]]) { output in
      .strace(output: output)
    } _: { output in
      guard let calls = Instrument.systemCalls(ProcessUsage.text(output) ?? "") else {
        throw CountFailure(reason: "strace counted nothing")
      }
      return calls
    }
    var calls: [String: Double] = [:]
    for name in Set(runs.flatMap { $0.value.keys }) {
      let line = Slope(runs.map { .init(count: $0.count, value: Double($0.value[name] ?? 0)) })
      // What comes now and then isn't this work's.
      if let each = line?.each, each >= 0.005 { calls[name] = (each * 1000).rounded() / 1000 }
    }
    return calls
  }
}
