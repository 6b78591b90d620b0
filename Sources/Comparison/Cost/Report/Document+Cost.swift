extension Document {
  /// All that is to be said about what a ladder of servers costs.
  init(_ results: CostResults) {
    title = "What each layer costs"
    subtitle = "from the kernel up, \(Self.readable(results.startedAt).prefix(10))"
    facts = Self.facts(of: results)
    cautions = Self.cautions(about: results)
    let parts: [Section?] = [
      .findings(results), .ladder(results), .slices(results), .explanation(results), .speed(results),
      .terms(results), .method(results), .speedMethod(results), .again,
    ]
    sections = parts.compactMap { $0 }
  }

  private static func facts(of results: CostResults) -> [Fact] {
    let machine = results.machine
    let measured = results.rungs.filter(\.hasFigures)
    var what = Numbers.amount(measured.count, "rung")
    if measured.count < results.rungs.count {
      what += "; \(results.rungs.count - measured.count) without figures"
    }
    let work = results.measuredWork.map(\.one)
    return [
      Fact(
        name: "what",
        text: what + (work.isEmpty ? "" : ": what \(Numbers.list(work)) cost\(work.count == 1 ? "s" : "")")
      ),
      Fact(name: "base", text: results.baseName + (results.baseRung?.version.map { " (\($0))" } ?? "")),
      Fact(
        name: "speed",
        text: results.speed.map { speed in
          "\(Numbers.amount(speed.settings.cells.count, "workload")), \(Numbers.amount(speed.settings.rounds, "round"))"
        } ?? "left out"
      ),
      Fact(name: "when", text: readable(results.startedAt)),
      Fact(
        name: "processor",
        text: "\(machine.processor), \(Numbers.amount(machine.processors, "processor")), "
          + "\(Numbers.bytes(Double(machine.memoryBytes))) of memory"
      ),
      Fact(name: "system", text: "\(machine.system), \(machine.kernel)"),
      Fact(name: "made by", text: results.tool),
    ]
  }

  private static func cautions(about results: CostResults) -> [String] {
    var cautions = results.problems ?? []
    if results.baseRung?.work.isEmpty ?? true {
      cautions.append(
        "The base, \(results.baseName), has no figures: nothing can be held against it, and there are no ratios."
      )
    }
    // The same is often missing of several.
    var problems: [(sentence: String, names: [String])] = []
    for rung in results.rungs {
      var sentences = rung.problems
      if !rung.hasFigures, sentences.isEmpty { sentences = ["it has no figures"] }
      for sentence in sentences {
        if let place = problems.firstIndex(where: { $0.sentence == sentence }) {
          problems[place].names.append(rung.name)
        } else {
          problems.append((sentence, [rung.name]))
        }
      }
    }
    cautions += problems.map { "\(Numbers.list($0.names)): \($0.sentence)" }
    let bad = results.rungs.compactMap { rung -> String? in
      let work = rung.work.filter { !$0.instructions.fits }
      return work.isEmpty
        ? nil
        : "\(rung.name) (\(work.map { "\($0.work.one) \(Numbers.share($0.instructions.worst))" }.joined(separator: ", ")))"
    }
    if !bad.isEmpty {
      cautions.append(
        "The counts of \(Numbers.list(bad)) are not on a straight line: their figures are marked ~, and are only about "
          + "right. Below \(Numbers.percent(Slope.tolerance)) a line is taken as straight."
      )
    }
    if let speed = results.speed { cautions += twinCautions(speed) }
    return cautions + results.machine.notes
  }
}

extension Numbers {
  /// A share that may be small, in hundredths: `12 %`, `0.3 %`, `0.004 %`.
  static func share(_ share: Double) -> String {
    let percent = share * 100
    guard percent > 0 else { return "0 %" }
    guard percent >= 0.001 else { return "less than 0.001 %" }
    return "\(decimal(percent, percent >= 10 ? 0 : percent >= 0.1 ? 1 : 3)) %"
  }
}
