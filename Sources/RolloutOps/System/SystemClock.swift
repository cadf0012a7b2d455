import Glibc

/// The machine's clock.
package struct SystemClock: WallClock {
  package init() {}

  package func now() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  package func pause(microseconds: Int) {
    guard microseconds > 0 else { return }
    var time = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: microseconds % 1_000_000 * 1000)
    nanosleep(&time, nil)
  }
}

extension SystemClock {
  package var steady: any WallClock { SteadyClock(since: now()) }
}

/// Goes on from one moment by the time that this machine has been up, which nobody sets.
private struct SteadyClock: WallClock {
  private let start: Instant
  private let up: Int64

  init(since start: Instant) { (self.start, up) = (start, Self.microseconds()) }

  private static func microseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  func now() -> Instant { Instant(microseconds: start.microseconds + Self.microseconds() - up) }

  func pause(microseconds: Int) { SystemClock().pause(microseconds: microseconds) }
}
