import Libuv
import LibuvRung

/// Echo server on Libuv, where a closure gets the bytes and writes them back: `echo-handler PORT`.
@main
struct Echo {
  static func main() throws {
    try serve { connection throws(UVError) in
      // It drains only while it is open, and can be resumed then.
      connection.onDrain = { try? $0.resume() }
      try connection.read { connection, event throws(UVError) in
        switch event {
        case .bytes(let bytes):
          if try connection.write(bytes) { connection.pause() }
        case .end: connection.finish()
        case .failure:
          // It closes by itself.
          break
        }
      }
    }
  }
}
