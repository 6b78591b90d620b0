public import Libuv

/// How a request, or a connection, failed: what was being done, and what went wrong.
public struct Failure: Hashable, Sendable {
  /// What was being done.
  public enum Phase: String, Sendable, CaseIterable {
    /// A connection was being made.
    case connect
    /// A request was being sent.
    case send
    /// A reply was awaited or read, or nothing was under way.
    case read
    /// The server's end was awaited, after a half-close.
    case close
  }

  /// What went wrong.
  public enum Kind: Hashable, Sendable {
    /// Nobody listens there.
    case refused
    /// The server reset the connection.
    case reset
    /// Nothing came in time.
    case timeout
    /// The server ended the connection before the reply was whole.
    case closedEarly
    /// A byte wasn't the one that was sent.
    case wrongByte
    /// More came than was sent.
    case surplus
    /// A part of the reply came, and the rest didn't come in time.
    case incomplete
    /// The system has no free port for a connection from this address.
    case outOfPorts
    /// The process may not open more files.
    case outOfDescriptors
    /// Another error of the system.
    case system(UVError)
  }

  /// What was being done.
  public let phase: Phase
  /// What went wrong.
  public let kind: Kind

  /// Makes a failure.
  public init(_ phase: Phase, _ kind: Kind) {
    self.phase = phase
    self.kind = kind
  }

  /// The failure that an error of the system means.
  init(_ phase: Phase, _ error: UVError) {
    let kind: Kind =
      switch error {
      case .connectionRefused: .refused
      case .connectionReset, .brokenPipe, .connectionAborted: .reset
      case .timedOut: .timeout
      // When it is bound, the address isn't this machine's.
      case .addressNotAvailable where phase == .connect && error.operation.description == "connect":
        .outOfPorts
      case .tooManyOpenFiles, .fileTableOverflow: .outOfDescriptors
      default: .system(error)
      }
    self.init(phase, kind)
  }

  /// Whether what came is not what was sent: such a reply can't be trusted, and nor can the run.
  public var isCorruption: Bool {
    switch kind {
    case .wrongByte, .surplus, .incomplete: true
    default: false
    }
  }

  /// A name for programs: `connect.refused`, `read.closed-early`, `connect.EHOSTUNREACH`.
  public var name: String { "\(phase.rawValue).\(kindName)" }

  private var kindName: String {
    switch kind {
    case .refused: "refused"
    case .reset: "reset"
    case .timeout: "timeout"
    case .closedEarly: "closed-early"
    case .wrongByte: "wrong-byte"
    case .surplus: "surplus"
    case .incomplete: "incomplete"
    case .outOfPorts: "out-of-ports"
    case .outOfDescriptors: "out-of-descriptors"
    case .system(let error): error.name
    }
  }
}

extension Failure: CustomStringConvertible {
  /// For people: `reset while reading`.
  public var description: String {
    let what =
      switch kind {
      case .refused: "refused"
      case .reset: "reset"
      case .timeout: "timeout"
      case .closedEarly: "closed early"
      case .wrongByte: "wrong byte"
      case .surplus: "surplus bytes"
      case .incomplete: "incomplete at its timeout"
      case .outOfPorts: "out of ports"
      case .outOfDescriptors: "out of file descriptors"
      case .system(let error): "\(error.message) (\(error.name))"
      }
    let doing =
      switch phase {
      case .connect: "while connecting"
      case .send: "while sending"
      case .read: "while reading"
      case .close: "while closing"
      }
    return "\(what) \(doing)"
  }
}
