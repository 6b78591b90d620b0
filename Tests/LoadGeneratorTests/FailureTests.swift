import Libuv
import Testing

@testable import LoadGenerator

@Suite struct FailureTests {
  /// All kinds, with their names for programs and for people.
  private static let kinds: [(Failure.Kind, name: String, text: String)] = [
    (.refused, "refused", "refused"),
    (.reset, "reset", "reset"),
    (.timeout, "timeout", "timeout"),
    (.closedEarly, "closed-early", "closed early"),
    (.wrongByte, "wrong-byte", "wrong byte"),
    (.surplus, "surplus", "surplus bytes"),
    (.incomplete, "incomplete", "incomplete at its timeout"),
    (.outOfPorts, "out-of-ports", "out of ports"),
    (.outOfDescriptors, "out-of-descriptors", "out of file descriptors"),
    (.system(.hostUnreachable), "EHOSTUNREACH", "host is unreachable (EHOSTUNREACH)"),
  ]

  @Test(arguments: Failure.Phase.allCases) func `each failure has a name`(phase: Failure.Phase) {
    for (kind, name, _) in Self.kinds {
      #expect(Failure(phase, kind).name == "\(phase.rawValue).\(name)")
    }
  }

  @Test(
    arguments: [
      (.connect, "connecting"), (.send, "sending"), (.read, "reading"), (.close, "closing"),
    ] as [(Failure.Phase, String)]
  )
  func `each failure has a description`(phase: Failure.Phase, doing: String) {
    for (kind, _, text) in Self.kinds {
      #expect(Failure(phase, kind).description == "\(text) while \(doing)")
    }
  }

  @Test func `phases have names`() {
    #expect(Failure.Phase.allCases.map(\.rawValue) == ["connect", "send", "read", "close"])
  }

  @Test func `all failures differ, by equality and by name`() {
    let all = Failure.Phase.allCases.flatMap { phase in Self.kinds.map { Failure(phase, $0.0) } }
    #expect(Set(all).count == 40)
    #expect(Set(all.map(\.name)).count == 40)
  }

  @Test(
    arguments: [
      (.connectionRefused, .refused), (.connectionReset, .reset), (.brokenPipe, .reset),
      (.connectionAborted, .reset), (.timedOut, .timeout), (.tooManyOpenFiles, .outOfDescriptors),
      (.fileTableOverflow, .outOfDescriptors), (.hostUnreachable, .system(.hostUnreachable)),
      (.noBufferSpace, .system(.noBufferSpace)), (.noSuchFileOrDirectory, .system(.noSuchFileOrDirectory)),
    ] as [(UVError, Failure.Kind)]
  )
  func `an error of the system means a kind`(error: UVError, kind: Failure.Kind) {
    for phase in Failure.Phase.allCases {
      #expect(Failure(phase, error) == Failure(phase, kind))
    }
  }

  @Test func `only a connection is out of ports when an address is not available`() {
    for phase in Failure.Phase.allCases {
      // As the system says it when it connects.
      let error = UVError(code: UVError.addressNotAvailable.code, operation: "connect")
      #expect(Failure(phase, error).kind == (phase == .connect ? .outOfPorts : .system(.addressNotAvailable)))
    }
    // The source is another machine's.
    let bound = UVError(code: UVError.addressNotAvailable.code, operation: "bind")
    #expect(Failure(.connect, bound).kind == .system(.addressNotAvailable))
  }

  @Test func `what came and wasn't sent, and what came in part, is corruption`() {
    let corrupt = Self.kinds.filter { Failure(.read, $0.0).isCorruption }
    #expect(corrupt.map(\.name) == ["wrong-byte", "surplus", "incomplete"])
  }
}
