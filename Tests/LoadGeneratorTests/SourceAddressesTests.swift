import Libuv
import LoadGenerator
import Testing

@Suite struct SourceAddressesTests {
  @Test func `a range has all addresses but the first and the last one`() throws {
    let sources = try #require(SourceAddresses("127.0.0.0/29"))
    #expect(sources.count == 6)
    #expect((0..<6).map { sources[$0].host } == (1...6).map { "127.0.0.\($0)" })
    #expect(sources[0].port == 0)
  }

  @Test func `beyond the last address comes the first one again`() throws {
    let sources = try #require(SourceAddresses("127.0.0.0/30"))
    #expect((0..<5).map { sources[$0].host.last } == ["1", "2", "1", "2", "1"])
  }

  @Test(arguments: [
    ("/0", 4_294_967_294), ("/8", 16_777_214), ("/16", 65534), ("/30", 2), ("/31", 2), ("/32", 1),
  ])
  func `the count follows from the length of the prefix`(suffix: String, count: Int) throws {
    #expect(try #require(SourceAddresses("127.0.0.0\(suffix)")).count == count)
  }

  @Test func `a single address is a range of one`() throws {
    let sources = try #require(SourceAddresses("127.0.0.9"))
    #expect(sources.count == 1)
    #expect(sources.description == "127.0.0.9/32")
    #expect(sources[0] == "127.0.0.9:0")
    #expect(sources[7] == "127.0.0.9:0")
  }

  @Test func `a large range crosses the borders of its octets`() throws {
    let sources = try #require(SourceAddresses("127.0.0.0/8"))
    #expect(sources[254].host == "127.0.0.255")
    #expect(sources[255].host == "127.0.1.0")
    #expect(sources[sources.count - 1].host == "127.255.255.254")
    #expect(sources[sources.count].host == "127.0.0.1")
  }

  @Test func `bits behind the prefix don't count`() throws {
    let sources = try #require(SourceAddresses("127.1.2.3/16"))
    #expect(sources.description == "127.1.0.0/16")
    #expect(sources == SourceAddresses("127.1.0.0/16"))
    #expect(sources[0].host == "127.1.0.1")
  }

  @Test func `a range of two has both, whichever of them is named`() throws {
    for name in ["10.0.0.254", "10.0.0.255"] {
      let sources = try #require(SourceAddresses("\(name)/31"))
      #expect((0..<3).map { sources[$0].host } == ["10.0.0.254", "10.0.0.255", "10.0.0.254"])
      #expect(sources.description == "10.0.0.254/31")
    }
  }

  @Test(
    arguments: [
      "", "/", "/8", "127.0.0.0/", "127.0.0.0/33", "127.0.0.0/-1", "127.0.0.0/+8", "127.0.0.0/8/8",
      "127.0.0/8", "127.0.0.0.0/8", "127.0.0.256/8", "127.0..0/8", "+127.0.0.1", "127.0.0.1:80", "::1",
      "::1/128", "localhost", "127.0.0.0/8 ", " 127.0.0.0/8", "127.0.0.0/x",
    ]
  )
  func `a text that is no range is refused`(text: String) {
    #expect(SourceAddresses(text) == nil)
  }

  @Test(arguments: ["0.0.0.0/0", "127.0.0.0/16", "10.1.2.4/30", "10.1.2.3/32"])
  func `the description can be read again`(text: String) throws {
    #expect(try #require(SourceAddresses(text)).description == text)
  }
}
