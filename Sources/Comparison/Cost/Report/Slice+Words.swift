extension Slice {
  /// The order in a bar: what a server in C has too comes first, so that what is added to it stands at the end.
  static let stacked: [Slice] = [
    .libuv, .library, .linking, .service, .wrapper, .allocation, .references, .exclusivity, .closures,
    .executors,
    .tasks, .runtime, .framework,
  ]

  /// For a legend.
  var name: String {
    switch self {
    case .libuv: "libuv"
    case .library: "C library"
    case .wrapper: "our library"
    case .service: "service"
    case .references: "references"
    case .exclusivity: "exclusivity"
    case .executors: "executors"
    case .allocation: "allocation"
    case .closures: "closures"
    case .tasks: "tasks"
    case .runtime: "Swift runtime"
    case .framework: "framework"
    case .linking: "linking"
    }
  }

  /// What it is, and which code is the cause of it.
  var explanation: String {
    switch self {
    case .libuv:
      "the loop itself, which waits in epoll, reads, writes and calls back, for every server on it in any language."
    case .library:
      "the C library without its allocator: wrappers of system calls, memcpy, locks."
    case .linking:
      "finding addresses of functions and of threads' variables: a call of another shared library goes through a table, "
        + "and a thread-local variable that a shared library has is asked for by a call."
    case .service:
      "the server's own code, which does something with the bytes that it got."
    case .wrapper:
      "what our library does between libuv and the service: callbacks, checks of states, errors, the write queue."
    case .allocation:
      "malloc, free and their kin, also when Swift calls them: for an object, a closure's context, a task, a buffer that "
        + "is kept."
    case .references:
      "retains and releases, for each copy of a reference that the compiler can't prove needless, such as one that a closure "
        + "or a property hands out."
    case .exclusivity:
      "checks while the program runs that nobody else has access to a class's property or a captured variable that is "
        + "being changed; @exclusivity(unchecked) takes them away from a property."
    case .closures:
      "thunks, which move arguments from one shape of a call to another, where a closure is optional, generic, or imported "
        + "from C."
    case .executors:
      "checks that an actor's code runs where it must, in each callback from C that belongs to one, as all do at the top "
        + "level of a program."
    case .tasks:
      "Swift's runtime for tasks, which are suspended at an await, queued, and resumed, which continuations, actors and "
        + "async sequences cause."
    case .runtime:
      "the rest of Swift's runtime and standard library: casts, metadata of generic types, arrays, strings."
    case .framework:
      "what stands in the place of our library: SwiftNIO, or Node with V8."
    }
  }

  /// The class of its colour.
  var colour: String { rawValue }
}

extension Work {
  /// One of it, in a sentence or at the head of a column.
  var one: String {
    switch self {
    case .echo: "an echo"
    case .connection: "a connection"
    case .timer: "a timer"
    case .wakeup: "a wake-up"
    }
  }

  /// What that is.
  var explanation: String {
    switch self {
    case .echo: "64 bytes come and go back, on a connection that stays"
    case .connection: "a client connects, has one echo of 64 bytes, and closes"
    case .timer: "a timer fires, a millisecond after the last time"
    case .wakeup: "another thread wakes the loop"
    }
  }
}
