import CUV
import Rung

/// Turns of libuv's loop, through its C functions: `turns-clibuv timers|wakeups COUNT`.
@main
struct TurnsOfLibuv {
  static func main() {
    let turns = Arguments.turns()
    let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
    check(uv_loop_init(loop), "loop")
    if turns.count > 0 {
      switch turns.kind {
      case .timers: fire(turns.count, on: loop)
      case .wakeups: beWoken(turns.count, on: loop)
      }
    }
    check(uv_loop_close(loop), "loop")
    loop.deallocate()
    uv_library_shutdown()
  }

  private static func fire(_ count: Int, on loop: UnsafeMutablePointer<uv_loop_t>) {
    let countdown = Countdown(count)
    let timer = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
    check(uv_timer_init(loop, timer), "timer")
    timer.pointee.data = Unmanaged.passUnretained(countdown).toOpaque()
    let status = uv_timer_start(
      timer,
      { timer in
        let isOver = Countdown.of(timer!.pointee.data) { $0.step() }
        if isOver { uv_close(UnsafeMutableRawPointer(timer!).assumingMemoryBound(to: uv_handle_t.self), nil) }
      },
      1,
      1
    )
    check(status, "timer")
    // The handle points at it.
    withExtendedLifetime(countdown) { _ = uv_run(loop, UV_RUN_DEFAULT) }
    timer.deallocate()
  }

  private static func beWoken(_ count: Int, on loop: UnsafeMutablePointer<uv_loop_t>) {
    let countdown = Countdown(count)
    let door = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
    let status = uv_async_init(loop, door) { door in
      Countdown.of(door!.pointee.data) { countdown in
        let isOver = countdown.step()
        if isOver { uv_close(UnsafeMutableRawPointer(door!).assumingMemoryBound(to: uv_handle_t.self), nil) }
        countdown.handled.signal()
      }
    }
    check(status, "async")
    door.pointee.data = Unmanaged.passUnretained(countdown).toOpaque()
    let handled = countdown.handled
    // Of all that libuv has this is what other threads may call.
    nonisolated(unsafe) let sender = door
    let thread = BackgroundThread {
      for _ in 0..<count {
        uv_async_send(sender)
        handled.wait()
      }
    }
    withExtendedLifetime(countdown) { _ = uv_run(loop, UV_RUN_DEFAULT) }
    thread.join()
    door.deallocate()
  }

  private static func check(_ status: Int32, _ operation: String) {
    if status < 0 { fatalError("\(operation): \(String(cString: uv_strerror(status)))") }
  }
}

/// How many turns are left: what a handle's `data` points at.
private final class Countdown {
  private var left: Int
  let handled = Semaphore()

  init(_ count: Int) { left = count }

  /// Whether that was the last.
  func step() -> Bool {
    left -= 1
    return left == 0
  }

  /// What `data` points at, without a reference of its own: whoever runs the loop holds it.
  static func of<Value>(_ data: UnsafeMutableRawPointer?, _ body: (Countdown) -> Value) -> Value {
    Unmanaged<Countdown>.fromOpaque(data!)._withUnsafeGuaranteedRef { body($0) }
  }
}
