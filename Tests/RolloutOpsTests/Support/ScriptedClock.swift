import Synchronization

@testable import RolloutOps

/// A clock that moves only when the test says so, or when somebody waits on it.
final class ScriptedClock: WallClock {
  private let time: Mutex<Instant>
  private let looks = Mutex(0)
  private let jump = Mutex<TimeSpan?>(nil)
  private let paused = Hook<Int, Void> { _ in }

  /// Saturday, 2026-11-21 10:00 UTC, unless told.
  init(_ start: Instant = Instant(seconds: 1_795_255_200)) { time = Mutex(start) }

  func now() -> Instant {
    let isLate = looks.withLock { looks in
      looks -= looks > 0 ? 1 : 0
      return looks == 0
    }
    if isLate, let span = jump.withLock({ $0.take() }) { advance(span) }
    return time.withLock { $0 }
  }

  /// That much time goes by right before somebody looks at the clock so many times from now.
  func jump(by span: TimeSpan, beforeLook number: Int) {
    looks.withLock { $0 = number }
    jump.withLock { $0 = span }
  }

  func pause(microseconds: Int) {
    advance(microseconds: microseconds)
    paused(microseconds)
  }

  func set(_ instant: Instant) { time.withLock { $0 = instant } }

  func advance(microseconds: Int) {
    time.withLock { $0 = Instant(microseconds: $0.microseconds + Int64(microseconds)) }
  }

  func advance(_ span: TimeSpan) { advance(microseconds: span.seconds * 1_000_000) }

  /// Runs after every pause: the moment for another process of the scripted world to act.
  func onPause(_ act: @escaping @Sendable (Int) -> Void) { paused.withLock { $0 = act } }
}
