import CUV
import Glibc
import Rung

/// Echo server on libuv's C functions: `echo-clibuv PORT`.
@main
struct Echo {
  static func main() {
    let port = Arguments.port()
    // libuv writes without MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    let server = Server()
    do {
      tellListening(on: try server.listen(on: port))
    } catch {
      tell("cannot listen on 127.0.0.1:\(port): \(error)")
      server.close()
      server.run()
      exit(1)
    }
    server.run()
    tell(
      """
      connections \(server.counts.connections), reads \(server.counts.reads), \
      bytes in \(server.counts.bytesIn), bytes out \(server.counts.bytesOut), \
      errors: accept \(server.counts.acceptErrors), read \(server.counts.readErrors), \
      write \(server.counts.writeErrors)
      """
    )
  }
}
