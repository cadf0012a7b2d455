import Glibc
import Synchronization

/// Several threads on one job whose parts are put together in order, so that the outcome is the same bit for bit
/// however many threads there were.
package struct Crew: Sendable {
  package let threads: Int

  package init(threads: Int) { self.threads = max(1, threads) }

  /// As many threads as this process has processors.
  package static let ofMachine: Crew = {
    // `sched_getaffinity`, which the Glibc module does not import: the processors that this process may use.
    typealias Call = @convention(c) (Int32, Int, UnsafeMutableRawPointer) -> Int32
    var allowed: [UInt64] = Array(repeating: 0, count: 16)
    let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    guard let symbol = dlsym(nil, "sched_getaffinity") else { return Crew(threads: online) }
    let call = unsafeBitCast(symbol, to: Call.self)
    let told = allowed.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { call(0, buffer.count, $0) } ?? -1
    }
    return Crew(threads: told == 0 ? min(64, allowed.reduce(0) { $0 + $1.nonzeroBitCount }) : online)
  }()

  /// The same work for each item, several at a time; the answers in the order of the items.
  package func each<Item: Sendable, Answer: Sendable>(
    _ items: [Item], _ work: @escaping @Sendable (Item) -> Answer
  ) -> [Answer] {
    let next = Atomic(0)
    let answers = Mutex<[Int: Answer]>([:])
    withHelpers(min(threads, items.count) - 1) {
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < items.count else { return }
        let answer = work(items[index])
        answers.withLock { $0[index] = answer }
      }
    }
    return answers.withLock { answers in items.indices.compactMap { answers[$0] } }
  }

  /// Takes one piece after another until there is none, works on them in parallel, and merges the parts in the order of
  /// the pieces. The first failure, in that order too, ends it.
  package func run<Job: CrewJob>(_ job: Job, _ pieces: Job.Pieces, into whole: Job.Whole) throws(FileTrouble)
    -> Job.Whole
  {
    let shift = Shift(job, pieces, whole)
    withHelpers(job.isSmall(pieces) ? 0 : threads - 1, shift.work)
    return try shift.outcome()
  }

  /// The same body here and on that many other threads; returns when all of them are done.
  private func withHelpers(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    var helpers: [pthread_t] = []
    for _ in 0..<max(0, count) {
      // The thread owns the box it is given; without a thread there is nobody to take it.
      let box = Unmanaged.passRetained(Box(body: body))
      var thread = pthread_t()
      if pthread_create(&thread, nil, Self.start, box.toOpaque()) == 0 {
        helpers.append(thread)
      } else {
        box.release()
      }
    }
    body()
    for thread in helpers { pthread_join(thread, nil) }
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
    if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
    return nil
  }
}

/// What a crew does.
package protocol CrewJob: Sendable {
  /// Where pieces come from.
  associatedtype Pieces: Sendable
  /// What one thread works with: buffers that it uses again for the next piece.
  associatedtype Bench
  associatedtype Part: Sendable
  associatedtype Whole: Sendable

  /// Whether more than one thread would be a waste.
  func isSmall(_ pieces: Pieces) -> Bool
  func bench() -> Bench
  /// Takes the next piece onto the bench; one thread at a time. False when there is none.
  func claim(_ pieces: inout Pieces, _ bench: inout Bench) throws(FileTrouble) -> Bool
  func work(_ bench: inout Bench) throws(FileTrouble) -> Part
  /// Called for one part after another, in the order of the pieces.
  func merge(_ part: Part, into whole: inout Whole)
}

private final class Shift<Job: CrewJob>: Sendable {
  private struct Claims: Sendable {
    var pieces: Job.Pieces
    var count = 0
    var isOver = false
  }

  private struct Merger: Sendable {
    var whole: Job.Whole
    var count = 0
    var waiting: [Int: Result<Job.Part, FileTrouble>] = [:]
    var failure: FileTrouble?
  }

  /// How far a thread may run ahead of the oldest piece that is still worked on: that bounds the parts that wait.
  private static var lead: Int { 64 }

  private let job: Job
  private let claims: Mutex<Claims>
  private let merging: Mutex<Merger>
  private let merged = Atomic(0)

  init(_ job: Job, _ pieces: Job.Pieces, _ whole: Job.Whole) {
    self.job = job
    claims = Mutex(Claims(pieces: pieces))
    merging = Mutex(Merger(whole: whole))
  }

  @Sendable func work() {
    var bench = job.bench()
    while let number = claim(&bench) {
      let part: Result<Job.Part, FileTrouble>
      do throws(FileTrouble) { part = .success(try job.work(&bench)) } catch { part = .failure(error) }
      hand(number, part)
      while number - merged.load(ordering: .relaxed) > Self.lead { usleep(100) }
    }
  }

  private func claim(_ bench: inout Job.Bench) -> Int? {
    let claimed = claims.withLock { claims -> Result<Int?, Claimed> in
      guard !claims.isOver else { return .success(nil) }
      do throws(FileTrouble) {
        claims.isOver = try !job.claim(&claims.pieces, &bench)
      } catch {
        claims.isOver = true
        claims.count += 1
        return .failure(Claimed(number: claims.count - 1, trouble: error))
      }
      guard !claims.isOver else { return .success(nil) }
      claims.count += 1
      return .success(claims.count - 1)
    }
    switch claimed {
    case .success(let number): return number
    case .failure(let claimed):
      hand(claimed.number, .failure(claimed.trouble))
      return nil
    }
  }

  /// A piece that could not even be taken has its place in the order too.
  private struct Claimed: Error {
    let number: Int
    let trouble: FileTrouble
  }

  private func hand(_ number: Int, _ part: Result<Job.Part, FileTrouble>) {
    let failed = merging.withLock { state in
      state.waiting[number] = part
      while state.failure == nil, let next = state.waiting.removeValue(forKey: state.count) {
        switch next {
        case .success(let part): job.merge(part, into: &state.whole)
        case .failure(let trouble): state.failure = trouble
        }
        state.count += 1
      }
      // After a failure nobody waits for the oldest piece any more.
      merged.store(state.failure == nil ? state.count : .max / 2, ordering: .relaxed)
      return state.failure != nil
    }
    if failed { claims.withLock { $0.isOver = true } }
  }

  func outcome() throws(FileTrouble) -> Job.Whole {
    let (whole, failure) = merging.withLock { ($0.whole, $0.failure) }
    if let failure { throw failure }
    return whole
  }
}
