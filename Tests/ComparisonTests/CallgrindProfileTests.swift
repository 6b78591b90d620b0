import Testing

@testable import Comparison

@Suite struct CallgrindProfileTests {
  private typealias Function = CallgrindProfile.Function

  /// As callgrind 3.19 writes it.
  private static let text = """
    # callgrind format
    version: 1
    creator: callgrind-3.19.0
    cmd:  ./echo 4000
    part: 1


    desc: Trigger: Program termination

    positions: line
    events: Ir
    summary: 160


    ob=/tmp/echo
    fl=echo.c
    fn=on_read
    0 30
    fi=/usr/include/stdlib.h
    4 3
    fe=echo.c
    cob=/usr/lib/libuv.so.1.0.0
    cfi=???
    cfn=uv_try_write
    calls=10 0
    0 1000
    0 7

    fn=main
    0 5
    jump=3 7
    12
    jcnd=1/2 7
    12
    0 5
    cfn=on_read
    calls=1 +3
    * 40

    ob=/usr/lib/libuv.so.1.0.0
    fl=???
    fn=uv_try_write
    0 60
    fn=uv_try_write'2
    0 40

    fn=0x0000000000022a60
    0 10

    totals: 160
    """

  private func profile(_ texts: String...) throws -> CallgrindProfile {
    var profile = CallgrindProfile()
    for text in texts { try profile.add(text) }
    return profile
  }

  @Test func `what a function calls doesn't count for it`() throws {
    let profile = try profile(Self.text)
    #expect(
      profile.instructions == [
        Function(object: "/tmp/echo", name: "on_read"): 40,
        Function(object: "/tmp/echo", name: "main"): 10,
        Function(object: "/usr/lib/libuv.so.1.0.0", name: "uv_try_write"): 100,
        Function(object: "/usr/lib/libuv.so.1.0.0", name: "0x0000000000022a60"): 10,
      ]
    )
    #expect(profile.total == 160, "as callgrind's own total")
  }

  @Test func `threads and parts are added`() throws {
    let profile = try profile(Self.text, Self.text, "\nevents: Ir\nob=/tmp/echo\nfn=main\n0 1\n")
    #expect(profile.total == 321)
    #expect(profile.instructions[Function(object: "/tmp/echo", name: "main")] == 21)
  }

  @Test func `several threads in one file are added`() throws {
    let text = "events: Ir\nthread: 1\nob=a\nfn=f\n0 1\ntotals: 1\n\nthread: 2\nob=a\nfn=f\n0 2\ntotals: 2\n"
    #expect(try profile(text).instructions == [Function(object: "a", name: "f"): 3])
  }

  @Test func `code in no file has no name`() throws {
    let text = "events: Ir\nob=???\nfn=???\n0 5\n"
    #expect(try profile(text).instructions == [Function(object: "???", name: "???"): 5])
  }

  @Test func `a name with an apostrophe that is no depth stays`() throws {
    let text = "events: Ir\nob=a\nfn=operator'x\n0 5\n"
    #expect(try profile(text).instructions == [Function(object: "a", name: "operator'x"): 5])
  }

  @Test(arguments: ["", "no", "events: Dr\nfn=f\n0 1\n", "positions: line\nfn=f\n0 1\n"])
  func `what has no instructions is refused`(text: String) {
    let error = #expect(throws: UnreadableProfile.self) { try profile(text) }
    #expect(error?.description == "callgrind's file can't be read: it has no counts of instructions")
  }

  @Test(arguments: ["0", "0 x", "0 "])
  func `a line that isn't a count is told`(line: String) {
    let error = #expect(throws: UnreadableProfile.self) { try profile("events: Ir\nfn=f\n\(line)\n") }
    #expect(error?.description == "callgrind's file can't be read: a line of counts is \(line)")
  }
}
