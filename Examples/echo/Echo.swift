import Libuv

@main
struct Echo {
  static func main() throws {
    let loop = try Loop()
    let server = try TCP(loop)
    try server.bind(to: "127.0.0.1:4000")
    try server.listen { connection throws(UVError) in
      try connection.pump(to: connection)
    }
    loop.run()
    try loop.close()
  }
}
