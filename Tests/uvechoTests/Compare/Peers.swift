import FoundationEssentials
import TestSupport
import Testing

/// A folder of peers for a test, and beside it room for reports.
struct Peers {
  /// The folder that they are in.
  let folder: String
  /// The folder of the peers.
  var path: String { "\(folder)/Peers" }
  /// The folder of the report.
  var report: String { "\(folder)/report" }
  /// The file with the results.
  var results: String { "\(report)/results.json" }

  fileprivate init(_ folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Our own server.
  static let echo = ["$UVECHO", "serve", "--port", "{port}"]
  /// A server that ends before it accepts.
  static let failing = ["sh", "-c", "echo no luck; exit 3", "{port}"]

  /// Adds a peer.
  func add(
    _ id: String,
    name: String? = nil,
    version: String = "echo version 1",
    build: String? = nil,
    start: [String] = Peers.echo
  ) throws {
    struct Description: Encodable {
      let name: String
      let language = "Swift"
      let runtime = "Libuv"
      let version: String
      let build: String?
      let start: [String]
      let threads = 1
      let notes: [String] = []
    }
    try FileManager.default.createDirectory(atPath: "\(path)/\(id)", withIntermediateDirectories: true)
    let description = Description(
      name: name ?? id.prefix(1).uppercased() + id.dropFirst(),
      version: version,
      build: build,
      start: start
    )
    try JSONEncoder().encode(description).write(to: URL(filePath: "\(path)/\(id)/peer.json"))
  }

  /// Writes a file: `Peers/b/peer.json`.
  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
  }

  /// Makes a folder: `report/report.html`.
  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
  }

  /// Whether there is a file: `report/report.html`.
  func contains(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }

  /// The names of the files in the report's folder.
  var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: report).sorted() }
  }
}

/// Makes a folder for peers without a peer, and removes it after `body` with all that is in it.
func withPeers(_ body: (Peers) throws -> Void) throws {
  try withTemporaryFolder { folder in
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(Peers(folder))
  }
}
