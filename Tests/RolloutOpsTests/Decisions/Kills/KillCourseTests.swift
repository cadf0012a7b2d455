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
