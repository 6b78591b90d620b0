internal import FoundationEssentials
internal import Libuv
internal import LoadGenerator
internal import SystemPackage

extension CodeSize {
  /// The size of a program, and of the libraries that a process of it has mapped.
  ///
  /// - Parameters:
  ///   - program: its file, without debug information.
  ///   - process: a process of it.
  /// - Throws: ``CountFailure`` when binutils' `size` doesn't know the file.
  static func measure(program: String, process: Int) throws -> CodeSize {
    let command = ShellCommand(
      text: #"size --format=berkeley --radix=10 "$PROGRAM""#,
      folder: "/",
      environment: ProcessInfo.processInfo.environment.merging(["PROGRAM": program]) { $1 }
    )
    let outcome = try ShellCommand.run([command], patience: .seconds(30))[0]
    guard outcome.exit == .code(0), let bytes = loadedBytes(outcome.output), let file = fileBytes(program)
    else {
      throw CountFailure(reason: "`size` did not tell the size of its program")
    }
    let maps = ProcessUsage.text("/proc/\(process)/maps") ?? ""
    return CodeSize(programBytes: bytes, fileBytes: file, libraries: libraries(maps))
  }

  /// What of a file is code, constants and variables with a value, by `size`'s table.
  static func loadedBytes(_ table: String) -> Int? {
    // text data bss dec hex filename
    guard let line = table.split(separator: "\n").dropFirst().first else { return nil }
    let numbers = line.split(whereSeparator: \.isWhitespace).prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? numbers[0] + numbers[1] : nil
  }

  /// The libraries of a process, by `/proc/PID/maps`, with the size of each file.
  static func libraries(_ maps: String) -> [String: Int] {
    var libraries: [String: Int] = [:]
    for line in maps.split(separator: "\n") {
      // Addresses, permissions, offset, device, inode, path.
      let fields = line.split(separator: " ", maxSplits: 5)
      guard fields.count == 6 else { continue }
      let path = String(fields[5].drop { $0 == " " })
      let name = SliceRules.fileName(path)
      guard path.hasPrefix("/"), name.contains(".so"), let size = fileBytes(path) else { continue }
      libraries[name] = size
    }
    return libraries
  }

  /// Where its end is: what FileManager tells has another type in a process that has loaded all of Foundation than in one that has
  /// not.
  private static func fileBytes(_ path: String) -> Int? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return nil }
    defer { try? file.close() }
    return (try? file.seek(offset: 0, from: .end)).map(Int.init)
  }
}
