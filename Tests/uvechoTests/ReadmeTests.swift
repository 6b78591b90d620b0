import Testing

/// What README shows is what is built.
@Suite struct ReadmeTests {
  @Test func `the echo server on its first screen is the example`() throws {
    let readme = try textOfPackageFile("README.md")
    let example = try textOfPackageFile("Examples/echo/Echo.swift")
    #expect(readme.prefix(1500).contains("```swift\n\(example)```\n"))
    #expect(example.split(separator: "\n").count <= 16)
  }

  @Test func `each command that it names is one of the Makefile's`() throws {
    let targets = try textOfPackageFile("Makefile").split(separator: "\n").compactMap { line in
      line.contains(":") && line.contains("## ") ? line.split(separator: ":").first.map(String.init) : nil
    }
    let named = try textOfPackageFile("README.md").split(separator: "make ").dropFirst().map { rest in
      String(rest.prefix { $0.isLetter || $0 == "-" })
    }
    #expect(named.count > 5)
    for name in named { #expect(targets.contains(name), "make \(name)") }
  }
}
