import Libuv
import SystemPackage

/// The server of `Examples/echo` with a task for each connection: `echo-tasks [ADDRESS]`.
@main
struct EchoWithTasks {
  static func main() throws {
    let text = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:4000"
    guard let address = SocketAddress(text) else { fatalError("\(text) is no address: say 127.0.0.1:4000") }
    try Loop.run { loop in
      let listener = try loop.listen(on: address)
      try FileDescriptor.standardOutput.writeAll("listening on \(listener.address)\n".utf8)
      try await listener.forEachConnection { connection in
        while let bytes = try await connection.read() { try await connection.write(bytes) }
      }
    }
  }
}
