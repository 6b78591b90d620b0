import Synchronization
import TestSupport
import Testing

@testable import Libuv

@Suite struct JobQueueTests {
  /// An executor that keeps what it gets, to be run when the test says so.
  private final class Keeper: SerialExecutor {
    let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      jobs.withLock { $0.append(job) }
    }
  }

  private actor Subject {
    private let keeper: Keeper
    private(set) var order: [Int] = []

    init(_ keeper: Keeper) { self.keeper = keeper }

    nonisolated var unownedExecutor: UnownedSerialExecutor { keeper.asUnownedSerialExecutor() }

    func add(_ number: Int) { order.append(number) }
  }

  @Test(arguments: [1, 15, 16, 17, 100])
  func `jobs come out in the order in which they went in, also around the ring's end and while it grows`(
    count: Int
  ) async throws {
    let keeper = Keeper()
    let subject = Subject(keeper)
    for number in 0..<count { Task { await subject.add(number) } }
    let end = ContinuousClock.now + .seconds(60)
    while keeper.jobs.withLock({ $0.count }) < count {
      try #require(ContinuousClock.now < end)
      await Task.yield()
    }
    let jobs = keeper.jobs.withLock { $0 }
    expectOrder(jobs)
    for job in jobs { job.runSynchronously(on: keeper.asUnownedSerialExecutor()) }
  }

  private func expectOrder(_ jobs: [UnownedJob]) {
    var queue = JobQueue()
    #expect(queue.isEmpty)
    // Moves the first one's place.
    for job in jobs.prefix(10) {
      queue.append(JobQueue.Entry(job))
      #expect(queue.popFirst()?.job.description == job.description)
    }
    for job in jobs { queue.append(JobQueue.Entry(job)) }
    #expect(queue.count == jobs.count)
    for job in jobs { #expect(queue.popFirst()?.job.description == job.description) }
    #expect(queue.popFirst() == nil)
    queue.deallocate()
  }
}
