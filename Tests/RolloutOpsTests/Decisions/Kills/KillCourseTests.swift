import Foundation
import Testing

@testable import RolloutOps

/// The policy of a kill, tested by what it asks for and what it tells: `Tests/Fixtures/kills` has every night as text.
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter KillCourse` writes them anew.
@Suite(.serialized) struct KillCourseTests {
  private static let folder = Path.tidied(Path.joined(Path.folder(of: "\(#filePath)"), "../../../Fixtures/kills"))

  private static func text(_ night: PlayedKills.Night) -> String {
    "\(night.title)\n\n" + night.play().lines.joined(separator: "\n") + "\n"
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] != nil))
  func regenerate() throws {
    try? FileManager.default.removeItem(atPath: Self.folder)
    try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
    for night in PlayedKills.all {
      try Data(Self.text(night).utf8).write(to: URL(filePath: "\(Self.folder)/\(night.name).txt"))
    }
  }

  @Test(arguments: PlayedKills.all.map(\.name))
  func theNightGoesAsItIsWritten(name: String) throws {
    let night = try #require(PlayedKills.all.first { $0.name == name })
    let kept = FileManager.default.contents(atPath: "\(Self.folder)/\(name).txt").map {
      String(decoding: $0, as: UTF8.self)
    }
    #expect(kept == Self.text(night))
    #expect(night.play().faults == [])
  }

  @Test func nothingElseIsThere() throws {
    let names = PlayedKills.all.map { "\($0.name).txt" }
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() == names.sorted())
  }

  private func night(_ name: String) throws -> KillSimulation {
    try #require(PlayedKills.all.first { $0.name == name }).play()
  }

  // MARK: What must hold of them

  @Test(arguments: [("document-3s", 9.0), ("document-8s", 24), ("document-12s", 24.01), ("platform-12s", 25)])
  func aSlowServerIsWaitedForAsLongAsItsAnswersFit(name: String, seconds: Double) throws {
    let night = try night(name)
    #expect(night.endings[0] == .off && night.told[0].map { $0 <= seconds } == true, "\(night.lines)")
  }

  /// What lanes and locks asserted before: no store waits for another one, and a rest is never longer than 5 s.
  @Test func noServersRetriesWaitForOneThatHangs() throws {
    let night = try night("neighbour")
    #expect(night.endings[1] == .off && night.told[1].map { $0 < 0.1 } == true)
    #expect(night.endings[0] == .notOff(nil))
  }

  @Test func aKillComesBackAfterFiveSecondsWhateverTheServerWants() throws {
    let night = try night("resting")
    #expect(night.told.values.allSatisfy { (5.0..<5.5).contains($0) } && night.endings.values.allSatisfy { $0 == .off })
    let never = try self.night("no-rest")
    #expect(
      never.endings.values.allSatisfy { $0 == .notOff(PlayedKills.resting(3600)) }
        && never.told.values.allSatisfy { $0 == 3 })
  }

  @Test func whereNobodyMayLookItMayBeOff() throws {
    #expect(try night("unreadable").endings[0] == .perhaps(PlayedKills.refused))
    #expect(try night("frozen").endings[0] == .perhaps(nil))
  }

  /// "Already off" is never said from a look alone.
  @Test func whatALookSaysIsWrittenAllTheSame() throws {
    let lines = try night("already-off").lines
    #expect(lines.contains { $0.contains("send") } && lines.last?.hasSuffix("tell a: alreadyOff") == true)
  }

  /// Somebody brought it back before the journal was ours: it is killed again, and told again.
  @Test func whatWasUndoneIsKilledAgain() {
    var now = Instant(microseconds: 0)
    var course = KillCourse(start: now, within: TimeSpan(seconds: 30))
    let target = course.add(targetIn: course.add(store: KillCourse.Store(isRemote: false, rest: now)), at: now)
    var (isOn, told, sent) = (true, 0, 0)
    var actions = course.take(.time, at: now)
    for _ in 0..<40 {
      var next: [KillCourse.Action] = []
      for action in actions {
        switch action {
        case .look(let number, _, _): next += course.take(.looked(number, [target: isOn ? .on : .off]), at: now)
        case .send(let number, _, _):
          (isOn, sent) = (false, sent + 1)
          next += course.take(.wrote(number, [target: StoreTrouble?.none]), at: now)
        case .tell(_, let ending):
          #expect(ending == .off)
          told += 1
          guard told == 1 else { continue }
          isOn = true
          next += course.take(.undone(target), at: now)
          #expect(!course.isOver)
        case .flip, .breakGlass: Issue.record("a file has neither")
        }
      }
      now = now + TimeSpan(seconds: 1)
      actions = next.isEmpty ? course.take(.time, at: now) : next
    }
    #expect(told == 2 && sent == 2 && course.isOver && !isOn)
  }

  /// A platform of which one flag is found on, and is written: the number of that write.
  private func written(_ course: inout KillCourse, at now: Instant) throws -> (target: Int, write: Int) {
    let store = course.add(store: KillCourse.Store(isRemote: true, killSwitch: .platform, rest: now))
    let target = course.add(targetIn: store, at: now)
    guard case .look(let look, _, _)? = course.take(.time, at: now).first,
      case .send(let write, _, _)? = course.take(.looked(look, [target: .on]), at: now).first
    else { throw CocoaError(.featureUnsupported) }
    return (target, write)
  }

  /// The server did it and says nothing: a look tells, and is not held back by that.
  @Test func aWriteThatNobodyAnswersIsLookedAt() throws {
    let start = Instant(microseconds: 0)
    var course = KillCourse(start: start, within: TimeSpan(seconds: 30))
    let (target, _) = try written(&course, at: start)
    let actions = course.take(.time, at: start + TimeSpan(seconds: 3))
    let look = actions.lazy.compactMap { action -> Int? in
      if case .look(let number, _, _) = action { number } else { nil }
    }.first
    let told = course.take(.looked(try #require(look), [target: .off]), at: start + TimeSpan(seconds: 3))
    #expect(told == [.tell(target, .off)] && course.isOver)
  }

  /// What was written from memory is refused, and the look beside it has come: the next write waits for nothing.
  @Test func aRefusedWriteGoesOutAnewAtOnce() throws {
    let now = Instant(microseconds: 0)
    var course = KillCourse(start: now, within: TimeSpan(seconds: 30))
    let target = course.add(targetIn: course.add(store: KillCourse.Store(isRemote: true, rest: now)), at: now)
    let asked = course.take(.time, at: now)
    let sent = course.take(.recalled([target: .on]), at: now)
    guard case .look(let look, _, _)? = asked.first, case .send(let write, _, _)? = sent.first else {
      Issue.record("\(asked) \(sent)")
      return
    }
    #expect(course.take(.looked(look, [target: .on]), at: now).isEmpty)
    let next = course.take(.wrote(write, [target: StoreTrouble.changedMeanwhile(path: "f")]), at: now)
    #expect(next.contains { if case .send = $0 { true } else { false } }, "\(next)")
  }

  /// Nor is a server that does not do it looked at without end.
  @Test func looksBesideAHungWriteTakeTheirTime() throws {
    var now = Instant(microseconds: 0)
    var course = KillCourse(start: now, within: TimeSpan(seconds: 30))
    let (target, _) = try written(&course, at: now)
    var looks = 0
    while !course.isOver {
      now = min(course.wake(after: now), now + TimeSpan(seconds: 1))
      var actions = course.take(.time, at: now)
      while let action = actions.popLast() {
        guard case .look(let number, _, _) = action else { continue }
        looks += 1
        actions += course.take(.looked(number, [target: .on]), at: now)
      }
    }
    #expect((10...30).contains(looks), "\(looks)")
  }

  /// A cache shows the flag as it was; the server itself, which took our write, refuses the next one.
  @Test func aConditionThatOurOwnWriteBrokeLeavesADoubt() throws {
    let start = Instant(microseconds: 0)
    var course = KillCourse(start: start, within: TimeSpan(seconds: 1))
    let (target, write) = try written(&course, at: start)
    let trouble = StoreTrouble.changedMeanwhile(path: "f")
    var (actions, sends, now) = (course.take(.wrote(write, [target: StoreTrouble?.none]), at: start), 0, start)
    var told: KillCourse.Ending?
    while told == nil {
      while let action = actions.popLast() {
        switch action {
        case .look(let number, _, _):
          let sight: KillCourse.Sight = sends == 0 ? .on : .failed(PlayedKills.failing)
          actions += course.take(.looked(number, [target: sight]), at: now)
        case .send(let number, _, _):
          sends += 1
          actions += course.take(.wrote(number, [target: trouble]), at: now)
        case .tell(_, let ending): told = ending
        case .breakGlass(let number, _): actions += course.take(.brokeGlass(number, isThere: false, nil), at: now)
        case .flip: break
        }
      }
      now = Instant(microseconds: now.microseconds + 20_000)
      if told == nil { actions = course.take(.time, at: now) }
    }
    guard case .perhaps? = told else {
      Issue.record("\(String(describing: told))")
      return
    }
    #expect(sends == 1)
  }

  /// Whoever is asked too often did nothing.
  @Test func aWriteThatCameTooOftenLeavesNoDoubt() throws {
    let start = Instant(microseconds: 0)
    var course = KillCourse(start: start, within: TimeSpan(seconds: 2))
    let (target, write) = try written(&course, at: start)
    _ = course.take(.wrote(write, [target: PlayedKills.resting(3600)]), at: start)
    #expect(
      course.take(.time, at: start + TimeSpan(seconds: 2)) == [.tell(target, .notOff(PlayedKills.resting(3600)))])
  }

  /// A look that is refused once, a moment after the write, may be answered the next time.
  @Test func refusedProofsAreGivenTwoSeconds() throws {
    var now = Instant(microseconds: 0)
    var course = KillCourse(start: now, within: TimeSpan(seconds: 30))
    let (target, write) = try written(&course, at: now)
    var actions = course.take(.wrote(write, [target: StoreTrouble?.none]), at: now)
    var looks = 0
    while now < Instant(microseconds: 1_900_000) {
      while let action = actions.popLast() {
        switch action {
        case .look(let number, _, _):
          looks += 1
          actions += course.take(.looked(number, [target: .failed(PlayedKills.refused)]), at: now)
        case .breakGlass(let number, _): actions += course.take(.brokeGlass(number, isThere: false, nil), at: now)
        default: Issue.record("\(action)")
        }
      }
      now = Instant(microseconds: now.microseconds + 50_000)
      actions = course.take(.time, at: now)
      #expect(!course.isOver, "after \(looks) looks")
    }
    #expect(looks > 5)
  }

  @Test func aDryRunThrowsNoSwitch() {
    let start = Instant(microseconds: 0)
    var course = KillCourse(start: start, within: TimeSpan(seconds: 9), isDry: true)
    let store = course.add(store: KillCourse.Store(isRemote: true, killSwitch: .platform, rest: start))
    let target = course.add(targetIn: store, at: start)
    for second in 0..<9 {
      for action in course.take(.time, at: start + TimeSpan(seconds: second)) {
        guard case .look(let number, _, _) = action else {
          Issue.record("\(action)")
          continue
        }
        _ = course.take(.looked(number, [target: .failed(PlayedKills.refused)]), at: start + TimeSpan(seconds: second))
      }
    }
  }

  // MARK: Nights that nobody thought of

  /// Stores of every kind, with answers that are late, lost, refused or out of order. `ROLLOUTCTL_KILL_SEEDS` plays more.
  @Test func noWordIsUntrueWhateverTheStoresDo() {
    let environment = ProcessInfo.processInfo.environment
    let seeds = environment["ROLLOUTCTL_KILL_SEEDS"].flatMap(UInt64.init) ?? 1_000
    let first = environment["ROLLOUTCTL_KILL_FIRST"].flatMap(UInt64.init) ?? 1
    var off = 0
    for seed in first..<(first + seeds) {
      let night = Self.random(seed)
      #expect(night.faults == [], "seed \(seed):\n\(night.lines.joined(separator: "\n"))")
      off += night.endings.values.count { $0 == .off }
      if !night.faults.isEmpty { break }
    }
    #expect(off > Int(seeds) / 2, "most of them get through")
  }

  private static func random(_ seed: UInt64) -> KillSimulation {
    var dice = SplitMix64(seed: seed)
    let (usual, loss, failure) = (
      Int.random(in: 1...4_000, using: &dice), Int.random(in: 0...30, using: &dice),
      Int.random(in: 0...40, using: &dice)
    )
    let troubles = [
      PlayedKills.failing, PlayedKills.resting(2), PlayedKills.refused, .changedMeanwhile(path: "x"),
      .unanswered(HTTPTrouble("GET", "https://x", .timeout(milliseconds: 5_000), maybeSent: true)),
    ]
    let source = Dice(dice)
    var night = KillSimulation(within: Int.random(in: 2...30, using: &dice)) { kind, _, _ in
      let delay = source.number(1...(2 * usual))
      if source.number(1...100) <= loss {
        return KillSimulation.Outcome(effect: kind == .look ? nil : source.chance(50) ? delay : nil, answer: nil)
      }
      guard source.number(1...100) <= failure else {
        return KillSimulation.Outcome(effect: source.number(0...delay), answer: delay)
      }
      let trouble = troubles[source.number(0...(troubles.count - 1))]
      // A request whose answer says nothing of its outcome may have had its effect.
      let mayLand = kind != .look && trouble.hidesTheOutcome && source.chance(30)
      return KillSimulation.Outcome(effect: mayLand ? source.number(0...delay) : nil, answer: delay, trouble: trouble)
    }
    for _ in 0..<Int.random(in: 1...3, using: &dice) {
      let isRemote = Int.random(in: 0...4, using: &dice) > 0
      let store = night.store(
        isRemote: isRemote, width: Int.random(in: 1...8, using: &dice), batch: Bool.random(using: &dice) ? 1 : .max,
        killSwitch: isRemote && Bool.random(using: &dice) ? .platform : .none)
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        night.flag(
          in: store, isOn: Int.random(in: 0...5, using: &dice) > 0, exists: Int.random(in: 0...9, using: &dice) > 0)
      }
    }
    if Int.random(in: 0...9, using: &dice) == 0 { night.at(Int.random(in: 1...9_000, using: &dice), .interrupted) }
    return night.run()
  }

  /// Numbers for a script, which may be asked at any time.
  private final class Dice {
    private var dice: SplitMix64
    init(_ dice: SplitMix64) { self.dice = dice }
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &dice) }
    func chance(_ percent: Int) -> Bool { number(1...100) <= percent }
  }
}
