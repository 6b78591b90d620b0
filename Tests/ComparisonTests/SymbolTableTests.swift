import Testing

@testable import Comparison

@Suite struct SymbolTableTests {
  private let table = SymbolTable(
    """
    0000000000002000 T second
    0000000000001000 t first
                     U puts
    0000000000001800 D data
    0000000000003000 W third
    no line
    """
  )

  @Test func `an address belongs to the last function that begins before it`() {
    #expect(table.name(before: 0x1000) == "first")
    #expect(table.name(before: 0x1fff) == "first", "data is no function")
    #expect(table.name(before: 0x2000) == "second")
    #expect(table.name(before: .max) == "third")
  }

  @Test func `before all of them there is none`() {
    #expect(table.name(before: 0xfff) == nil)
    #expect(SymbolTable("").name(before: .max) == nil)
  }

  @Test func `a file that isn't a program has no symbols`() {
    #expect(SymbolTable(of: "/etc/passwd") == nil)
    #expect(SymbolTable(of: "/no/such") == nil)
  }
}
