import Glibc
import Synchronization

/// Work on threads of its own, for whoever takes the first good answer and leaves the rest behind: nobody waits at the
/// end for what is still under way.
package final class Beside<Answer: Sendable>: Sendable {
  private let answers = Mutex<[Answer]>([])
  /// A pipe: a byte in it for each answer that nobody has taken yet.
  private let ends: (reading: Int32, writing: Int32)

  package init() {
    var both: [Int32] = [-1, -1]
    ends = pipe(&both) == 0 ? (both[0], both[1]) : (-1, -1)
    for end in both where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    if ends.reading >= 0 {
      close(ends.reading)
      close(ends.writing)
    }
  }

  /// Begins it on another thread; where the machine gives none, it is done at once on this one.
  package func begin(_ work: @escaping @Sendable () -> Answer) {
    let body: @Sendable () -> Void = { self.hand(work()) }
    guard ends.reading >= 0, DetachedThread.run(body) else { return body() }
  }

  private func hand(_ answer: Answer) {
    answers.withLock { $0.append(answer) }
    var byte: UInt8 = 1
    _ = write(ends.writing, &byte, 1)
  }

  /// The answer that came first of those that were not taken yet; nil where none comes for that long. Without a limit it
  /// waits until there is one.
  package func next(within milliseconds: Int?) -> Answer? {
    let end = milliseconds.map { Self.now + $0 }
    while true {
      if let answer = taken() { return answer }
      var waiting = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
      let left = end.map { max(0, $0 - Self.now) }
      if left == 0 { return taken() }
      // A signal may end the wait early; what is left of the time tells whether to go on.
      poll(&waiting, 1, left.map { Int32(clamping: $0) } ?? -1)
      var byte: UInt8 = 0
      if waiting.revents & Int16(POLLIN) != 0 { _ = read(ends.reading, &byte, 1) }
    }
  }

  private func taken() -> Answer? { answers.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

  /// In milliseconds, by a clock that nobody sets.
  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }
}

/// A thread that nobody waits for.
enum DetachedThread {
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
    if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
    return nil
  }

  /// False where the machine gives no thread; then the body was not run.
  static func run(_ body: @escaping @Sendable () -> Void) -> Bool {
    // The thread owns the box it is given; without a thread there is nobody to take it.
    let box = Unmanaged.passRetained(Box(body: body))
    var thread = pthread_t()
    guard pthread_create(&thread, nil, start, box.toOpaque()) == 0 else {
      box.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}
