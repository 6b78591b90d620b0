internal import Libuv

/// A share of the clients, on a loop of its own.
///
/// It tells its ``Coordinator`` what happens through `report`, and is told what to do by calls on its loop's thread.
final class Worker {
  enum Report: Sendable {
    /// The worker is there, and this is how to reach it.
    case began(Int, LoopBound<Worker>)
    /// It could not be made; its thread's end tells why.
    case failed
    /// Each client has tried to connect; some have failed.
    case ready(connected: Int, failures: [Failure: Int])
    /// The load can't be made.
    case cannotLoad(UVError)
    case windowBegan
    case windowEnded
    case interval(Interval)
    case finished(Result)
  }

  /// What it has measured.
  struct Result: Sendable {
    let record: Record
    let lastInterval: Interval
    let start: UInt64
    let end: UInt64
    /// What the thread had of the processors in the measured time.
    let usage: ThreadUsage
    /// In how many nanoseconds: a little more than the measured time, where that ended with a request.
    let usageNanoseconds: Double
    /// When the last of the requests that were asked for began; nil when they are not all done.
    let lastBegin: UInt64?
    /// What Little's law expects of the times of its clients: how many requests can be under way, times nanoseconds.
    let slotNanoseconds: Double
  }

  private enum Phase {
    /// Persistent clients connect.
    case preparing
    /// The other workers are waited for.
    case ready
    case loading
    /// What is under way comes to its end.
    case finishing
    case ended
  }

  /// How many connections may be under way at once while clients prepare: a server's backlog should hold them.
  private static let concurrentConnects = 128

  let workload: Workload
  let content: Content
  let recorder: Recorder
  let pipeline: Int
  let isOpenLoop: Bool
  private let number: Int
  private let loop: Loop
  private let report: @Sendable (Report) -> Void
  private var pacer: Pacer!
  private let ticker: Timer
  private var clients: [Client] = []
  private var phase = Phase.preparing
  private var sizes: SeededGenerator
  /// How many requests may still begin.
  private var budget: Int
  private var nextSource: Int

  private let timeout: UInt64
  private var nextSweep: UInt64 = 0
  private let rampPerSecond: Double?
  private var rampBegan: UInt64 = 0
  /// How many clients have been started, for what the phase starts them for.
  private var started = 0
  private var isStarting = false
  private var ready = 0
  private(set) var loadBegan: UInt64 = 0
  private var loadTimer: PreciseTimer?
  private var firstFailures: [Failure: Int] = [:]
  private var ended = 0
  private var usageBefore = ThreadUsage()
  private var usage = ThreadUsage()
  private var usageNanoseconds = 0.0

  /// Makes the clients with the numbers `first`, `first + stride` and so on, which do nothing yet.
  init(
    _ workload: Workload,
    number: Int,
    on loop: Loop,
    report: @escaping @Sendable (Report) -> Void
  ) throws(UVError) {
    self.workload = workload
    self.number = number
    self.loop = loop
    self.report = report
    content = Content()
    recorder = Recorder(isOpenLoop: workload.isOpenLoop)
    pipeline = workload.pipeline
    isOpenLoop = workload.isOpenLoop
    sizes = SeededGenerator(seed: workload.seed, stream: -1 - number)
    budget = workload.requests.map { Self.share(of: $0, number, workload) } ?? .max
    nextSource = number
    ticker = try Timer(loop)
    timeout = workload.timeout.wholeNanoseconds
    rampPerSecond = workload.ramp.map { $0 / Double(workload.threads) }
    clients = stride(from: number, to: workload.connections, by: workload.threads).enumerated()
      .map { place, index in Client(index, at: place, of: self) }
    pacer = try Pacer(loop) { [unowned self] client, now in clients[client].wake(at: now) }
    recorder.onInterval = { report(.interval($0)) }
    recorder.onPhase = { [unowned self] in windowPhaseChanged($0) }
    recorder.onWindowEnd = { [unowned self] in
      usage = .now - usageBefore
      usageNanoseconds = Double(Loop.nanoseconds - recorder.start)
    }
  }

  // MARK: Beginning

  /// Lets the clients connect.
  func prepare() throws(UVError) {
    let tick = min(.milliseconds(20), max(.milliseconds(1), workload.timeout / 10))
    try ticker.start(after: tick, repeating: tick) { [self] _ in self.tick(Loop.nanoseconds) }
    rampBegan = Loop.nanoseconds
    startClients(rampBegan)
  }

  /// Begins the load at a time that is still to come. What begins from `start` up to `end` is measured.
  func load(from begin: UInt64, start: UInt64, end: UInt64) throws(UVError) {
    guard phase == .ready else { return }
    loadBegan = begin
    recorder.open(from: start, to: end)
    let timer = try PreciseTimer(loop) { [self] timer in
      timer.close()
      loadTimer = nil
      phase = .loading
      rampBegan = Loop.nanoseconds
      started = 0
      startClients(rampBegan)
    }
    loadTimer = timer
    try timer.start(at: begin)
  }

  /// Starts clients, as fast as the ramp allows it.
  private func startClients(_ now: UInt64) {
    let connects = (workload.strategy == .reconnect) == (phase == .loading)
    var limit = clients.count
    if connects, let rampPerSecond {
      limit = min(limit, 1 + Int(Double(now - rampBegan) / 1e9 * rampPerSecond))
    } else if phase == .preparing {
      limit = min(limit, ready + Self.concurrentConnects)
    }
    // All connect, also those for which no request will be left. Then, with the last request begun, the reply is more
    // urgent than clients that have nothing to do.
    while started < limit, phase == .preparing || budget > 0 {
      let client = clients[started]
      started += 1
      switch phase {
      case .preparing: client.prepare()
      case .loading: client.start(schedule(of: started - 1), at: Loop.nanoseconds)
      case .ready, .finishing, .ended: return
      }
    }
  }

  private func schedule(of place: Int) -> Schedule? {
    workload.rate.map { rate in
      Schedule(
        client: workload.threads * place + number,
        of: workload.connections,
        rate: rate,
        arrivals: workload.arrivals,
        seed: workload.seed,
        start: loadBegan
      )
    }
  }

  /// A client has its first connection, or could not make it.
  func becameReady(_ failure: Failure?) {
    guard phase == .preparing else { return }
    if let failure { firstFailures[failure, default: 0] += 1 }
    ready += 1
    guard ready == clients.count else { return startClientsLater() }
    phase = .ready
    report(.ready(connected: ready - firstFailures.values.reduce(0, +), failures: firstFailures))
  }

  /// Not at once: connecting may fail at once, and that tells it here.
  private func startClientsLater() {
    guard started < clients.count, workload.ramp == nil, !isStarting else { return }
    isStarting = true
    startClients(Loop.nanoseconds)
    isStarting = false
  }

  private func tick(_ now: UInt64) {
    if started < clients.count, phase == .preparing || phase == .loading { startClients(now) }
    if now >= recorder.boundary { recorder.cross(now) }
    // The last request that was asked for has begun: clients that wait for their next time need not.
    if phase == .loading, budget == 0 { endClients(now) }
    guard now >= nextSweep else { return }
    nextSweep = now + timeout / 10
    let limit = now > timeout ? now - timeout : 0
    for client in clients { client.checkTimeout(limit, at: now) }
  }

  // MARK: What clients ask

  /// Whether requests may begin.
  var isLoading: Bool { phase == .loading }

  /// Whether more requests are to come, now or later.
  var wantsMore: Bool {
    switch phase {
    case .preparing, .ready: true
    case .loading: budget > 0
    case .finishing, .ended: false
    }
  }

  /// Whether a request may still begin, of the number that was asked for.
  var hasBudget: Bool { budget > 0 }

  /// Takes one request from those that may still begin.
  func takeFromBudget() { budget &-= 1 }

  /// The size of the next request.
  func nextSize() -> Int {
    let size = workload.size
    return size.lowerBound == size.upperBound ? size.lowerBound : Int.random(in: size, using: &sizes)
  }

  /// Wakes a client, by its place among this worker's, at a time.
  func wake(_ place: Int, at time: UInt64) {
    // Fails only when the pacer is closed: then nobody needs to be woken.
    try? pacer.wake(place, at: time)
  }

  /// Makes a connection.
  func connect(_ handler: @escaping (Stream, UVError?) -> Void) throws(UVError) -> Stream {
    if workload.target.family == .unix {
      let pipe = try Pipe(loop)
      return try begin(pipe) { () throws(UVError) in
        try pipe.connect(to: workload.target) { handler(pipe, $0) }
      }
    }
    let tcp = try TCP(loop)
    return try begin(tcp) { () throws(UVError) in
      if let sources = workload.sources {
        try tcp.bind(source: sources[nextSource])
        nextSource += workload.threads
      }
      try tcp.connect(to: workload.target) { error in
        // What fails here fails with the connection.
        if error == nil { try? tcp.setNoDelay(true) }
        handler(tcp, error)
      }
    }
  }

  /// Closes a stream that could not begin to connect.
  private func begin(_ stream: Stream, _ connect: () throws(UVError) -> Void) throws(UVError) -> Stream {
    do throws(UVError) {
      try connect()
      return stream
    } catch {
      stream.close()
      throw error
    }
  }

  // MARK: Ending

  private func windowPhaseChanged(_ windowPhase: Recorder.Phase) {
    switch windowPhase {
    case .before: break
    case .inside:
      usageBefore = .now
      report(.windowBegan)
    case .after:
      report(.windowEnded)
      finish()
    }
  }

  /// Ends the run early.
  func end() {
    switch phase {
    case .preparing, .ready:
      // Nothing was measured.
      loadTimer?.close()
      loadTimer = nil
      phase = .finishing
      recorder.close(at: Loop.nanoseconds)
      finish()
    case .loading: recorder.close(at: Loop.nanoseconds)
    case .finishing, .ended: break
    }
  }

  /// Begins no more requests; the clients end when theirs have ended.
  private func finish() {
    phase = .finishing
    endClients(Loop.nanoseconds)
  }

  private func endClients(_ now: UInt64) {
    for client in clients { client.finish(at: now) }
  }

  /// A client has ended.
  func didEnd() {
    ended += 1
    guard ended == clients.count, phase != .ended else { return }
    // The last of the requests that were asked for is done: with it the measured time ends, not with the clients.
    recorder.close(at: recorder.lastEnd)
    guard phase != .ended else { return }
    phase = .ended
    ticker.close()
    pacer.close()
    for client in clients { client.settle() }
    let (record, lastInterval) = recorder.finish()
    let result = Result(
      record: record,
      lastInterval: lastInterval,
      start: recorder.start,
      end: recorder.end,
      usage: usage,
      usageNanoseconds: usageNanoseconds,
      lastBegin: budget == 0 ? recorder.lastBegin : nil,
      slotNanoseconds: Double(clients.count * pipeline) * Double(recorder.end - recorder.start)
    )
    clients = []
    report(.finished(result))
  }

  /// The share of a number that a worker has by its share of the clients; the shares of all are the whole.
  private static func share(of total: Int, _ number: Int, _ workload: Workload) -> Int {
    /// How many clients the workers before one have.
    func clients(before number: Int) -> Int {
      let (each, rest) = workload.connections.quotientAndRemainder(dividingBy: workload.threads)
      return number * each + min(number, rest)
    }
    func requests(before number: Int) -> Int {
      let (high, low) = total.multipliedFullWidth(by: clients(before: number))
      return workload.connections.dividingFullWidth((high, low)).quotient
    }
    return requests(before: number + 1) - requests(before: number)
  }
}
