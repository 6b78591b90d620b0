import Testing

@testable import Libuv

@Suite struct OriginTests {
  @Test func `an origin reads as file and line`() {
    #expect(Origin("Module/File.swift", 12).description == "Module/File.swift:12")
    #expect(Origin(#fileID, 1).description == "LibuvTests/OriginTests.swift:1")
  }

  @Test func `a file name that is not ASCII is kept`() {
    #expect(Origin("Módulo/Größe.swift", 3).description == "Módulo/Größe.swift:3")
  }

  @Test func `the largest line is kept and a larger one does not trap`() {
    #expect(Origin("F", UInt(UInt32.max)).description == "F:4294967295")
    #expect(Origin("F", .max).description.hasPrefix("F:"))
  }
}
