import Foundation
import Testing

@testable import RolloutOps

/// No verb says who is served without having looked. Every sentence that says it stands in this table, with the look that
/// it rests on; whoever writes a new one adds it here, and says what was looked at.
@Suite struct ServedClaimTests {
  struct Claim: Sendable {
    /// Below Sources.
    let file: String
    let fragment: String
    let look: Look

    init(_ file: String, _ fragment: String, _ look: Look) {
      (self.file, self.fragment, self.look) = (file, fragment, look)
    }
  }

  enum Look: Sendable {
    /// Situation.agreement: the store's flag, read by Finder, is what the journal says. Where it is not, the state is
    /// `drifted`, and that comes first.
    case agreement
    /// Situation.shown: the store's flag itself, read by Finder.
    case shown
    /// What the store showed after the write.
    case readBack
    /// What the kill's own read of the flag showed.
    case killsRead
    /// What an evaluation endpoint answered.
    case evaluation
    /// What the kill has written, in this process: nothing.
    case nothingWasWritten
    /// No claim about now: a rule, a help text, a word on what would be.
    case noClaim
  }

  private static let words = [
    "nobody gets", "nobody has", "everybody gets", "everybody has", "everybody passes", "is off", "off already",
    "already off", "killed already", "is killed", "turned off", "switched off", "lets nobody in", "nobody live",
    "stands killed", "no longer killed", "seen by applications", "default in their own code", "nobody is in",
  ]

  private static let claims: [Claim] = [
    Claim("RolloutOps/Decisions/Checklist.swift", "when the flag is off", .noClaim),
    Claim("RolloutOps/Decisions/Decider.swift", "held; the flag stands killed", .agreement),
    Claim("RolloutOps/Decisions/Decider.swift", "nobody gets the canary: no rollout is known", .shown),
    Claim("RolloutOps/Decisions/Decider.swift", "it was turned off outside rolloutctl", .agreement),
    Claim("RolloutOps/Decisions/Decider+Back.swift", "nothing was turned off", .shown),
    Claim("RolloutOps/Decisions/Decider+Back.swift", "killed already", .shown),
    Claim("RolloutOps/Decisions/Decider+Back.swift", "nobody gets the canary; the rollout is closed", .readBack),
    Claim("RolloutOps/Decisions/Decider+Back.swift", "nobody gets the canary now", .shown),
    Claim("RolloutOps/Decisions/Decider+Forward.swift", "everybody gets \\\"\\(variant)\\\" now", .shown),
    Claim("RolloutOps/Decisions/Decider+Forward.swift", "no longer killed; nobody gets the canary until", .readBack),
    Claim("RolloutOps/Decisions/Requirements.swift", "nobody has looked at", .noClaim),
    Claim("RolloutOps/Decisions/Verb.swift", "the flag is killed: restore it first", .agreement),
    Claim("RolloutOps/Decisions/Verb.swift", "the flag is killed, nobody gets the canary", .agreement),
    Claim("RolloutOps/Decisions/Verb.swift", ".already(\"nobody gets the canary\")", .agreement),
    Claim("RolloutOps/Decisions/Verb.swift", "the rollout was abandoned, nobody gets the canary", .agreement),
    Claim("RolloutOps/Decisions/Verb.swift", "it is finished: everybody has it", .agreement),
    Claim("RolloutOps/Domain/ExitStatus.swift", "the flag stands killed", .noClaim),
    Claim("RolloutOps/Domain/Flag.swift", "everybody gets", .shown),
    Claim("RolloutOps/Domain/Flag.swift", "applications use the default in their own code", .shown),
    Claim("RolloutOps/Notes/NoteChecks.swift", "what do users get when the flag is off", .noClaim),
    Claim("RolloutOps/Notes/FieldTable.swift", "what users get when the flag is off", .noClaim),
    Claim("RolloutOps/Notes/NoteRule.swift", "when the flag is off", .noClaim),
    Claim("RolloutOps/Notes/NoteTemplate.swift", "what users get when the flag is off", .noClaim),
    Claim("RolloutOps/Notes/StageAudience.swift", "a stage of 0% lets nobody in", .noClaim),
    Claim("RolloutOps/Operations/Kill/AlertKill.swift", "nothing was turned off", .nothingWasWritten),
    Claim("RolloutOps/Operations/Doctor.swift", "it is off already", .killsRead),
    Claim("RolloutOps/Operations/Kill/Kill+Perform.swift", "nothing was turned off", .nothingWasWritten),
    Claim(
      "RolloutOps/Operations/Kill/KillCase+Words.swift", "everybody gets what the flag serves when it is off", .readBack
    ),
    Claim(
      "RolloutOps/Operations/Kill/KillDriver.swift", "it is off, but this could not be journaled before", .readBack),
    Claim("RolloutOps/Operations/Kill/KillRecord.swift", "it is off, but this could not be journaled", .readBack),
    Claim("RolloutOps/Operations/Kill/KillTargets.swift", "nothing was turned off", .nothingWasWritten),
    Claim("RolloutOps/Operations/Performer+Overtaken.swift", "it is switched off again", .readBack),
    Claim("RolloutOps/Rendering/CardReport.swift", "Everybody gets", .noClaim),
    Claim("RolloutOps/Rendering/CardReport.swift", "once it is off", .noClaim),
    Claim("RolloutOps/Rendering/KillSum.swift", "killed already", .noClaim),
    Claim("RolloutOps/Rendering/KillReport.swift", "applications use the default in their own code", .readBack),
    Claim("RolloutOps/Rendering/KillReport.swift", "it is off in \\(title)", .readBack),
    Claim("RolloutOps/Rendering/KillReport.swift", "ink.good(\"is OFF\")", .readBack),
    Claim("RolloutOps/Rendering/KillReport.swift", "seen by applications after", .evaluation),
    Claim("RolloutOps/Rendering/KillReport.swift", "is OFF already", .killsRead),
    Claim("RolloutOps/Rendering/KillReport.swift", "would be turned OFF", .noClaim),
    Claim("RolloutOps/Rendering/KillReport.swift", "\"Everybody gets\"", .readBack),
    Claim("RolloutOps/Rendering/PlanReport.swift", "nobody live", .noClaim),
    Claim("RolloutOps/Rendering/ServedText.swift", "applications use the default in their own code", .evaluation),
    Claim("RolloutOps/Rendering/StatusReport.swift", "nobody live", .noClaim),
    Claim("RolloutOps/Rendering/StatusText.swift", "everybody has it", .agreement),
    Claim("RolloutOps/Rendering/StatusText.swift", "nobody gets the canary", .agreement),
    Claim("RolloutOps/Rendering/StatusText.swift", "turned off", .agreement),
    Claim(
      "RolloutOps/Stores/Hosted/LaunchDarkly/LaunchDarklyStore+Kill.swift", "flag that is off serves one", .noClaim),
    Claim("RolloutOps/Stores/Hosted/PostHog/PostHogStore+Kill.swift", "nobody has read that", .noClaim),
    Claim("RolloutOps/Stores/Hosted/Unleash/UnleashStore.swift", "nobody is served it", .shown),
    Claim("rolloutctl/Commands/InitCommand.swift", "what users get when the flag is off", .noClaim),
    Claim("rolloutctl/Commands/InitQuestions.swift", "What do users get when the flag is off", .noClaim),
    Claim("rolloutctl/Commands/RolloutctlTable.swift", "nobody more gets it", .noClaim),
    Claim("rolloutctl/Commands/RolloutctlTable.swift", "kill (nobody gets it, now)", .noClaim),
    Claim("RolloutOps/Stores/Hosted/Statsig/StatsigStore+Doctor.swift", "everybody passes", .shown),
    Claim(
      "RolloutOps/Stores/Hosted/Statsig/StatsigStore+Changes.swift", "is switched off, for all environments", .shown),
    Claim("RolloutOps/Stores/Hosted/Statsig/StatsigStore+Kill.swift", "is switched off, for all environments", .shown),
    Claim(
      "RolloutOps/Stores/Hosted/Statsig/StatsigStore+Kill.swift", "hands out a value even when it is off", .noClaim),
    Claim("rolloutctl/Commands/", "nobody has", .noClaim),
    Claim("rolloutctl/Commands/Demo/DemoScript.swift", "Nobody has edited the story", .noClaim),
    Claim("rolloutctl/Commands/", "the flag stands killed", .noClaim),
    Claim("rolloutctl/Commands/", "it stands killed", .noClaim),
    Claim("rolloutctl/Commands/KillCommand.swift", "nobody gets the new version, now", .noClaim),
    Claim("rolloutctl/Commands/KillCommand.swift", "is said of a server only after a change", .noClaim),
    Claim("rolloutctl/Commands/KillCommand.swift", "what everybody gets", .noClaim),
    Claim("rolloutctl/Commands/KillCommand.swift", "nothing is turned off", .noClaim),
    Claim("rolloutctl/Commands/KillCommand.swift", "nothing was turned off", .nothingWasWritten),
    Claim("rolloutctl/Documentation/StateWords.swift", "nobody has the new version", .noClaim),
  ]

  /// A line of code with a sentence in it, and where it stands.
  private struct Line {
    let file: String
    let number: Int
    let text: String

    func fits(_ claim: Claim) -> Bool { file.hasPrefix(claim.file) && text.contains(claim.fragment) }
  }

  /// Lines whose quoted text holds one of the words; what stands in comments claims nothing.
  private static func claiming(_ source: String, in file: String) -> [Line] {
    source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      let text = line.drop { $0 == " " }
      guard !text.hasPrefix("//") else { return nil }
      let quoted = text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map(\.element).joined(separator: " ").lowercased()
      guard words.contains(where: quoted.contains) else { return nil }
      return Line(file: file, number: index + 1, text: String(text))
    }
  }

  private static func sources() throws -> [Line] {
    let folder = Path.tidied(Path.joined(Path.folder(of: "\(#filePath)"), "../../../Sources"))
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return try names.filter { $0.hasSuffix(".swift") }.sorted().flatMap { name in
      let bytes = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
      return claiming(String(decoding: bytes, as: UTF8.self), in: name)
    }
  }

  @Test func everySentenceAboutWhoIsServedRestsOnALook() throws {
    for line in try Self.sources() where !Self.claims.contains(where: line.fits) {
      let place = "Sources/\(line.file):\(line.number)"
      Issue.record("\(place) says who is served, and no row of the table says by which look: \(line.text)")
    }
  }

  @Test func everyRowOfTheTableStandsForASentence() throws {
    let lines = try Self.sources()
    for claim in Self.claims {
      #expect(lines.contains { $0.fits(claim) }, "no line of \(claim.file) says \(claim.fragment) any more")
    }
  }

  /// The search finds what it is there to find.
  @Test func aNewSentenceIsFound() {
    let source = """
      // "nobody gets the canary" in a comment
      let a = answer(.done, ["Nobody gets the canary, I think"])
      let isOff = "fine"
      """
    #expect(Self.claiming(source, in: "x.swift").map(\.number) == [2])
  }
}
