import Glibc
import Synchronization

/// The door to threads: whoever acts under a deadline gives each job away that may hang, and goes on without it.
package protocol Hands: Sendable {
  func shift() -> any HandShift
}

/// One command's time with its threads, from beginning to end.
package protocol HandShift: Sendable {
  /// Begins a job. Nobody waits for its end: a job that hangs keeps its thread, and nothing else. What it returns is
  /// done when its thread is free again: so whoever hears of it finds a thread for the next job.
  func start(_ job: @escaping @Sendable () -> @Sendable () -> Void)

  /// Wakes whoever waits.
  func wake()

  /// Waits until somebody wakes it, a signal wants the command to end, or the time is over.
  func wait(until moment: Instant, _ clock: any WallClock) -> Wakening

  /// Signals do what they usually do again.
  func end()
}

package enum Wakening: Hashable, Sendable {
  case news
  case time
  case signal(Int32)
}

/// For a world without threads: a job is done where it begins, and waiting moves the world's own clock.
package struct OneHand: Hands {
  package init() {}

  package func shift() -> any HandShift { Shift() }

  private struct Shift: HandShift {
    func start(_ job: @escaping @Sendable () -> @Sendable () -> Void) { job()() }

    func wake() {}

    func wait(until moment: Instant, _ clock: any WallClock) -> Wakening {
      clock.pause(microseconds: max(1, Int(moment.microseconds - clock.now().microseconds)))
      return .time
    }

    func end() {}
  }
}

/// The threads of this process.
///
/// Signals that want to end it wait from the beginning of a shift to its end, in every thread, and are told to whoever
/// waits. A thread that is done wakes with a signal of its own: so one call waits for both.
package struct ThreadHands: Hands {
  package init() {}

  package func shift() -> any HandShift { Shift() }

  private final class Shift: HandShift {
    private static let news = SIGUSR1
    private let waiter: UInt
    private let isOver = Mutex(false)
    private let before: Mutex<sigset_t>
    private let idle = Mutex<[Worker]>([])

    init() {
      waiter = UInt(pthread_self())
      var before = sigset_t()
      var held = Self.held
      pthread_sigmask(SIG_BLOCK, &held, &before)
      self.before = Mutex(before)
    }

    private static var held: sigset_t {
      var held = sigset_t()
      sigemptyset(&held)
      for signal in [SIGINT, SIGTERM, SIGHUP, news] { sigaddset(&held, signal) }
      return held
    }

    func start(_ job: @escaping @Sendable () -> @Sendable () -> Void) {
      if let worker = idle.withLock({ $0.popLast() }) { return worker.take(job) }
      let worker = Worker(job, of: self)
      // Where there is no room for a thread the job is done here.
      if !worker.begin() { job()() }
    }

    /// Whether the worker waits for another job.
    func isFree(_ worker: Worker) -> Bool {
      isOver.withLock { isOver in
        if !isOver { idle.withLock { $0.append(worker) } }
        return !isOver
      }
    }

    /// A thread that comes late must not end a process that has gone on.
    func wake() {
      isOver.withLock { isOver in
        if !isOver { pthread_kill(pthread_t(waiter), Self.news) }
      }
    }

    func wait(until moment: Instant, _ clock: any WallClock) -> Wakening {
      var held = Self.held
      let left = max(0, Int(moment.microseconds - clock.now().microseconds))
      var time = timespec(tv_sec: left / 1_000_000, tv_nsec: left % 1_000_000 * 1000)
      switch sigtimedwait(&held, nil, &time) {
      case Self.news: return .news
      case let signal where signal > 0: return .signal(signal)
      default: return .time
      }
    }

    func end() {
      isOver.withLock { $0 = true }
      for worker in idle.withLock({ $0 }) { worker.take(nil) }
      var news = sigset_t()
      sigemptyset(&news)
      sigaddset(&news, Self.news)
      var now = timespec()
      while sigtimedwait(&news, nil, &now) > 0 {}
      var before = before.withLock { $0 }
      pthread_sigmask(SIG_SETMASK, &before, nil)
    }
  }

  /// A thread that does one job after another. It is nobody's to wait for.
  private final class Worker: Sendable {
    typealias Job = @Sendable () -> @Sendable () -> Void

    private let job: Mutex<Job?>
    private let shift: Shift
    /// The address of a semaphore: counts the jobs that were given.
    private let given: UInt

    init(_ job: @escaping Job, of shift: Shift) {
      self.job = Mutex(job)
      self.shift = shift
      let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
      sem_init(semaphore, 0, 0)
      given = UInt(bitPattern: semaphore)
    }

    deinit { semaphore?.deallocate() }

    private var semaphore: UnsafeMutablePointer<sem_t>? { UnsafeMutablePointer(bitPattern: given) }

    func take(_ next: Job?) {
      job.withLock { $0 = next }
      if let semaphore { sem_post(semaphore) }
    }

    func begin() -> Bool {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      defer { pthread_attr_destroy(&attributes) }
      pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
      // The thread owns the worker that it is given.
      let owned = Unmanaged.passRetained(self)
      var thread = pthread_t()
      guard pthread_create(&thread, &attributes, Self.run, owned.toOpaque()) == 0 else {
        owned.release()
        return false
      }
      return true
    }

    private static let run: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
      if let argument { Unmanaged<Worker>.fromOpaque(argument).takeRetainedValue().work() }
      return nil
    }

    private func work() {
      while let job = job.withLock({ $0.take() }) {
        let deliver = job()
        let isFree = shift.isFree(self)
        deliver()
        guard isFree, let semaphore else { return }
        while sem_wait(semaphore) != 0 {}
      }
    }
  }
}

/// What threads leave for the one who waits.
package final class Mailbox<News: Sendable>: Sendable {
  private let letters = Mutex<[News]>([])
  private let shift: any HandShift

  package init(_ shift: any HandShift) { self.shift = shift }

  package func put(_ news: News) {
    letters.withLock { $0.append(news) }
    shift.wake()
  }

  package var isEmpty: Bool { letters.withLock(\.isEmpty) }

  package func takeAll() -> [News] {
    letters.withLock { letters in
      defer { letters = [] }
      return letters
    }
  }

  /// A job whose answer comes here.
  package func ask(_ job: @escaping @Sendable () -> News) {
    shift.start {
      let news = job()
      return { self.put(news) }
    }
  }
}
