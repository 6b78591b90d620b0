// The tasks of a group run elsewhere, unless they use the loop: what lives on it isn't theirs.
import Libuv

func connect() async throws {
  try await withLoop { loop in
    let timer = try Timer(loop.loop)
    await withTaskGroup { group in
      group.addTask { timer.close() }
      // expected-error@-1 {{risks causing data races}}
      // expected-note@-2 {{captures}}
    }
  }
}
