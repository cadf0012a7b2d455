import Foundation
import Testing

@testable import RolloutOps

/// Every decision in every situation, with the whole list of its steps: `Tests/Fixtures/decisions`. The situations are
/// values; nothing is opened, locked or written.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter DecidedSteps` writes them anew.
@Suite(.serialized) struct DecidedStepsTests {
  private static let folder = Path.tidied(Path.joined(Path.folder(of: "\(#filePath)"), "../../../Fixtures/decisions"))

  private static func file(_ place: String) -> String { "\(folder)/\(place.replacing(" ", "-")).txt" }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] != nil))
  func regenerate() throws {
    try? FileManager.default.removeItem(atPath: Self.folder)
    try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
    for place in DecidedSteps.places {
      try Data(DecidedSteps.text(at: place.name).utf8).write(to: URL(filePath: Self.file(place.name)))
    }
  }

  @Test(arguments: DecidedSteps.places.map(\.name))
  func everyDecisionIsTheWrittenOne(place: String) throws {
    let kept = try #require(FileManager.default.contents(atPath: Self.file(place)))
    let lines = { (text: String) in text.split(separator: "\n", omittingEmptySubsequences: false) }
    let (old, new) = (lines(String(decoding: kept, as: UTF8.self)), lines(DecidedSteps.text(at: place)))
    guard old != new else { return }
    let line = zip(old, new).prefix { $0 == $1 }.count
    let situation = new.prefix(line + 1).last { !$0.isEmpty && !$0.hasPrefix(" ") } ?? ""
    Issue.record(
      """
      \(place).txt is stale at line \(line + 1), in \(situation)
      was: \(line < old.count ? old[line] : "the end")
      now: \(line < new.count ? new[line] : "the end")
      if that is meant: ROLLOUTCTL_REGENERATE=1 swift test --filter DecidedSteps
      """)
  }

  @Test func nothingElseIsThere() throws {
    let names = DecidedSteps.places.map { "\($0.name.replacing(" ", "-")).txt" }
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted() == names.sorted())
  }

  /// What a step changes is seen in its text: else two of them could be exchanged.
  @Test func differentStepsAreToldDifferently() {
    var told: [String: Decision.Step] = [:]
    for place in DecidedSteps.places {
      for happening in DecidedSteps.happenings {
        var rollout = ValueRollout()
        place.act(&rollout)
        happening.act(&rollout)
        for step in DecidedSteps.requests.flatMap({ decide($0, in: rollout.situation).steps }) {
          let text = ValueRollout.told(step)
          if let other = told[text], other != step {
            Issue.record("\(text) is told of two steps: \(step) and \(other)")
          }
          told[text] = step
        }
      }
    }
    #expect(told.count > 50)
  }
}
