import SystemPackage
import TestSupport
import Testing
import UvechoSupport

@testable import uvecho_tools

@Suite struct OutputTests {
  @Test func `a file is written anew`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("text")
    try Output.write("a longer text\n", toFile: path)
    try Output.write("short\n", toFile: path)
    #expect(try textOfFile(path) == "short\n")
  }

  @Test func `a file of many bytes is written whole`() throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "0123456789 äöü\n", count: 100_000)
    try Output.write(text, toFile: folder.file("text"))
    #expect(try textOfFile(folder.file("text")) == text)
  }

  @Test func `an empty text makes an empty file`() throws {
    let folder = try TemporaryFolder()
    try Output.write("", toFile: folder.file("text"))
    #expect(try textOfFile(folder.file("text")) == "")
  }

  @Test(
    arguments: [
      ("/nowhere/report.json", Errno.noSuchFileOrDirectory),
      ("/", .isDirectory),
      ("", .noSuchFileOrDirectory),
      ("/dev/full", .noSpace),
    ]
  )
  func `a file that can't be written is named, with the reason`(path: String, error: Errno) {
    #expect {
      try Output.write("text", toFile: path)
    } throws: {
      let thrown = $0 as? FileError
      return thrown?.path == path && thrown?.error == error
        && "\($0)" == "can't write \(path): \(error)"
    }
  }

  @Test func `a file that can be written passes the check and keeps what is in it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("text")
    try Output.write("text", toFile: path)
    try Output.check(path)
    #expect(try textOfFile(path) == "text")
    try Output.check("-")
    try Output.check(folder.file("new"))
    #expect(folder.contains("new"))
  }

  @Test(arguments: ["/nowhere/report.json", "/", ""])
  func `a file that can't be written doesn't pass the check`(path: String) {
    #expect(throws: FileError.self) { try Output.check(path) }
  }
}
