extension Results {
  /// Makes sure that rounds which are measured now belong to those that there are.
  ///
  /// - Parameters:
  ///   - program: the digest of the program that would measure them.
  ///   - machine: the one that they would be measured on.
  ///   - entrants: those who would take part.
  /// - Throws: ``UnlikeBefore``.
  public func requireSame(program: String, _ machine: Machine, _ entrants: [Entrant]) throws {
    func require(_ what: String, _ before: String, _ now: String) throws {
      guard before == now else { throw UnlikeBefore(what: what, before: before, now: now) }
    }
    try require("this program", self.program, program)
    let mine = self.machine
    try require("the processor", mine.processor, machine.processor)
    try require("the number of processors", "\(mine.processors)", "\(machine.processors)")
    try require("the system", mine.system, machine.system)
    try require("the kernel", mine.kernel, machine.kernel)
    for entrant in self.entrants where entrant.problem == nil {
      guard let now = entrants.first(where: { $0.id == entrant.id }) else { continue }
      let unknown = "not known"
      try require("the version of \(entrant.name)", entrant.version ?? unknown, now.version ?? unknown)
      try require("what \(entrant.name) is made from", entrant.digest ?? unknown, now.digest ?? unknown)
      if let problem = now.problem {
        throw UnlikeBefore(what: entrant.name, before: "ready", now: "not: \(problem)")
      }
    }
  }
}

/// Something isn't as it was when the first rounds were measured.
public struct UnlikeBefore: Error, CustomStringConvertible {
  /// What.
  public let what: String
  /// How it was.
  public let before: String
  /// How it is now.
  public let now: String

  /// A sentence that says so.
  public var description: String {
    "this would not be the same comparison: \(what) was \(before), and is \(now)"
  }
}
