/// How often triggers fire where nothing changed: the control is split at random, by the note's unit, and one part of it
/// is held against the other as if it were the canary.
struct FalseAlarms: Sendable {
  let replay: Replay
  /// The part that plays the canary.
  let share: Double
  let seed: UInt64

  struct Counts: Hashable, Sendable {
    /// By trigger.
    var fired: [Int]
    /// Splits in which something fired that acts.
    var any = 0
    var splits = 0
  }

  static let most = 200
  private static let fewest = 40
  /// Records that are taken up over all splits: what some ten seconds of a processor are good for.
  private static let work = 300_000_000

  /// How many splits such a log is worth, where nobody says: fewer of a large one.
  static func usual(records: Int, triggers: Int) -> Int {
    // Of what grows by a tenth from look to look the sum is eleven times the last; few triggers need all of it.
    min(most, max(fewest, work / max(1, records * triggers * 6)))
  }

  func count(splits: Int, crew: Crew = .ofMachine, _ tell: @escaping @Sendable (Int) -> Void) throws(FileTrouble)
    -> Counts
  {
    let job = Job(alarms: self, tell: tell)
    return try crew.run(
      job, Splits(count: splits), into: Counts(fired: Array(repeating: 0, count: replay.asked.count)))
  }

  /// Which triggers fire in that split.
  func fired(in split: Int) -> [Bool] {
    var fired = Array(repeating: false, count: replay.asked.count)
    // 2^64 is no number of 64 bits.
    let limit = share >= 1 ? UInt64.max : UInt64(share * 0x1p64)
    let isCanary = { (unit: UInt32) in DrawNumber(seed, log: split, offset: Int(unit)).value < limit }
    replay.play(split: isCanary) { _, _, rows in
      for (index, row) in rows.enumerated() where row.isBreach { fired[index] = true }
      return fired.contains(false)
    }
    return fired
  }

  private struct Splits: Sendable {
    var next = 0
    let count: Int
  }

  private struct Job: CrewJob {
    let alarms: FalseAlarms
    let tell: @Sendable (Int) -> Void

    func isSmall(_ splits: Splits) -> Bool { splits.count < 2 }
    func bench() -> Int { 0 }

    func claim(_ splits: inout Splits, _ bench: inout Int) throws(FileTrouble) -> Bool {
      guard splits.next < splits.count else { return false }
      bench = splits.next
      splits.next += 1
      return true
    }

    func work(_ bench: inout Int) throws(FileTrouble) -> [Bool] { alarms.fired(in: bench) }

    func merge(_ part: [Bool], into whole: inout Counts) {
      for (index, fired) in part.enumerated() where fired { whole.fired[index] += 1 }
      let acts = zip(alarms.replay.asked, part).contains { $0.trigger.action != .hold && $1 }
      if acts { whole.any += 1 }
      whole.splits += 1
      tell(whole.splits)
    }
  }
}

extension StageEvidence.Row {
  var isBreach: Bool { if case .found(let finding) = outcome { finding.verdict == .breach } else { false } }
}
