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
    #expect(Digest.ofFiles(["/no/such/file"]) == nil)
  }

  @Test func `files together depend on each one's bytes, and on where they stand`() throws {
    try withTemporaryFolder { folder in
      let paths = ["\(folder)/a", "\(folder)/b"]
      func digest(_ first: String, _ second: String) throws -> String? {
        try Data(first.utf8).write(to: URL(filePath: paths[0]))
        try Data(second.utf8).write(to: URL(filePath: paths[1]))
        return Digest.ofFiles(paths)
      }
      let all = [
        try digest("one", "two"), try digest("onet", "wo"), try digest("two", "one"), try digest("one", ""),
      ]
      #expect(Set(all).count == 4)
      #expect(try digest("one", "two") == all[0])
    }
  }
}
