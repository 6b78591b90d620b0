import Libuv
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct SocketAddressTests {
  // MARK: Text

  @Test(arguments: [
    "127.0.0.1:4000", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:4000", "[::]:0", "[2001:db8::1]:443",
    "[1:2:3:4:5:6:7:8]:1", "[::ffff:1.2.3.4]:80", "[fe80::1%1]:4000", "[fe80::1%4294967295]:4000",
    "unix:/run/echo.sock", "unix:echo.sock", "unix:/a:4000", "unix:/with space", "unix:/größe",
    "unix:unix:/x",
    "unix:[::1]:80",
  ])
  func `text comes back as it was`(text: String) throws {
    let address = try #require(SocketAddress(text))
    #expect(address.description == text)
    #expect(SocketAddress(address.description) == address)
    // Also from a part of a longer text.
    #expect(SocketAddress("<\(text)>".dropFirst().dropLast()) == address)
  }

  @Test(
    arguments: [
      ("127.0.0.1:00080", "127.0.0.1:80"),
      ("[0:0:0:0:0:0:0:1]:80", "[::1]:80"),
      ("[2001:DB8::00A]:80", "[2001:db8::a]:80"),
      ("[::FFFF:102:304]:80", "[::ffff:1.2.3.4]:80"),
      ("[fe80::1%0]:80", "[fe80::1]:80"),
    ]
  )
  func `other spellings are read, and written in the shortest`(text: String, shortest: String) throws {
    #expect(try #require(SocketAddress(text)).description == shortest)
    #expect(SocketAddress(text) == SocketAddress(shortest))
  }

  @Test(arguments: [
    "", ":", "::", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1: 80",
    "127.0.0.1:80 ", " 127.0.0.1:80", "127.0.0.1:65536", "127.0.0.1:99999999999999999999", "127.0.0.1:8o",
    "127.0.0.1:0x50", "127.0.0.1:٨٠", "127.0.0.1:80:80", "127.0.0.1.1:80", "127.0.0:80", "256.0.0.1:80",
    "127.0.0.1\u{0}:80", "127.0.0.1:80\u{0}", "01.2.3.4:80", "1.2.3.4%1:80", "localhost:80", "example.com:80",
    "::1:80", "::1", "[::1]", "[::1]:", "[::1]80", "[::1:80", "::1]:80", "[]:80", "[[::1]]:80", "[::1]]:80",
    "[::1] :80", "[127.0.0.1]:80", "[localhost]:80", "[1:2:3:4:5:6:7:8:9]:80", "[1::2::3]:80", "[12345::]:80",
    "[::g]:80", "[::1]:65536", "[::1\u{0}]:80", "[fe80::1%]:80", "[fe80::1%no-such-interface]:80",
    "[fe80::1%-1]:80", "[fe80::1%+1]:80", "[fe80::1%4294967296]:80", "[fe80::1%1%1]:80", "[%1]:80",
    "unix:", "unix", "UNIX:/x", "unix:/a\u{0}b", "unix:\u{0}abstract", "http://127.0.0.1:80",
    "/run/echo.sock",
  ])
  func `malformed text is no address`(text: String) {
    #expect(SocketAddress(text) == nil)
    #expect(SocketAddress(text[...]) == nil)
  }

  // MARK: Parts

  @Test func `an IPv4 address has its parts`() throws {
    let address = try #require(SocketAddress(host: "192.0.2.1", port: 8080))
    #expect(address.family == .ipv4)
    #expect(address.host == "192.0.2.1")
    #expect(address.port == 8080)
    #expect(address.unixPath == nil)
    #expect(address.description == "192.0.2.1:8080")
  }

  @Test func `an IPv6 address has its parts`() throws {
    let address = try #require(SocketAddress(host: "2001:db8::1", port: 8080))
    #expect(address.family == .ipv6)
    #expect(address.host == "2001:db8::1")
    #expect(address.port == 8080)
    #expect(address.unixPath == nil)
    #expect(address.description == "[2001:db8::1]:8080")
  }

  @Test func `a Unix address has its parts`() throws {
    let address = try #require(SocketAddress(unixPath: "/run/echo.sock"))
    #expect(address.family == .unix)
    #expect(address.host == "/run/echo.sock")
    #expect(address.port == nil)
    #expect(address.unixPath == "/run/echo.sock")
    #expect(address.description == "unix:/run/echo.sock")
  }

  @Test(arguments: [
    "", "localhost", "[::1]", "127.0.0.1:80", "::1%", "1.2.3.4\u{0}", "::1\u{0}x", "fe80::1%\u{0}",
  ])
  func `a host that is not a number in either form is no address`(host: String) {
    #expect(SocketAddress(host: host, port: 80) == nil)
  }

  @Test func `a scope is read as a number and as the name of an interface`() throws {
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    try #require(if_indextoname(1, &name) != nil)
    let interface = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let byName = try #require(SocketAddress(host: "fe80::1%\(interface)", port: 80))
    let byNumber = try #require(SocketAddress(host: "fe80::1%1", port: 80))
    #expect(byName == byNumber)
    #expect(byName.host == "fe80::1%1")
    let other = try #require(SocketAddress(host: "fe80::1%2", port: 80))
    #expect(other != byNumber, "another scope is another address")
    #expect(SocketAddress(host: "fe80::1", port: 80) != byNumber)
  }

  // MARK: Unix paths

  @Test func `a path may be as long as the system takes, and no longer`() throws {
    let limit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1
    let longest = "/" + String(repeating: "x", count: limit - 1)
    #expect(try #require(SocketAddress(unixPath: longest)).unixPath == longest)
    #expect(SocketAddress("unix:\(longest)")?.unixPath == longest)
    #expect(SocketAddress(unixPath: longest + "x") == nil)
    #expect(SocketAddress("unix:\(longest)x") == nil)
    // Bytes count, not characters.
    let wide = String(repeating: "ö", count: limit / 2)
    #expect(SocketAddress(unixPath: wide)?.unixPath == wide)
    #expect(SocketAddress(unixPath: wide + "ö") == nil)
  }

  @Test(arguments: ["", "\u{0}", "\u{0}abstract", "/a\u{0}b", "/a\u{0}"])
  func `an empty path and one with a zero byte are no address`(path: String) {
    #expect(SocketAddress(unixPath: path) == nil)
  }

  @Test func `paths are compared by their bytes, as the system does`() throws {
    let composed = try #require(SocketAddress(unixPath: "/\u{e9}"))
    let decomposed = try #require(SocketAddress(unixPath: "/e\u{301}"))
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(decomposed.unixPath?.utf8.count == 4, "the path is kept as it is")
  }

  @Test func `a path that begins with a combining character is read back`() throws {
    let address = try #require(SocketAddress(unixPath: "\u{301}x"))
    #expect(SocketAddress(address.description) == address)
  }

  // MARK: Ports, equality, literals

  @Test(arguments: ["127.0.0.1:1", "[2001:db8::1]:1", "[fe80::1%3]:1"])
  func `another port leaves the rest as it is`(text: String) throws {
    let address = try #require(SocketAddress(text))
    let other = address.with(port: 65535)
    #expect(other.port == 65535)
    #expect(other.host == address.host)
    #expect(other.family == address.family)
    #expect(other != address)
    #expect(other.with(port: 1) == address)
  }

  @Test func `a Unix address has no port to change`() {
    let address: SocketAddress = "unix:/run/echo.sock"
    #expect(address.with(port: 80) == address)
  }

  @Test func `addresses are told apart by every part`() {
    let addresses: [SocketAddress] = [
      "127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1", "1.0.0.127:1", "[::1]:1", "[::1]:2", "[::2]:1", "[1::]:1",
      "[::ffff:127.0.0.1]:1", "[fe80::1]:1", "[fe80::1%1]:1", "[fe80::1%2]:1", "unix:/a", "unix:/b",
      "unix:127.0.0.1:1",
    ]
    #expect(Set(addresses).count == addresses.count)
    #expect(Set(addresses + addresses).count == addresses.count)
  }

  @Test func `a literal is an address`() {
    let address: SocketAddress = "127.0.0.1:4000"
    #expect(address == SocketAddress(host: "127.0.0.1", port: 4000))
  }

  @Test func `a literal that isn't an address traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let address: SocketAddress = "localhost:4000"
      print(address)
    }
    expectTrap(result, saying: "\"localhost:4000\" is not an address: write 127.0.0.1:4000")
  }

  // MARK: The system

  @Test(arguments: ["127.0.0.1:0", "[::1]:0"])
  func `an address is what the system makes of it`(text: String) throws {
    try withLoop { loop in
      let address = try #require(SocketAddress(text))
      let pair = try tcpPair(loop, to: address)
      let local = try pair.server.localAddress
      #expect(local.host == address.host)
      #expect(try #require(local.port) != 0)
      #expect(local.family == address.family)
      #expect(try pair.client.remoteAddress == local)
      #expect(try pair.client.localAddress == pair.server.remoteAddress)
      pair.client.close()
      pair.server.close()
    }
  }
}
