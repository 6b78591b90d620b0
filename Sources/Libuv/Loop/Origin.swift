/// Where in the source something was made, for the report on what was forgotten.
struct Origin: CustomStringConvertible {
  private let file: StaticString
  private let line: UInt32

  init(_ file: StaticString, _ line: UInt) {
    self.file = file
    self.line = UInt32(truncatingIfNeeded: line)
  }

  var description: String { "\(file):\(line)" }
}
