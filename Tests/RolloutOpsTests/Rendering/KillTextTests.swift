import Testing

@testable import RolloutOps

/// What is said around a kill: before it asks, when the flag is off, and how long it may take.
@Suite struct KillTextTests {
  // MARK: Time

  @Test(arguments: [
    (0.012, 3, "✓ an answer takes 12 ms, and a kill needs 3 of them: kill --within 30s is enough"),
    (3.1, 3, "✓ an answer takes 3.1 s, and a kill needs 3 of them: kill --within 30s is enough"),
    (8, 3, "✓ an answer takes 8 s, and a kill needs 3 of them: kill --within 30s is enough"),
    (
      8.1, 3,
      "! an answer takes 8.1 s, and a kill needs 3 of them, so it may need 24 s: rolloutctl kill KEY --within 35s"
    ),
    (
      12, 3, "! an answer takes 12 s, and a kill needs 3 of them, so it may need 36 s: rolloutctl kill KEY --within 45s"
    ),
    (12, 2, "✓ an answer takes 12 s, and a kill needs 2 of them: kill --within 30s is enough"),
    (
      60, 3,
      "! an answer takes 60 s, and a kill needs 3 of them, so it may need 180 s: rolloutctl kill KEY --within 4m"
    ),
  ]) func theDeadlineThatAStoreNeedsIsSaid(seconds: Double, answers: Int, text: String) throws {
    let check = try #require(KillTime(answer: seconds, answers: answers).check)
    #expect("\(check.state == .fine ? "✓" : "!") \(check.sentence)" == text)
  }

  @Test func whereNoServerIsWaitedForNothingIsSaid() { #expect(KillTime(answer: 9, answers: 0).check == nil) }

  /// The deadline that is named has room for every answer that a kill needs.
  @Test func theDeadlineIsAlwaysLongEnough() throws {
    for step in 0..<2000 {
      let time = KillTime(answer: Double(step) / 10, answers: 3)
      #expect(
        Double(time.within.seconds) >= Double(step) / 10 * 3 * 1.25 && time.within >= .minutes(0) + KillTime.usual)
    }
  }

  // MARK: The question

  private static func keys(_ names: String...) -> [FlagKey] { names.map(FlagKey.init) }

  @Test(arguments: [
    (["ai-feature-1", "ai-feature-2", "ai-feature-3"], "prod: ai-feature-1, -2, -3"),
    (["a1", "a2", "b.1", "b.2"], "prod: a1, a2, b.1, .2"), (["ai-sum", "ai-search"], "prod: ai-sum, ai-search"),
    (["x-1", "y-1", "x-2"], "prod: x-1, y-1, x-2"), (["-1", "-2"], "prod: -1, -2"), (["1", "2"], "prod: 1, 2"),
    (["evil\u{1B}[2J"], "prod: evil\\u{1b}[2J"), ([], ""),
    ((1...9).map { "f\($0)" }, "prod: f1, f2, f3, f4, f5, f6, f7, f8, f9"),
    ((1...48).map { "f\($0)" }, "prod: f1, f2, f3, f4, f5, f6, f7, f8, and 40 more"),
  ]) func theFlagsOfAStoreAreNamed(keys: [String], text: String) {
    #expect(KillQuestion.text([("prod", keys.map(FlagKey.init))]) == text)
  }

  @Test func everyStoreIsNamedAndManyAreCounted() {
    #expect(
      KillQuestion.text([("prod", Self.keys("a-1", "a-2")), ("empty", []), ("staging", Self.keys("b"))])
        == "prod: a-1, -2; staging: b")
    let many = (1...9).map { (name: "s\($0)", keys: Self.keys("a", "b")) }
    #expect(KillQuestion.text(many).hasSuffix("; s6: a, b; and 6 flags in 3 more stores"))
  }

  // MARK: The sum

  @Test func aSumCountsEachStore() {
    let all = { (off: Int, all: Int, store: String) in
      (0..<all).map { (store: store, isOff: $0 < off, isUnknown: false) }
    }
    #expect(KillSum(all(40, 40, "production")).text(ink: .none) == ["40 of 40 off in production"])
    #expect(KillSum(all(30, 30, "a") + all(10, 10, "b")).text(ink: .none) == ["40 of 40 off in 2 stores"])
    #expect(KillSum(all(38, 40, "production")).text(ink: .none) == ["38 of 40 off in production; 2 NOT off"])
    #expect(
      KillSum(all(12, 12, "staging") + all(38, 40, "production")).text(ink: .none)
        == ["38 of 40 off in production; 2 NOT off", "12 of 12 off in staging"])
    // Nobody knows what else is there.
    let silent = [(store: "far", isOff: false, isUnknown: true)]
    #expect(
      KillSum(all(1, 1, "prod") + silent).text(ink: .none) == [
        "far: NOT KNOWN; it did not answer, and what is on there may still be on", "1 of 1 off in prod",
      ])
    #expect(KillSum([]).text(ink: .none) == [])
    #expect(
      KillSum(all(1, 2, "a")).json.written(.compact) == #"[{"store":"a","off":1,"of":2}]"#)
  }
}
