import Glibc
import Synchronization

/// Does something again and again beside whoever works, until that work ends.
final class Keeper: Sendable {
  /// A pipe: its writing end is closed when the work is over.
  private let ends: Mutex<(reading: Int32, writing: Int32)>

  init() {
    var both: [Int32] = [-1, -1]
    if pipe(&both) != 0 { both = [-1, -1] }
    for end in both where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    ends = Mutex((both[0], both[1]))
  }

  deinit { end() }

  /// The first time after the first pause. Where the machine gives no thread or pipe, it is never done.
  func begin(every milliseconds: Int, _ work: @escaping @Sendable () -> Void) {
    let reading = ends.withLock { ends in
      defer { ends.reading = -1 }
      return ends.reading
    }
    guard reading >= 0 else { return }
    let body: @Sendable () -> Void = {
      defer { close(reading) }
      while true {
        var waiting = pollfd(fd: reading, events: 0, revents: 0)
        switch poll(&waiting, 1, Int32(clamping: milliseconds)) {
        case 0: work()
        case -1 where errno == EINTR: continue
        default: return
        }
      }
    }
    if !DetachedThread.run(body) { close(reading) }
  }

  /// Nothing is begun any more; what is under way may still go on.
  func end() {
    ends.withLock { ends in
      for end in [ends.reading, ends.writing] where end >= 0 { close(end) }
      ends = (-1, -1)
    }
  }
}
