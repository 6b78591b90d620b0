/// Those who wait until a stream has drained: any number, each at a place of its own. It belongs to the loop's thread.
final class DrainWaiters {
  private let executor: LoopExecutor
  private let watch: TaskWatch
  private var places: [WaitingPlace] = []
  /// Which of them nobody has.
  private var free: [WaitingPlace] = []

  init(_ stream: Stream, _ executor: LoopExecutor, _ watch: TaskWatch) {
    self.executor = executor
    self.watch = watch
    // The stream lets go of both when it is closed.
    stream.onDrain = { [self] _ in wake() }
    stream.whenClosed { [self] in wake() }
  }

  /// A place to wait at, to be given back.
  func take() -> WaitingPlace {
    if let place = free.popLast() { return place }
    let place = WaitingPlace(executor, watch: watch)
    places.append(place)
    return place
  }

  func giveBack(_ place: WaitingPlace) { free.append(place) }

  /// Has them all look again.
  func wake() {
    for place in places { place.wake() }
  }
}
