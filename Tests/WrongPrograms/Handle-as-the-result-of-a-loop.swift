// A loop's handle doesn't leave the body of the loop.
import Libuv

func connect() async throws {
  let timer = try await withLoop { try Timer($0.loop) }
  // expected-error@-1 {{type 'Timer' does not conform to the 'Sendable' protocol}}
  timer.close()
}
