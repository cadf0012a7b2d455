/// The flags of one store that a kill still works on: a server that hangs, or wants to be left alone for a while, delays
/// its own flags and nobody else's.
struct KillLane: Sendable {
  var attempts: [KillAttempt]
  /// Whether the store's lock was waited for before.
  private let atOnce: Bool
  private let clock: any WallClock

  init(_ attempts: [KillAttempt], atOnce: Bool, _ clock: any WallClock) {
    (self.attempts, self.atOnce, self.clock) = (attempts, atOnce, clock)
  }

  var isPending: Bool { attempts.contains(where: \.isPending) }

  /// After that long no further flag of a lane is begun with: whoever is found by a note waits no longer than this and
  /// one try.
  static let passSeconds = 1

  /// One try for each flag that waits for one, as many at a time as the store bears; those that were tried least come
  /// first. Where the store says that it is asked too often, nobody asks it again before it wants to be asked.
  mutating func pass() {
    let now = clock.now()
    let due = attempts.indices.filter { attempts[$0].isDue(at: now) }
      .sorted { (attempts[$0].tries, $0) < (attempts[$1].tries, $1) }
    guard let width = due.first.map({ attempts[$0].store.width }) else { return }
    let (clock, atOnce, end) = (clock, atOnce, now + TimeSpan(seconds: Self.passSeconds))
    let limited = Remembered<KillAttempt>()
    let struck = Crew(threads: width).each(due.map { attempts[$0] }) { attempt in
      var attempt = attempt
      if let limited = limited.last {
        attempt.wait(as: limited)
      } else if clock.now() < end {
        attempt.strike(atOnce: atOnce)
        if attempt.isPending, !attempt.isDue(at: clock.now()) { limited.last = attempt }
      }
      return attempt
    }
    for (index, attempt) in zip(due, struck) { attempts[index] = attempt }
  }

  /// One pass in every lane, all at the same time. Whoever is through with its own goes on trying as long as another one
  /// is at its first: so that no server's retries wait for one that hangs.
  static func pass(_ lanes: [KillLane]) -> [KillLane] {
    let firsts = Countdown(lanes.count)
    return Crew(threads: lanes.count).each(lanes) { lane in
      var lane = lane
      lane.pass()
      firsts.arrive()
      var pause = KillRun.firstPause
      while lane.isPending, !firsts.isOver {
        lane.clock.pause(microseconds: pause)
        pause = min(2 * pause, KillRun.longestPause)
        lane.pass()
      }
      return lane
    }
  }
}
