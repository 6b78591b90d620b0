import Libuv

/// What `--version` prints.
enum Version {
  static let number = "0.1.0"

  static var text: String {
    let libuv = Loop.libuvVersion
    return
      "uvecho \(number) (Swift \(_SwiftStdlibVersion.current), libuv \(libuv.running), compiled against \(libuv.compiled))"
  }
}
