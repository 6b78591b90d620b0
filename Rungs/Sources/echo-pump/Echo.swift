import Libuv
import LibuvRung

/// Echo server on Libuv, where the library does it all: `echo-pump PORT`.
@main
struct Echo {
  static func main() throws {
    try serve { connection throws(UVError) in try connection.pump(to: connection) }
  }
}
