import Glibc

/// What the programs here are told on the command line. They end with 64 when it is wrong.
public enum Arguments {
  /// The port of an echo server, its only argument; 0 lets the kernel choose one.
  public static func port() -> UInt16 {
    guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
      endWithUsage("PORT")
    }
    return port
  }

  /// What a program that makes turns has to do.
  public static func turns() -> Turns {
    let arguments = CommandLine.arguments
    guard arguments.count == 3, let kind = Turns.Kind(rawValue: arguments[1]),
      let count = UInt32(arguments[2])
    else { endWithUsage("timers|wakeups COUNT") }
    return Turns(kind: kind, count: Int(count))
  }

  private static func endWithUsage(_ arguments: String) -> Never {
    tell("usage: \(CommandLine.arguments[0]) \(arguments)")
    exit(64)
  }
}

/// Work for a loop that moves no bytes.
public struct Turns: Sendable {
  /// What makes the loop turn.
  public enum Kind: String, Sendable {
    /// A timer that fires, a millisecond apart.
    case timers
    /// Another thread, which waits for each of its wake-ups to be handled.
    case wakeups
  }

  /// What makes the loop turn.
  public let kind: Kind
  /// How many times.
  public let count: Int
}
