internal import CLibuv

/// What a libuv call failed with: libuv's code, and the operation that failed.
///
/// Codes have Swift names as static properties. Two errors are equal when their codes are, whatever
/// the operation, so a code can be matched by its name:
///
/// ```swift
/// do {
///   try listener.bind(to: address)
/// } catch .addressInUse {
///   print("\(address) is taken")
/// }
/// ```
public struct UVError: Error, Sendable {
  /// The libuv code: negative, on Unix the negated `errno`.
  public let code: Int32

  /// What was being done, in libuv's words: `"bind"`, `"listen"`, `"read"`. Empty when not known.
  public let operation: StaticString

  /// Makes an error from a libuv code.
  ///
  /// - Parameters:
  ///   - code: a negative libuv code, such as the value of `UV_EADDRINUSE`.
  ///   - operation: what was being done.
  public init(code: Int32, operation: StaticString = "") {
    self.code = code
    self.operation = operation
  }

  init(_ constant: uv_errno_t) {
    self.init(code: constant.rawValue)
  }

  /// The code's libuv name, such as `EADDRINUSE`. The libuv function is `uv_err_name_r`.
  public var name: String {
    unsafe Self.text { unsafe uv_err_name_r(code, $0, $1) }
  }

  /// The code's description, such as "address already in use". The libuv function is `uv_strerror_r`.
  public var message: String {
    unsafe Self.text { unsafe uv_strerror_r(code, $0, $1) }
  }

  private static func text(
    _ fill: (UnsafeMutablePointer<CChar>, Int) -> UnsafeMutablePointer<CChar>?
  ) -> String {
    // The `_r` functions: the plain ones leak memory for each unknown code.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      unsafe buffer.initialize(repeating: 0)
      _ = unsafe fill(buffer.baseAddress!, buffer.count)
      return unsafe String(cString: buffer.baseAddress!)
    }
  }

  /// The one place where a status of libuv becomes an error: a negative status throws, any other is returned.
  @discardableResult
  static func check(_ status: Int32, _ operation: StaticString) throws(UVError) -> Int32 {
    guard status < 0 else { return status }
    throw UVError(code: status, operation: operation)
  }

  /// The same error, told as the failure of another operation.
  func during(_ operation: StaticString) -> UVError {
    UVError(code: code, operation: operation)
  }

  /// The status of a libuv callback: nil when it went well.
  static func of(_ status: Int32, _ operation: StaticString) -> UVError? {
    status < 0 ? UVError(code: status, operation: operation) : nil
  }
}

extension UVError: Hashable {
  /// Whether both have the same code.
  public static func == (left: UVError, right: UVError) -> Bool {
    left.code == right.code
  }

  /// Hashes the code.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
  }
}

extension UVError: CustomStringConvertible {
  /// The operation, the description and the name: `bind: address already in use (EADDRINUSE)`.
  public var description: String {
    let what = "\(message) (\(name))"
    return operation.utf8CodeUnitCount == 0 ? what : "\(operation): \(what)"
  }
}
