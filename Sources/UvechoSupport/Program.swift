import Libuv

/// The two programs of which `uvecho` consists. They lie in the same folder.
package enum Program: String {
  /// Serves, and becomes the other one for everything else.
  case uvecho
  /// The whole command: the parser with its help, the load generator, the comparison, the costs.
  case tools = "uvecho-tools"

  /// The path of its file, beside that of the program that runs now.
  ///
  /// - Throws: `UVError` where the system doesn't tell which one runs.
  package var path: String {
    get throws(UVError) {
      let running = try Executable.path
      return running.prefix(through: running.lastIndex(of: "/")!) + rawValue
    }
  }
}
