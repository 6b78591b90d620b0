import ServeCommand
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The command that people and services start.
///
/// It is small, so that a server listens soon: it serves at once when its words leave nothing to ask
/// (``ServeOptions/init(words:)``). All else, and be it help or a mistake, is for `uvecho-tools`, which becomes this process: it
/// has the parser, the load generator and the comparison (decision 14).
@main
enum Uvecho {
  static func main() {
    let words = CommandLine.arguments.dropFirst()
    if words.first == "serve", let options = ServeOptions(words: words.dropFirst()) { exit(options.serve()) }
    do {
      try become(.tools)
    } catch {
      Output.errorLine("uvecho: \(error)")
      exit(1)
    }
  }

  /// Goes on as the other program, with the same words.
  private static func become(_ program: Program) throws -> Never {
    let path = try program.path
    // Returns only if it failed.
    execv(path, CommandLine.unsafeArgv)
    throw Unstartable(path: path, error: Errno(rawValue: errno))
  }
}

/// The other program is not there, or can't be started.
struct Unstartable: Error, CustomStringConvertible {
  let path: String
  let error: Errno

  var description: String {
    "can't start \(path): \(error); it belongs beside uvecho, and `make build` makes both"
  }
}
