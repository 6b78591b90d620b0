import Libuv

/// What `--version` prints.
package enum Version {
  package static let number = "0.1.0"

  /// The compiler's, as far as conditional compilation can tell.
  package static var swift: String {
    #if compiler(>=6.5)
      "6.5 or newer"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  package static var text: String {
    let libuv = Loop.libuvVersion
    return "uvecho \(number) (Swift \(swift), libuv \(libuv.running), compiled against \(libuv.compiled))"
  }
}
