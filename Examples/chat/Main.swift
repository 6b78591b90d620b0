import ArgumentParser
import Libuv
import SystemPackage

@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat",
    abstract: "A chat over plain TCP: try it with `nc 127.0.0.1 4001`, more than once.",
    discussion: """
      The first line that one sends is one's name; after that, /join ROOM, /who, /rooms and /quit are commands, \
      and everything else is said to the room. Who doesn't read what is said is dropped. SIGTERM or Ctrl-C says \
      goodbye to all and ends.
      """
  )

  @Option(help: "The TCP port on 127.0.0.1; 0 lets the system choose one.")
  var port: UInt16 = 4001

  @Option(help: ArgumentHelp("Drop who has not read this many bytes.", valueName: "bytes"))
  var queueLimit = 65536

  func validate() throws {
    guard queueLimit > 0 else { throw ValidationError("--queue-limit must be at least 1") }
  }

  func run() throws {
    try Loop.run { [self] loop in
      let signals = try loop.signals(.terminate, .interrupt)
      let listener = try loop.listen(on: SocketAddress(host: "127.0.0.1", port: port)!)
      try FileDescriptor.standardOutput.writeAll("listening on \(listener.address)\n".utf8)
      let chat = Chat(on: loop.executor, queueLimit: queueLimit)
      let serving = Task {
        try await listener.forEachConnection(grace: .zero) { connection in
          try await converse(connection, in: chat)
        }
      }
      for try await _ in signals { break }
      await listener.close()
      await chat.end("* The chat ends here. Goodbye.")
      // Who doesn't end its side in time is cut off.
      let grace = Task {
        try await loop.sleep(for: .seconds(2))
        serving.cancel()
      }
      _ = await serving.result
      grace.cancel()
      _ = await grace.result
    }
  }
}
