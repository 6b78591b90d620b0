import Glibc
import TestSupport
import Testing

@Suite struct ChatExampleTests {
  /// The chat, running.
  private struct Chat {
    let child: Child
    let port: UInt16

    /// Comes in under a name, and reads up to the own arrival.
    func enter(_ name: String, receiveBuffer: Int32? = nil) throws -> Guest {
      let guest = Guest(try RawClient(port: port, receiveBuffer: receiveBuffer))
      try #expect(guest.line() == "* What is your name?")
      try guest.client.send("\(name)\n")
      try #expect(guest.line() == "* \(name) is here")
      return guest
    }
  }

  /// Somebody in the chat.
  private final class Guest {
    let client: RawClient

    init(_ client: RawClient) { self.client = client }

    func say(_ text: String) throws { try client.send("\(text)\n") }

    /// The next line; fails the test at the end.
    func line() throws -> String {
      var bytes: [UInt8] = []
      while bytes.last != UInt8(ascii: "\n") { bytes += try client.receive(1) }
      return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
  }

  private func withChat(_ arguments: String..., body: (Chat) throws -> Void) throws {
    let child = try Child("chat", ["--port", "0"] + arguments)
    defer { child.end() }
    try child.wait(for: "line on standard output") { child.output.contains("\n") || child.hasExited() }
    let line = try #require(child.output.lines.first, "it has ended: \(child.errors)")
    try #require(line.hasPrefix("listening on 127.0.0.1:"))
    try body(Chat(child: child, port: try #require(UInt16(line.split(separator: ":").last!))))
  }

  @Test func `everybody in a room reads the same in the same order, and nobody else does`() throws {
    try withChat { chat in
      let names = (0..<30).map { "guest-\($0)" }
      var guests: [Guest] = []
      for name in names {
        let guest = try chat.enter(name)
        for other in guests { try #expect(other.line() == "* \(name) is here") }
        guests.append(guest)
      }
      try guests[0].say("/join other")
      for guest in guests.dropFirst() { try #expect(guest.line() == "* guest-0 goes to other") }
      try #expect(guests[0].line() == "* guest-0 is here")
      try guests[0].say("anybody?")
      try #expect(guests[0].line() == "guest-0: anybody?")
      for (name, guest) in zip(names, guests).dropFirst() { try guest.say("I am \(name)") }
      let heard = try guests.dropFirst().map { guest in try names.dropFirst().map { _ in try guest.line() } }
      #expect(Set(heard).count == 1, "the same order for all")
      #expect(Set(heard[0]) == Set(names.dropFirst().map { "\($0): I am \($0)" }))
      try guests[0].say("/rooms")
      try #expect(guests[0].line() == "* Rooms: lobby (29), other (1)")
      try guests[0].say("/who")
      try #expect(guests[0].line() == "* Here: guest-0")
    }
  }

  @Test func `one who quits gets a goodbye and the end, and the others are told`() throws {
    try withChat { chat in
      let first = try chat.enter("first")
      let second = try chat.enter("second")
      try #expect(first.line() == "* second is here")
      try second.say("/quit")
      try #expect(second.line() == "* Goodbye.")
      try #expect(second.client.receiveToEnd() == [])
      try #expect(first.line() == "* second has left")
      // The name is free again.
      _ = try chat.enter("second")
    }
  }

  @Test func `one who is gone is told to the others, whether it ended or was reset`() throws {
    try withChat { chat in
      let first = try chat.enter("first")
      for isReset in [false, true] {
        let second = try chat.enter("second")
        try #expect(first.line() == "* second is here")
        if isReset { try second.client.reset() } else { try second.client.endSending() }
        try #expect(first.line() == "* second has left")
      }
    }
  }

  @Test func `names are asked for until they are good`() throws {
    try withChat { chat in
      let first = try chat.enter("taken")
      let guest = Guest(try RawClient(port: chat.port))
      try #expect(guest.line() == "* What is your name?")
      for bad in ["", "two words", String(repeating: "x", count: 21)] {
        try guest.say(bad)
        try #expect(guest.line() == "* A name has 1 to 20 letters, digits or dashes. What is your name?")
      }
      try guest.say("taken")
      try #expect(guest.line() == "* taken is here already. What is your name?")
      try guest.say("good\r")
      try #expect(guest.line() == "* good is here")
      try #expect(first.line() == "* good is here")
      try guest.say("/help")
      try #expect(guest.line() == "* /join ROOM, /who, /rooms, /quit; everything else is said")
    }
  }

  @Test func `a line without end ends the conversation`() throws {
    try withChat { chat in
      let guest = try chat.enter("endless")
      try guest.client.send([UInt8](repeating: UInt8(ascii: "x"), count: 2000))
      try #expect(guest.line() == "* A line has at most 1024 bytes. Goodbye.")
      try #expect(guest.client.receiveToEnd() == [])
    }
  }

  @Test func `one who does not read is dropped, and the others go on`() throws {
    try withChat("--queue-limit", "20000") { chat in
      let speaker = try chat.enter("speaker")
      let slow = try chat.enter("slow", receiveBuffer: 4096)
      try #expect(speaker.line() == "* slow is here")
      let text = String(repeating: "x", count: 1000)
      var isDropped = false
      // Far more than the kernel's buffers and the limit take.
      for _ in 0..<20_000 where !isDropped {
        try speaker.say(text)
        var line = try speaker.line()
        if line == "* slow reads too slowly" {
          isDropped = true
          line = try speaker.line()
        }
        // The one who is dropped is told in the middle of what is said, or after it.
        #expect(line == "speaker: \(text)" || line == "* slow reads too slowly")
      }
      #expect(isDropped)
      #expect(throws: SocketFailure.self) { try slow.client.receiveToEnd() }
    }
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal says goodbye to all, and ends it with 0`(signal: Int32) throws {
    try withChat { chat in
      let guests = try (0..<10).map { number in try chat.enter("guest-\(number)") }
      let nameless = Guest(try RawClient(port: chat.port))
      try #expect(nameless.line() == "* What is your name?")
      chat.child.signal(signal)
      for (number, guest) in guests.enumerated() {
        for later in (number + 1)..<10 { try #expect(guest.line() == "* guest-\(later) is here") }
        try #expect(guest.line() == "* The chat ends here. Goodbye.")
        try #expect(guest.client.receiveToEnd() == [])
        guest.client.close()
      }
      try #expect(nameless.line() == "* The chat ends here. Goodbye.")
      nameless.client.close()
      try #expect(chat.child.waitForExit() == .code(0))
    }
  }

  @Test func `one who does not end is cut off at the chat's end`() throws {
    try withChat { chat in
      let guest = try chat.enter("stays")
      chat.child.signal(SIGTERM)
      try #expect(guest.line() == "* The chat ends here. Goodbye.")
      try #expect(chat.child.waitForExit() == .code(0))
    }
  }
}
