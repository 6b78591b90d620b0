internal import HeapModule
internal import Libuv

/// Wakes clients at their times: for the requests of an open loop, and for another try after a failure.
final class Pacer {
  private struct Appointment: Comparable {
    let time: UInt64
    let client: Int

    static func < (left: Appointment, right: Appointment) -> Bool { left.time < right.time }
  }

  private var appointments = Heap<Appointment>()
  private var timer: PreciseTimer?
  /// What the timer is set to; nil when it isn't.
  private var armed: UInt64?
  private var isWaking = false
  private let wake: (_ client: Int, _ now: UInt64) -> Void

  /// Makes a pacer that calls `wake` with a client's number when its time has come.
  init(_ loop: Loop, wake: @escaping (_ client: Int, _ now: UInt64) -> Void) throws(UVError) {
    self.wake = wake
    timer = try PreciseTimer(loop) { [unowned self] _ in wakeDue() }
  }

  /// Wakes a client at a time; never from within this call.
  func wake(_ client: Int, at time: UInt64) throws(UVError) {
    appointments.insert(Appointment(time: time, client: client))
    if !isWaking { try arm() }
  }

  private func wakeDue() {
    armed = nil
    isWaking = true
    // What comes due while clients are woken has its turn too, but not for ever: the loop has other work.
    let now = Loop.nanoseconds
    while let first = appointments.min, first.time <= now {
      appointments.removeMin()
      wake(first.client, Loop.nanoseconds)
    }
    isWaking = false
    // A timer that can't be set is closed: the run is over.
    try? arm()
  }

  private func arm() throws(UVError) {
    guard let first = appointments.min, first.time < armed ?? .max else { return }
    try timer?.start(at: first.time)
    armed = first.time
  }

  /// Wakes nobody any more.
  func close() {
    appointments = Heap()
    timer?.close()
    timer = nil
  }
}
