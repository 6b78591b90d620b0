// Echo server on SwiftNIO's async API: `echo PORT`, one event loop, a task for each connection.
//
// NIO ignores SIGPIPE by itself; SIGTERM keeps its default, which is to end.
import Glibc
import NIOCore
import NIOPosix

typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
  print("usage: echo PORT")
  exit(64)
}

func echo(_ connection: Connection) async throws {
  try await connection.executeThenClose { inbound, outbound in
    for try await bytes in inbound { try await outbound.write(bytes) }
  }
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let listener = try await ServerBootstrap(group: group)
  .serverChannelOption(.backlog, value: 4096)
  .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
  .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
  .childChannelOption(.allowRemoteHalfClosure, value: true)
  .bind(host: "127.0.0.1", port: Int(port)) { channel in
    channel.eventLoop.makeCompletedFuture {
      try Connection(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
  }
let line = "listening on 127.0.0.1:\(port)\n"
_ = write(STDOUT_FILENO, line, line.utf8.count)
try await withThrowingDiscardingTaskGroup { group in
  try await listener.executeThenClose { connections in
    for try await connection in connections {
      group.addTask {
        // A reset, say: the end of this connection only.
        try? await echo(connection)
      }
    }
  }
}
