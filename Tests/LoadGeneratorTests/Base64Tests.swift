import Testing

@testable import LoadGenerator

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `a text becomes what the standard gives as its example`(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
  }

  @Test func `all characters of the alphabet are used, in their order`() {
    let bytes = stride(from: 0, to: 64, by: 4).flatMap { first in
      let bits = first << 18 | (first + 1) << 12 | (first + 2) << 6 | first + 3
      return [UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255)]
    }
    #expect(Base64.encode(bytes) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  }

  @Test func `the highest bits are not lost`() {
    #expect(Base64.encode([255, 255, 255, 255]) == "/////w==")
    #expect(Base64.encode([128, 0]) == "gAA=")
  }
}
