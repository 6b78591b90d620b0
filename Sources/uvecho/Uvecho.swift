import SystemPackage
import UvechoSupport

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
/// (``ServeOptions/init(words:)``). For all else, and be it help or a mistake, it becomes `uvecho-tools`, which has the
/// parser, the load generator and the comparison (decision 14).
@main
enum Uvecho {
  static func main() {
    let words = CommandLine.arguments.dropFirst()
    if words.first == "serve", let options = ServeOptions(words: words.dropFirst()) { exit(options.serve()) }
    // Its own: who compares servers asks for the version of this program.
    if words.elementsEqual(["--version"]) {
      Output.line(Version.text)
      exit(0)
    }
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
    "can't start \(path): \(error); it belongs beside uvecho: `make build` makes both, and so does `swift build`"
  }
}
