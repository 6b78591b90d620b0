import Libuv

/// Rooms of people who read what each other writes.
///
/// It lives on the loop as its connections do, so it writes to all of them at once, without a wait in between: nobody
/// sees half of a change.
actor Chat: LoopActor {
  /// Somebody who has a name.
  private struct Member {
    let name: String
    var room: String
    let connection: Connection
  }

  /// The room that one is in at first.
  static let firstRoom = "lobby"

  nonisolated let executor: LoopExecutor

  /// Who has not read this many bytes is dropped: one slow reader must not take the memory of all.
  private let queueLimit: Int
  /// Everybody who is connected.
  private var connections: [ObjectIdentifier: Connection] = [:]
  /// Those who have given a name.
  private var members: [ObjectIdentifier: Member] = [:]

  init(on executor: LoopExecutor, queueLimit: Int) {
    self.executor = executor
    self.queueLimit = queueLimit
  }

  // MARK: Coming and going

  /// Somebody has come, and has no name yet.
  func arrive(_ connection: Connection) { connections[ObjectIdentifier(connection)] = connection }

  /// Lets somebody in, into the first room.
  ///
  /// - Returns: false when the name is taken.
  func enter(_ connection: Connection, as name: String) -> Bool {
    guard !members.values.contains(where: { $0.name == name }) else { return false }
    members[ObjectIdentifier(connection)] = Member(name: name, room: Self.firstRoom, connection: connection)
    tell(Self.firstRoom, "* \(name) is here")
    return true
  }

  /// Takes somebody out, who has quit or is gone.
  func leave(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = nil
    guard let member = members.removeValue(forKey: ObjectIdentifier(connection)) else { return }
    tell(member.room, "* \(member.name) has left")
  }

  /// Brings somebody into another room, which is made if it isn't there.
  func join(_ room: String, _ connection: Connection) {
    guard let member = members[ObjectIdentifier(connection)], member.room != room else { return }
    tell(member.room, "* \(member.name) goes to \(room)", except: connection)
    members[ObjectIdentifier(connection)]?.room = room
    tell(room, "* \(member.name) is here")
  }

  // MARK: Talking

  /// Says something to everybody in the room, the speaker too: so each sees the same in the same order.
  func say(_ text: String, _ connection: Connection) {
    guard let member = members[ObjectIdentifier(connection)] else { return }
    tell(member.room, "\(member.name): \(text)")
  }

  /// Who is in the same room, by name.
  func names(with connection: Connection) -> [String] {
    guard let room = members[ObjectIdentifier(connection)]?.room else { return [] }
    return members.values.filter { $0.room == room }.map(\.name).sorted()
  }

  /// The rooms that somebody is in, and how many are.
  func rooms() -> [(name: String, count: Int)] {
    Dictionary(grouping: members.values, by: \.room).map { ($0.key, $0.value.count) }.sorted {
      $0.name < $1.name
    }
  }

  /// Says a last word to everybody, and ends their connections once they have it.
  func end(_ line: String) {
    for connection in connections.values {
      connection.assumeIsolated { connection in
        _ = try? connection.stream.write(line + "\n")
        connection.stream.finish()
      }
    }
  }

  private func tell(_ room: String, _ line: String, except exception: Connection? = nil) {
    var slow: [Member] = []
    for member in members.values where member.room == room && member.connection !== exception {
      if !write(line, to: member) { slow.append(member) }
    }
    for member in slow where members.removeValue(forKey: ObjectIdentifier(member.connection)) != nil {
      // A reset: what is on the way to it can't be taken back otherwise, nor would it be read.
      member.connection.assumeIsolated { $0.stream.closeReset() }
      tell(room, "* \(member.name) reads too slowly")
    }
  }

  /// Writes a line to somebody.
  ///
  /// - Returns: false when too much waits already.
  private func write(_ line: String, to member: Member) -> Bool {
    member.connection.assumeIsolated { connection in
      guard connection.stream.queuedByteCount <= queueLimit else { return false }
      // One that fails is on its way out: its own task sees to that.
      _ = try? connection.stream.write(line + "\n")
      return true
    }
  }
}
