/// The door to a loop for other threads: the only thing of a loop that may cross to them.
///
/// Work goes into a locked queue, and one wake-up brings the loop to carry it out, on its own thread, in the
/// order in which it came. The queue is swapped whole, so each pass is bounded by what was there when it
/// began: work that brings new work can't keep the loop from its input and output.
///
/// It does not keep the loop running: a loop that ends by itself carries out what has come before, and work
/// given later waits until it is run or closed. The libuv functions are those of ``Async``.
public final class LoopRemote: Sendable {
  /// What can be carried out on a loop from another thread.
  public typealias Work = @Sendable (Loop) -> Void

  private struct Queue: Sendable {
    var work: [Work] = []
    var isOpen = true
  }

  private let queue = Locked(Queue())
  private let sender: AsyncSender

  init(sender: AsyncSender) {
    self.sender = sender
  }

  /// Has `work` carried out on the loop's thread. May be called from any thread, also the loop's own; returns
  /// at once.
  ///
  /// - Returns: false when the loop is closed or about to be: `work` is then dropped. Work that was taken is
  ///   carried out in any case.
  @discardableResult
  public func execute(_ work: @escaping Work) -> Bool {
    // Only the first of a batch has to wake the loop.
    let wakes: Bool? = queue.withLock { queue in
      guard queue.isOpen else { return nil }
      queue.work.append(work)
      return queue.work.count == 1
    }
    guard let wakes else { return false }
    if wakes { sender.send() }
    return true
  }

  /// Whether something is queued.
  var hasWork: Bool {
    queue.withLock { !$0.work.isEmpty }
  }

  /// Takes nothing more, and carries out what is queued: each work that was accepted is carried out.
  func close(on loop: Loop) {
    for work in takeAll([], isLast: true) { work(loop) }
  }

  /// Takes work again: the loop could not be closed.
  func open() {
    queue.withLock { $0.isOpen = true }
  }

  /// Takes what is queued now.
  ///
  /// - Parameter memory: an empty array, whose memory is used for what comes next.
  func takeAll(_ memory: [Work], isLast: Bool = false) -> [Work] {
    queue.withLock { queue in
      let batch = queue.work
      queue.work = memory
      if isLast { queue.isOpen = false }
      return batch
    }
  }
}
