import Libuv

/// What one person and the chat have to say to each other, from the connect to the end.
func converse(_ connection: isolated Connection, in chat: Chat) async throws {
  var lines = Lines()
  await chat.arrive(connection)
  do {
    if try await enter(connection, &lines, chat) {
      while let line = try await nextLine(connection, &lines) {
        guard try await carryOut(line, connection, chat) else { break }
      }
    }
    await chat.leave(connection)
  } catch is Lines.TooLong {
    await chat.leave(connection)
    try await connection.write("* A line has at most \(Lines.limit) bytes. Goodbye.\n")
  } catch {
    await chat.leave(connection)
    throw error
  }
}

/// Asks for a name until there is a good one.
///
/// - Returns: false when there is nobody any more.
private func enter(_ connection: isolated Connection, _ lines: inout Lines, _ chat: Chat) async throws -> Bool
{
  try await connection.write("* What is your name?\n")
  while let name = try await nextLine(connection, &lines) {
    if !isWord(name) {
      try await connection.write("* A name has 1 to 20 letters, digits or dashes. What is your name?\n")
    } else if await chat.enter(connection, as: name) {
      return true
    } else {
      try await connection.write("* \(name) is here already. What is your name?\n")
    }
  }
  return false
}

/// Does what a line says.
///
/// - Returns: whether the conversation goes on.
private func carryOut(_ line: String, _ connection: isolated Connection, _ chat: Chat) async throws -> Bool {
  let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true).map { String($0) }
  switch words.first {
  case nil:
    break
  case "/quit":
    try await connection.write("* Goodbye.\n")
    return false
  case "/join":
    if words.count == 2, isWord(words[1]) {
      await chat.join(words[1], connection)
    } else {
      try await connection.write("* /join ROOM, of 1 to 20 letters, digits or dashes\n")
    }
  case "/who":
    try await connection.write("* Here: \(await chat.names(with: connection).joined(separator: ", "))\n")
  case "/rooms":
    let rooms = await chat.rooms().map { "\($0.name) (\($0.count))" }
    try await connection.write("* Rooms: \(rooms.joined(separator: ", "))\n")
  case let command? where command.hasPrefix("/"):
    try await connection.write("* /join ROOM, /who, /rooms, /quit; everything else is said\n")
  default:
    await chat.say(line, connection)
  }
  return true
}

/// The next line; nil when the peer has ended its side.
private func nextLine(_ connection: isolated Connection, _ lines: inout Lines) async throws -> String? {
  while true {
    if let line = try lines.next() { return line }
    guard let bytes = try await connection.read() else { return nil }
    lines.append(bytes)
  }
}

private func isWord(_ text: String) -> Bool {
  (1...20).contains(text.count) && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
}
