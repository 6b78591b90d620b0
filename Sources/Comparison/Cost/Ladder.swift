/// The ladder: the same echo server again and again, each with one layer more over the kernel.
///
/// `Rungs/ladder.json` lists it, `Rungs/README.md` describes that file.
public struct Ladder: Codable, Sendable, Equatable {
  /// From the bottom up.
  public var rungs: [Rung]
}

/// One server of the ladder, and the programs that go with it.
public struct Rung: Codable, Sendable, Equatable {
  /// What it is called on the command line: `libuv-pump`.
  public var id: String
  /// For people: `Libuv, pump`.
  public var name: String
  /// The language that it is written in.
  public var language: String
  /// What it runs on.
  public var runtime: String
  /// A shell command whose first line tells the version of that.
  public var version: String
  /// The command that starts its echo server; `{port}` stands for the port. Words are as those of a peer's `start`, and
  /// paths are from the ladder's folder.
  public var echo: [String]
  /// The command that has a timer fire `{count}` times, a millisecond apart, and ends; absent when it has none.
  public var timers: [String]?
  /// The command that has another thread wake the loop `{count}` times, waiting for each to be handled, and ends.
  public var wakeups: [String]?
  /// What isn't equal to the others: sentences.
  public var notes: [String]
}
