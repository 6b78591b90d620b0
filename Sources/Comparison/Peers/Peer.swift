internal import FoundationEssentials
internal import LoadGenerator

/// A server that can be compared: a folder with its source, and `peer.json`. `Peers/README.md` describes it.
public struct Peer: Sendable, Equatable {
  /// The folder's name.
  public let id: String
  /// The folder's path.
  public let folder: String
  /// What `peer.json` says.
  public let description: Description

  /// What `peer.json` says.
  public struct Description: Codable, Sendable, Equatable {
    /// For people.
    public var name: String
    /// The language that it is written in.
    public var language: String
    /// What it runs on.
    public var runtime: String
    /// A shell command whose first line tells the version of that.
    public var version: String
    /// What it is built with; absent when there is nothing to build.
    public var build: String?
    /// The command that starts it.
    public var start: [String]
    /// Variables for all of its commands.
    public var environment: [String: String]?
    /// How many threads serve connections.
    public var threads: Int
    /// What isn't equal to the others: sentences.
    public var notes: [String]
  }

  /// Reads the peer of a folder.
  ///
  /// - Throws: ``UnreadablePeer`` when its `peer.json` isn't what it has to be.
  public init(folder: String) throws(UnreadablePeer) {
    self.folder = folder
    let id = String(folder.split(separator: "/").last ?? "")
    self.id = id
    let path = "\(folder)/peer.json"
    func unreadable(_ reason: String) -> UnreadablePeer { UnreadablePeer(id: id, path: path, reason: reason) }
    guard let text = ProcessUsage.text(path) else { throw unreadable("it can't be read") }
    do {
      description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    } catch {
      throw unreadable((error as? DecodingError)?.sentence ?? "it can't be read")
    }
    guard description.start.contains(where: { $0.contains("{port}") }) else {
      throw unreadable("no word of its `start` has {port} in it")
    }
  }

  /// A peer that no `peer.json` describes.
  init(id: String, folder: String, description: Description) {
    self.id = id
    self.folder = folder
    self.description = description
  }

  /// Whether what it is built with has been carried out.
  var isBuilt: Bool {
    description.build == nil || FileManager.default.fileExists(atPath: "\(folder)/.built")
  }
}

/// A `peer.json` isn't what it has to be.
public struct UnreadablePeer: Error, Sendable, CustomStringConvertible {
  /// The peer.
  public let id: String
  /// The file.
  public let path: String
  /// What is wrong: a clause.
  public let reason: String

  /// A sentence that names the file.
  public var description: String { "\(path): \(reason); Peers/README.md describes the format" }
}
