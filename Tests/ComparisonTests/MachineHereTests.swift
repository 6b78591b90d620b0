import Libuv
import Testing

@testable import Comparison

@Suite struct MachineHereTests {
  #if os(Linux)
    @Test func `this machine is described`() throws {
      let processors = try Processors(.automatic)
      let machine = Machine(processors)
      #expect(machine.processor != "unknown")
      #expect(machine.processors == ThreadAffinity.processors.count)
      #expect(machine.memoryBytes > 1 << 27)
      #expect(machine.kernel.hasPrefix("Linux "))
      #expect(!machine.system.contains("\""))
      #expect(machine.serverProcessor == processors.server)
      #expect(machine.clientProcessor == processors.client)
      #expect(machine.notes.starts(with: processors.notes))
    }
  #endif

  @Test func `of several lines with a name the first counts, without the blanks`() {
    let text = "processor\t: 0\nmodel name\t: Some  CPU @ 2 GHz\n\nprocessor\t: 1\nno value :\nnothing\n"
    #expect(Machine.fields(text, ":") == ["processor": "0", "model name": "Some CPU @ 2 GHz"])
    #expect(Machine.fields("A=\"x=y\"\n", "=") == ["A": "\"x=y\""])
    #expect(Machine.fields(nil, ":").isEmpty)
  }

  @Test func `a machine that others use says so`() {
    #expect(Machine.notesOnLoad("0.49 0.80 0.90 1/100 42\n").isEmpty)
    #expect(
      Machine.notesOnLoad("0.50 0.10 0.10 1/100 42\n") == [
        "The machine was not idle when this began: in the minute before, its load average was 0.50."
      ]
    )
    #expect(Machine.notesOnLoad(nil).isEmpty)
  }
}
