import TestSupport
import Testing

@testable import Libuv

@Suite struct UVErrorTests {
  @Test func `errors are equal when their codes are, whatever the operation`() {
    let error = UVError(code: UVError.addressInUse.code, operation: "bind")
    #expect(error == .addressInUse)
    #expect(error.during("listen") == error)
    #expect(error != .addressNotAvailable)
    #expect(Set([error, .addressInUse, error.during("connect"), .endOfFile]).count == 2)
  }

  @Test func `an error is described by operation, message and name`() {
    #expect("\(UVError.addressInUse)" == "address already in use (EADDRINUSE)")
    #expect("\(UVError.addressInUse.during("bind"))" == "bind: address already in use (EADDRINUSE)")
    #expect("\(UVError(code: UVError.endOfFile.code))" == "end of file (EOF)")
  }

  @Test func `an error remembers its code and operation`() {
    let error = UVError(code: -4095, operation: "read")
    #expect(error.code == -4095)
    #expect(error.operation.description == "read")
    #expect(UVError(code: -1).operation.description == "")
    #expect(error.during("write").operation.description == "write")
    #expect(error.during("write").code == -4095)
  }

  @Test(arguments: [-99_999, Int32.min, 0, 1, Int32.max])
  func `a code that libuv doesn't know has a name and a message too`(code: Int32) {
    let error = UVError(code: code)
    #expect(error.name.contains("\(code)"))
    #expect(error.message.contains("\(code)"))
    #expect(error.description == "\(error.message) (\(error.name))")
  }

  @Test(arguments: [0, 1, Int32.max])
  func `a status that isn't negative is returned`(status: Int32) throws {
    #expect(try UVError.check(status, "read") == status)
    #expect(UVError.of(status, "read") == nil)
  }

  @Test(arguments: [-1, -4095, Int32.min])
  func `a negative status is thrown with its operation`(status: Int32) {
    let error = #expect(throws: UVError.self) { try UVError.check(status, "read") }
    #expect(error?.code == status)
    #expect(error?.operation.description == "read")
    #expect(UVError.of(status, "read") == error)
    #expect(UVError.of(status, "read")?.operation.description == "read")
  }

  @Test func `a thrown error can be caught by the name of its code`() throws {
    try withLoop { loop in
      let timer = try Timer(loop)
      timer.close()
      #expect(reasonForFailure(of: timer) == "bad handle")
    }
  }

  private func reasonForFailure(of timer: Libuv.Timer) -> String {
    do {
      try timer.start(after: .zero) { _ in }
      return "none"
    } catch .addressInUse {
      return "address in use"
    } catch .badHandle {
      return "bad handle"
    } catch {
      return "another"
    }
  }
}
