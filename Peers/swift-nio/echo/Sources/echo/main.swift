// Echo server on SwiftNIO: `echo PORT`, one event loop, a channel handler for each connection.
//
// NIO ignores SIGPIPE by itself; SIGTERM keeps its default, which is to end.
import Glibc
import NIOCore
import NIOPosix

final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.write(data, promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    context.flush()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed? = event as? ChannelEvent else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    // Nothing, but after everything that is still to be written.
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  /// A reset, say: the end of this connection only.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}

guard CommandLine.arguments.count == 2, let port = UInt16(CommandLine.arguments[1]) else {
  print("usage: echo PORT")
  exit(64)
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
let listener = try ServerBootstrap(group: group)
  .serverChannelOption(.backlog, value: 4096)
  .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
  .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
  .childChannelOption(.allowRemoteHalfClosure, value: true)
  .childChannelInitializer { channel in
    channel.eventLoop.makeCompletedFuture {
      // Doesn't read while more is waiting to be written than the channel's high water mark.
      try channel.pipeline.syncOperations.addHandlers(BackPressureHandler(), EchoHandler())
    }
  }
  .bind(host: "127.0.0.1", port: Int(port))
  .wait()
let line = "listening on 127.0.0.1:\(port)\n"
_ = write(STDOUT_FILENO, line, line.utf8.count)
try listener.closeFuture.wait()
