import FoundationEssentials
import TestSupport
import Testing

@testable import Comparison

@Suite struct DigestTests {
  @Test func `a file has the checksum that everybody knows`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/file"
      try Data("123456789".utf8).write(to: URL(filePath: path))
      #expect(Digest.ofFile(path) == "cbf43926")
      try Data().write(to: URL(filePath: path))
      #expect(Digest.ofFile(path) == "00000000")
    }
  }

  @Test func `what can't be read has none`() {
    #expect(Digest.ofFile("/no/such/file") == nil)
    #expect(Digest.ofFolder("/no/such/folder") == nil)
  }

  @Test func `a folder's depends on names and contents, and not on its folders`() throws {
    try withTemporaryFolder { folder in
      defer { try? FileManager.default.removeItem(atPath: folder) }
      func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      }
      try write("a", "1")
      let first = Digest.ofFolder(folder)
      try FileManager.default.createDirectory(atPath: "\(folder)/cache", withIntermediateDirectories: true)
      #expect(Digest.ofFolder(folder) == first)
      try write("b", "")
      let second = Digest.ofFolder(folder)
      #expect(second != first)
      try write("a", "2")
      #expect(Digest.ofFolder(folder) != second)
      try write("a", "1")
      #expect(Digest.ofFolder(folder) == second)
    }
  }
}
