import Libuv
import Testing

@testable import Comparison

#if os(Linux)
  @Suite struct ProcessorsTests {
    @Test func `two different ones are chosen where there are two`() throws {
      let usable = ThreadAffinity.processors
      let processors = try Processors(.automatic)
      guard usable.count > 1 else {
        #expect(processors.server == nil && processors.client == nil)
        #expect(processors.notes.count == 1)
        return
      }
      let server = try #require(processors.server)
      let client = try #require(processors.client)
      #expect(server != client)
      #expect(usable.contains(server) && usable.contains(client))
    }

    @Test func `none is said to be none`() throws {
      let processors = try Processors(.none)
      #expect(processors.server == nil && processors.client == nil)
      #expect(processors.notes == ["Servers and clients were not kept on processors of their own."])
    }

    @Test func `those that are asked for are taken, and one for both is told`() throws {
      let first = try #require(ThreadAffinity.processors.first)
      let processors = try Processors(.these(server: first, client: first))
      #expect(processors.server == first && processors.client == first)
      #expect(processors.notes == ["Servers and clients share one processor."])
    }

    @Test(arguments: [(9999, 0), (0, 9999), (-1, 0)])
    func `one that isn't there is an error that names those that are`(server: Int, client: Int) throws {
      let error = #expect(throws: UnusableProcessor.self) {
        try Processors(.these(server: server, client: client))
      }
      #expect(error?.usable == ThreadAffinity.processors)
      #expect(error?.description.contains("isn't there: there are ") == true)
    }

    @Test func `a list of the kernel's is read`() {
      #expect(Processors.list("0\n") == [0])
      #expect(Processors.list("0-3,8\n") == [0, 1, 2, 3, 8])
      #expect(Processors.list("0,2-2\n") == [0, 2])
      #expect(Processors.list("\n") == [])
      #expect(Processors.list("3-1,x") == [])
    }
  }
#endif
