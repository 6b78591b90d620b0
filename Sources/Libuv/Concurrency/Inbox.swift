/// Things that come, and are kept until a task asks for them. It belongs to the loop's thread.
final class Inbox<Element> {
  private let place: WaitingPlace
  private var elements: [Element] = []
  /// Where the first one is that hasn't been taken.
  private var head = 0
  private var end: Result<Void, any Error>?

  init(_ executor: LoopExecutor) { place = WaitingPlace(executor) }

  /// How many are kept.
  var count: Int { elements.count - head }

  /// Whether somebody waits.
  var isAskedFor: Bool { place.isTaken }

  /// Gives something to whoever waits, or keeps it.
  func put(_ element: Element) {
    guard end == nil else { return }
    elements.append(element)
    place.wake()
  }

  /// Nothing more comes: what is kept is still given out, and then the end.
  func finish(_ result: Result<Void, any Error> = .success(())) {
    guard end == nil else { return }
    end = result
    place.wake()
  }

  /// Nothing more comes, and what is kept isn't given out.
  func close(_ result: Result<Void, any Error> = .success(())) {
    elements = []
    head = 0
    finish(result)
  }

  /// Takes the next one out, if one is kept.
  func take() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    }
    return element
  }

  /// The next one, in the order in which they came; nil at the end.
  ///
  /// - Throws: what it was finished with, `CancellationError`.
  func next(isolation: isolated (any Actor)?) async throws -> Element? {
    try Task.checkCancellation()
    place.willLook()
    while count == 0, end == nil {
      try await place.wait(isolation: isolation)
      place.willLook()
    }
    if let element = take() { return element }
    try end?.get()
    return nil
  }
}
