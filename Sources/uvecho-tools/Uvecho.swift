import ArgumentParser
import UvechoSupport

/// The whole command, as the parser knows it.
@main
struct Uvecho: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uvecho",
    abstract:
      "An echo server on libuv, in Swift, a load generator that can be trusted, and a comparison with others.",
    discussion: """
      Start a server:          uvecho serve
      Talk to it:              echo hello | nc -N 127.0.0.1 4000
      Load it:                 uvecho bench --connections 100 --duration 5
      Compare it with others:  uvecho compare --profile quick
      See what a layer costs:  uvecho cost --no-speed
      See what each can do:    uvecho help serve
      """,
    version: Version.text,
    subcommands: [Serve.self, Bench.self, Compare.self, Cost.self, DrawReport.self]
  )
}
