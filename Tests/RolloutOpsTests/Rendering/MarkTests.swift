import Foundation
import Testing

@testable import RolloutOps

/// The signs before lines.
@Suite struct MarkTests {
  @Test func everySignHasOneMeaningAndOneWord() {
    #expect(Set(Mark.allCases.map(\.rawValue)).count == Mark.allCases.count)
    #expect(Set(Mark.allCases.map(\.word)).count == Mark.allCases.count)
    for mark in Mark.allCases { #expect(Terminal.width(mark.rawValue) == 1, "\(mark) would move its line") }
  }

  /// Whoever writes a sign by hand gives it a meaning of its own.
  @Test func signsComeFromOnePlace() throws {
    let signs = Mark.allCases.map(\.rawValue).filter { !$0.allSatisfy(\.isASCII) && $0 != "·" && $0 != "→" }
    for file in try FloorTests.house() where !file.path.hasSuffix("/Mark.swift") {
      let path = file.path
      for line in file.source.split(separator: "\n") where line.contains("\"") && !line.contains("///") {
        // A note may be written with a sign of mathematics.
        if path.hasSuffix("SelectorText.swift") { continue }
        for sign in signs where line.contains(sign) { Issue.record("\(path) writes \(sign) itself: \(line)") }
      }
    }
  }

  @Test func aGateIsTickedOnlyWhereItIsInside() {
    func gate(_ verdict: Verdict, advisory: Bool = false, _ reason: Finding.Reason? = nil) -> Gate {
      let trigger = Trigger(
        action: .rollback, condition: .init(signal: "errors", test: .above(.init(0.01, .percent)), against: .none),
        text: "errors above 1%")
      let row = reason.map { reason in
        StageEvidence.Row(
          trigger,
          .found(
            Finding(
              verdict: verdict, reason: reason, canary: .init(count: 100, missing: 0, value: 0.02), scale: .level,
              threshold: 0.01, method: .plain)))
      }
      return Gate("errors above 1%", .trigger(trigger), verdict, "", advisory: advisory, found: row)
    }
    #expect(gate(.pass, .inside).mark == .met)
    #expect(gate(.pass, .likeControl).mark == .advice)
    #expect(gate(.hold).mark == .notYet && gate(.hold, advisory: true).mark == .advice)
    #expect(gate(.breach).mark == .fired)
    // Three marks for three things that are often mixed up.
    #expect(Set([Mark.notYet, .fired, DoctorCheck.State.failed.mark].map(\.rawValue)).count == 3)
  }
}
