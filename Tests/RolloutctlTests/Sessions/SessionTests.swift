import Foundation
import Testing

@testable import RolloutOps

/// What is printed and what is left behind by every verb in every state, after a crash at every effect, after every kind
/// of drift, by every override, by kills on bad nights: `Tests/Fixtures/sessions`. Whoever changes a word that an
/// operator reads, an exit status, the order of the effects, or a byte of a flag or a journal, sees it there.
///
/// `ROLLOUTCTL_REGENERATE=1 swift test --filter SessionTests` writes them anew.
@Suite struct SessionTests {
  private static let folder = Repository.root.appendingPathComponent("Tests/Fixtures/sessions").path

  private static let names: [String] = {
    var names = ["file/overrides.txt"]
    for store in Session.Store.allCases {
      let states = SessionStates.all.map(\.name).filter { SessionStates.isFor(store, $0) }
      names += (states + ["crashes", "kills"]).map { "\(store)/\($0).txt" }
    }
    return names.sorted()
  }()

  private static func text(_ name: String) throws -> String {
    let parts = name.dropLast(".txt".count).split(separator: "/").map(String.init)
    let store = try #require(Session.Store(rawValue: parts[0]))
    return switch parts[1] {
    case "crashes": try SessionCrashes.text(in: store)
    case "kills": try SessionKills.text(in: store)
    case "overrides": try SessionOverrides.text()
    default: try SessionStates.text(parts[1], in: store)
    }
  }

  private static let isWritten = ProcessInfo.processInfo.environment["ROLLOUTCTL_REGENERATE"] == nil

  @Test(.disabled(if: isWritten))
  func regenerate() throws {
    try? FileManager.default.removeItem(atPath: Self.folder)
    for name in Self.names {
      let file = URL(filePath: "\(Self.folder)/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(Self.text(name).utf8).write(to: file)
    }
  }

  @Test(.enabled(if: isWritten), arguments: names)
  func everythingIsSaidAndDoneAsItIsWritten(name: String) throws {
    let text = try Self.text(name)
    let kept = FileManager.default.contents(atPath: "\(Self.folder)/\(name)").map {
      String(decoding: $0, as: UTF8.self)
    }
    guard kept != text else { return }
    let split = { (text: String) in text.split(separator: "\n", omittingEmptySubsequences: false) }
    let (old, new) = (split(kept ?? ""), split(text))
    let line = zip(old, new).prefix { $0 == $1 }.count
    let typed = new.prefix(line + 1).last { $0.contains("$ rolloutctl") || $0.hasPrefix("before") } ?? ""
    Issue.record(
      """
      \(name) is stale at line \(line + 1), in \(typed)
      was: \(line < old.count ? old[line] : "the end")
      now: \(line < new.count ? new[line] : "the end")
      if that is meant: ROLLOUTCTL_REGENERATE=1 swift test --filter SessionTests
      """)
  }

  @Test(.enabled(if: isWritten)) func nothingElseIsThere() throws {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".txt") }
    #expect(paths.sorted() == Self.names)
  }
}
