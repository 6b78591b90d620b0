import ArgumentParser

@main
struct Uvecho: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uvecho",
    abstract: "An echo server on libuv, in Swift.",
    discussion: """
      Start a server:          uvecho serve
      Talk to it:              echo hello | nc -N 127.0.0.1 4000
      See what it can do:      uvecho help serve
      """,
    version: Version.text,
    subcommands: [Serve.self]
  )
}
