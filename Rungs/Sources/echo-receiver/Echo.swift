import Libuv
import LibuvRung

/// Echo server on Libuv in its leanest form: one receiver, a class of ours, gets the bytes of all connections and sends them
/// back: `echo-receiver PORT`.
@main
struct Echo {
  static func main() throws {
    let echo = EchoReceiver()
    try serve { connection throws(UVError) in try connection.read(to: echo) }
  }
}

final class EchoReceiver: Receiver {
  override func received(_ bytes: RawSpan, from connection: Stream) {
    if connection.send(bytes) { connection.pause() }
  }

  // It drains only while it is open, and can be resumed then.
  override func drained(_ connection: Stream) { try? connection.resume() }

  override func ended(_ connection: Stream) { connection.finish() }
}
